"""What `search` and `check` are asked: of the table, and of the search."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.common import DATA_HELP, Targets
from qcsearch.cli.options.listed import STRATEGIES
from qcsearch.cli.options.values import by_name, class_weight

if TYPE_CHECKING:
    from qcsearch.data.tables.options import TableOptions
    from qcsearch.search.settings import SearchSettings
    from qcsearch.storage.canonical import Json

__all__ = ["MaybeData", "RunOption", "SearchOptions", "SeedFrom", "TableColumns"]

MaybeData = Annotated[
    str | None,
    typer.Argument(
        metavar="[DATA]",
        help=f"{DATA_HELP} May be left out to resume the run of --run.",
        show_default=False,
    ),
]
SeedFrom = Annotated[
    str | None,
    typer.Option(
        "--seed-from",
        metavar="RUN",
        help="Try the best candidates of another run first, finished or not, adapted to this search. Without DATA its "
        "data are used; on the same data its --seed too, unless another is given.",
    ),
]
RunOption = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="DIR",
        help="Run folder; one that holds a run is resumed. Default: a new one under runs/.",
    ),
]


@dataclass(frozen=True)
class TableColumns:
    """How a table is to be read."""

    target: Targets = None
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="What the labels are: classification (one of several classes), regression (numbers) or multilabel "
            "(any of several labels, columns of 0 and 1). Default: one column holds classes, several hold labels or "
            "numbers.",
        ),
    ] = None
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop",
            metavar="COL",
            help="A column to leave out, such as an id (tables only); may be given several times.",
        ),
    ] = None
    encode: Annotated[
        str | None,
        typer.Option(
            "--encode",
            metavar="METHOD",
            help="Take columns of text, as categories: onehot (a feature of 0 and 1 for each) or ordinal (their "
            "place in the alphabet). Without it text is refused.",
        ),
    ] = None
    impute: Annotated[
        str | None,
        typer.Option(
            "--impute",
            metavar="METHOD",
            help="Fill in missing values: mean, median or most_frequent of the training split; text takes the most "
            "frequent. Without it they are refused.",
        ),
    ] = None

    sample_weight: Annotated[
        str | None,
        typer.Option(
            "--sample-weight",
            metavar="COL",
            help="The column that says how much each sample counts in every training, a number of 0 or more; it is no "
            "feature.",
        ),
    ] = None

    @property
    def options(self) -> TableOptions:
        """The same, checked."""
        from qcsearch.data.tables.options import TableOptions

        return TableOptions(
            self.target, self.drop or (), self.encode, self.impute, self.task, self.sample_weight
        )


@dataclass(frozen=True)
class SearchOptions:
    """What to search, how, and for how long; a name that `SearchSettings` has too means the same."""

    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEVICE",
            help="A name of `qcsearch devices list` (fake_torino: the newest snapshot; fake_torino@2025-02-26: that of "
            "a day), a snapshot file, or a calibration table (CSV) of IBM's web pages. Default: fake_torino.",
        ),
    ] = None
    space: Annotated[
        str | None,
        typer.Option(
            "--space",
            metavar="SPACE",
            help="A name of `qcsearch spaces list`, or a .toml file. Default: default.",
        ),
    ] = None
    n_trials: Annotated[
        int | None, typer.Option("--trials", metavar="N", help="Total of trials, all sessions together.")
    ] = None
    max_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-seconds",
            metavar="T",
            help="Total of seconds, all sessions together, final evaluation included; not the one time that "
            "kernels are compiled.",
        ),
    ] = None
    max_two_qubit_gates: Annotated[
        int | None,
        typer.Option(
            "--max-two-qubit-gates",
            metavar="N",
            help="Of the circuit on the device, at most; on top of the space's own limit, the tighter one holds.",
        ),
    ] = None
    max_parameters: Annotated[
        int | None,
        typer.Option(
            "--max-parameters",
            metavar="N",
            help="Trained parameters at most, of input layer, circuit, feature map and head together.",
        ),
    ] = None
    max_duration_us: Annotated[
        float | None,
        typer.Option(
            "--max-duration-us",
            metavar="X",
            help="Microseconds of one execution, readout included, at most; the tighter limit holds.",
        ),
    ] = None
    workers: Annotated[int, typer.Option("--workers", metavar="W", help="Worker processes.")] = 1
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="K", help="Seed of all random numbers. Default: 0.")
    ] = None
    baselines: Annotated[
        str | None,
        typer.Option(
            "--baselines",
            metavar="LEVEL",
            help="What the winner is compared with: none (the majority class alone), fast (logistic regression, "
            "RBF-SVM, the winner without two-qubit gates) or full (boosting, networks, the start point, a random "
            "circuit, the winner trained without noise too); their seconds are part of the total. Default: fast.",
        ),
    ] = None
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="What trials are pruned, ranked and chosen by: a scorer of scikit-learn, such as balanced_accuracy, "
            "f1_macro, matthews_corrcoef, roc_auc_ovr or neg_log_loss; of numbers r2, explained_variance or "
            "d2_absolute_error_score. Default: accuracy, of numbers r2.",
        ),
    ] = None
    shots: Annotated[
        int | None,
        typer.Option(
            "--shots",
            metavar="S",
            help="Shots of each measurement basis of a prediction: candidates are trained for so many, and chosen by "
            "the accuracy to expect with them. Default: infinitely many; the winner's accuracy at 1,024 is told.",
        ),
    ] = None
    class_weight: Annotated[
        list[str] | None,
        typer.Option(
            "--class-weight",
            metavar="balanced|LABEL=WEIGHT",
            help="How much each class counts in every training: balanced, all alike; or LABEL=WEIGHT, several times. "
            "Default: each sample alike.",
        ),
    ] = None
    threshold_scoring: Annotated[
        str | None,
        typer.Option(
            "--threshold-scoring",
            metavar="NAME",
            help="Choose the winner's decision thresholds on the validation part for this metric, such as "
            "balanced_accuracy or f1; of two classes, or of several labels. Default: one half.",
        ),
    ] = None
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help=f"How the next candidate is chosen: {STRATEGIES}. Default: auto.",
        ),
    ] = None
    strategy_options: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy-option",
            metavar="NAME=VALUE",
            help="An option of the strategy, such as pool=50; may be given several times.",
        ),
    ] = None

    def settings(self, old: SearchSettings | None, seed: int, seed_from: str | None) -> SearchSettings:
        """The settings that are asked for; what is left out is as in the run that is resumed, if one is.

        Both totals are, or neither: a search that had 60 seconds and is given 100 trials has no limit of seconds.

        Args:
            old: of the run that is resumed.
            seed: where none is given.
            seed_from: the run to begin with.

        Raises:
            InputError: if a setting is not possible.
        """
        from qcsearch.search.settings import SearchSettings

        given = {name: value for name, value in self._given().items() if value is not None}
        kept = {} if old is None else {field.name: getattr(old, field.name) for field in fields(old)}
        if given.keys() & {"n_trials", "max_seconds"}:
            kept |= {"n_trials": None, "max_seconds": None}
        if given.get("strategy", kept.get("strategy")) != kept.get("strategy"):
            kept.pop("strategy_options", None)
        return SearchSettings(**{**kept, "seed": seed, "seed_from": seed_from, **given})

    def _given(self) -> dict[str, Json]:
        from qcsearch.search.settings import SearchSettings

        names = {field.name for field in fields(SearchSettings)} & {field.name for field in fields(self)}
        said = {name: getattr(self, name) for name in names}
        return said | {
            "strategy_options": by_name(self.strategy_options) if self.strategy_options else None,
            "class_weight": class_weight(self.class_weight) if self.class_weight else None,
        }
