"""What a search hands back, and what result.json holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.errors import InputError, RunError
from qcsearch.search.run.history import read_history
from qcsearch.search.run.scores import BaselineScore, Best, SeedScore, SnapshotScore, Untuned
from qcsearch.search.trial.record import TrialRecord
from qcsearch.storage.canonical import Json
from qcsearch.training.judging.calibration import Calibration
from qcsearch.training.judging.recalls import Recall
from qcsearch.training.judging.residuals import Residuals
from qcsearch.training.judging.thresholds import Thresholds
from qcsearch.typed import read

if TYPE_CHECKING:
    from qcsearch.training.model import TrainedModel

__all__ = ["OTHER_DAY", "UNTUNED", "SearchResult"]

OTHER_DAY = "winner on another day"
UNTUNED = "winner before the tuning"
"""Names of rows that are missing; those that are there say which day, and which model."""

_OUT_OF_SECONDS, _NOTHING_FOUND = 3, 4


@dataclass(frozen=True)
class SearchResult:
    """A finished search.

    Attributes:
        run: the run folder; None if it was not kept.
        n_trials: finished trials, over all sessions.
        seconds: used, over all sessions.
        best: the winner.
        seeds: every training of the winner's candidate that finished.
        spread: standard deviation over `seeds` of `validation_score` and `test_accuracy_noisy`; None for
            one.
        baselines: what the winner is compared with on the test split, that of the majority class first.
        snapshot: another day's noise, a recorded one or else a synthetic one; None if the winner's circuit
            does not run there.
        untuned: of a tuning, what it started from; None if that does not run on the new device.
        calibration: of the winner's probabilities on the test split, under noise.
        thresholds: decision thresholds of the winner; None if none were asked for.
        confusion: test samples by true class (rows) and predicted class, under noise.
        recalls: how often the winner recognises each class of the test split, under noise.
        residuals: of numbers, true and predicted values on the test split, under noise.
        pareto: trials that no other beats in validation score, two-qubit gates, parameters and QPU seconds together,
            the one with the best score first.
        ended: why no further trial was started: `trials`, `seconds`, `exhausted` or `hopeless`.
        cut: why the training that the winner was judged by was stopped early; empty if it finished.
        failure: why the winner should not be used, in a sentence: it is no better than the majority class, or was
            cut short; empty if all is well.
        missing: rows of the leaderboard that there should be, and why there is no number.
        notices: sentences a person should see.
    """

    run: Path | None
    n_trials: int
    seconds: float
    best: Best
    seeds: tuple[SeedScore, ...]
    spread: Mapping[str, float | None]
    baselines: tuple[BaselineScore, ...]
    snapshot: SnapshotScore | None = None
    untuned: Untuned | None = None
    calibration: Calibration | None = None
    thresholds: Thresholds | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    recalls: tuple[Recall, ...] = ()
    residuals: tuple[Residuals, ...] = ()
    pareto: tuple[int, ...] = ()
    ended: str = "trials"
    cut: str = ""
    failure: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """Of a command that ends with this: 0; where the winner should not be used 3 if time was short, else 4."""
        if not self.failure:
            return 0
        return _OUT_OF_SECONDS if self.cut or self.ended == "seconds" else _NOTHING_FOUND

    @cached_property
    def model(self) -> TrainedModel:
        """The winner: as the search left it in memory, or read from the run folder.

        Raises:
            RunError: if there is neither.
        """
        from qcsearch.bundle.read import load_bundle

        return load_bundle(self._kept / "model")

    @cached_property
    def records(self) -> tuple[TrialRecord, ...]:
        """The finished trials: as the search left them in memory, or read from the run folder.

        Raises:
            RunError: if there is neither.
        """
        return read_history(self._kept / "study.journal").records

    @property
    def _kept(self) -> Path:
        if self.run is None:
            raise RunError("The run folder of this result was not kept, nor what was in it.")
        return self.run

    def with_found(self, model: TrainedModel, records: Iterable[TrialRecord]) -> SearchResult:
        """The same with what a search has in memory, so that it is not read from the folder again."""
        found = replace(self)
        found.__dict__.update(model=model, records=tuple(records))
        return found

    def without_run(self) -> SearchResult:
        """The same with model and records, and without the folder, which will not be kept."""
        return replace(self, run=None).with_found(self.model, self.records)

    @property
    def metrics(self) -> dict[str, Json]:
        """What a bundle is told of it beside the model's own scores."""
        return {"baselines": [asdict(one) for one in self.baselines]}

    def to_json(self) -> dict[str, Json]:
        """The object that `qcsearch search --json` ends with."""
        return {
            "run": None if self.run is None else str(self.run),
            "n_trials": self.n_trials,
            "seconds": round(self.seconds, 3),
            "best": asdict(self.best),
            "calibration": None if self.calibration is None else asdict(self.calibration),
            "thresholds": None if self.thresholds is None else asdict(self.thresholds),
            "recalls": [asdict(one) for one in self.recalls],
            "baselines": [asdict(one) for one in self.baselines],
            "missing": dict(self.missing),
            "pareto": list(self.pareto),
            "cut": self.cut or None,
            "failure": self.failure or None,
        }

    def to_file(self) -> dict[str, Json]:
        """What result.json holds: everything but the place of the folder."""
        data = asdict(self)
        data.pop("run")
        for name in ("seeds", "baselines"):
            data[name] = [asdict(score) for score in getattr(self, name)]
        data["confusion"] = [list(row) for row in self.confusion]
        data["notices"], data["pareto"] = list(self.notices), list(self.pareto)
        for name in ("spread", "missing"):
            data[name] = dict(getattr(self, name))
        return {"schema_version": 1, **data}

    @classmethod
    def from_file(cls, run: Path, data: Mapping[str, Json]) -> SearchResult:
        """Rebuild from `to_file`'s answer.

        Raises:
            InputError: if a part is missing or wrong.
        """
        if not isinstance(data, dict):
            raise InputError(f"Not the result of a search: {run / 'result.json'} must hold a JSON object.")
        known = {key: value for key, value in data.items() if key not in ("schema_version", "run")}
        return replace(read(cls, {**known, "run": None}, "the result of a search"), run=run)
