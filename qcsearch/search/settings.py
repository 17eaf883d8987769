"""What a person asks of a search, in one value: estimator, command line, run folder and tuning share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from qcsearch.arguments import as_float, as_int, as_json, as_path
from qcsearch.candidate.checks import short
from qcsearch.data.class_weights import as_class_weight
from qcsearch.deployment.values import MAX_SHOTS
from qcsearch.errors import InputError
from qcsearch.search.budget import Budget
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json
from qcsearch.training.metrics import Metric

__all__ = ["BASELINES", "DEFAULT_TRIALS", "SearchSettings"]

BASELINES = ("none", "fast", "full")
"""How much the winner is compared with: the majority class alone, what takes little time, or all there is."""

DEFAULT_TRIALS = 50
"""Trials of a search that was given neither a number of them nor a time."""

_MAX_WORKERS = 256
_FLAGS = {"n_trials": "trials", "strategy_options": "strategy-option"}
"""Options of `qcsearch search` that are not called as the setting is."""


@dataclass(frozen=True)
class SearchSettings:
    """The settings of a search, checked.

    Attributes:
        n_trials: total of trials over all sessions; None for no limit, or `DEFAULT_TRIALS` if there is no limit of
            seconds either.
        max_seconds: total of seconds over all sessions, refit and evaluation included; None for no limit.
        max_two_qubit_gates: limit of a mapped circuit on top of the space's own; the tighter one holds.
        max_parameters: the same of all trained parameters: of input layer, circuit, feature map and head together.
        max_duration_us: the same of one execution in microseconds, readout included.
        workers: processes; 1 works in this one.
        seed: in [0, 2³² − 1]; everything random comes from it. With one worker and no limit of seconds, equal
            seeds give equal candidates and equal scores.
        strategy: one of `strategies.STRATEGIES`.
        strategy_options: parameters of its constructor by name, where they are to be others than its defaults.
        seed_from: folder of another run, finished or not, whose best candidates are tried first; a run that is
            resumed has them already.
        baselines: what the winner is compared with at the end, one of `BASELINES`.
        class_weight: `balanced`, by which each class counts alike, or a weight by label, 1 for what is left out; None
            counts each sample alike.
        threshold_scoring: metric for which the winner's decision thresholds are chosen on the validation part, of two
            classes or of labels; None decides at one half.
        metric: what trials are pruned, ranked and chosen by, one of `training.metrics.METRICS`; None for accuracy, or
            for R² of numbers.
        shots: of each measurement basis of a prediction: candidates are trained for so many, and chosen by what they
            reach with them; None for infinitely many.

    Raises:
        InputError: for a bad total, limit, number of workers or shots, seed, path, level of baselines or metric.
    """

    n_trials: int | None = None
    max_seconds: float | None = None
    max_two_qubit_gates: int | None = None
    max_parameters: int | None = None
    max_duration_us: float | None = None
    workers: int = 1
    seed: int = 0
    strategy: str = "auto"
    strategy_options: Mapping[str, Json] = field(default_factory=dict)
    seed_from: str | Path | None = None
    baselines: str = "fast"
    metric: str | None = None
    shots: int | None = None
    class_weight: str | Mapping[str, float] | None = None
    threshold_scoring: str | None = None

    def __post_init__(self) -> None:
        checked: dict[str, object] = {
            "workers": as_int(self.workers, "The number of workers", 1, _MAX_WORKERS),
            "seed": as_int(self.seed, "The seed", 0, 2**32 - 1),
            "strategy_options": as_json({} if self.strategy_options is None else self.strategy_options),
        }
        if self.baselines not in BASELINES:
            raise InputError(
                f"The baselines must be one of {', '.join(map(repr, BASELINES))}. Got {short(self.baselines)}."
            )
        if self.metric is not None:
            Metric(self.metric)
        if self.threshold_scoring is not None:
            Metric(self.threshold_scoring)
        if self.shots is not None:
            checked["shots"] = as_int(self.shots, "The number of shots", 1, MAX_SHOTS)
        checked["class_weight"] = as_class_weight(self.class_weight)
        if self.n_trials is not None:
            checked["n_trials"] = as_int(self.n_trials, "The number of trials", 1)
        elif self.max_seconds is None:
            checked["n_trials"] = DEFAULT_TRIALS
        if self.max_seconds is not None:
            checked["max_seconds"] = as_float(self.max_seconds, "The seconds of a search must be a number")
        if (gates := self.max_two_qubit_gates) is not None:
            checked["max_two_qubit_gates"] = as_int(gates, "The limit of two-qubit gates", 0)
        if (parameters := self.max_parameters) is not None:
            checked["max_parameters"] = as_int(parameters, "The limit of trained parameters", 0)
        if (duration := self.max_duration_us) is not None:
            what = "The limit of the duration must be a number of µs"
            checked["max_duration_us"] = as_float(duration, what)
        if self.seed_from is not None:
            checked["seed_from"] = str(as_path(self.seed_from, "The run to begin with"))
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def budget(self) -> Budget:
        """The seconds and their parts."""
        return Budget(self.max_seconds, full=self.baselines == "full")

    @property
    def limits(self) -> dict[str, float]:
        """Constraints on top of the space's own, by the names they have there."""
        found = {
            "max_two_qubit_gates": self.max_two_qubit_gates,
            "max_parameters": self.max_parameters,
            "max_duration_us": self.max_duration_us,
        }
        return {name: limit for name, limit in found.items() if limit is not None}

    @property
    def identity(self) -> dict[str, Json]:
        """What cannot differ when a run is resumed, by the words of a message."""
        return {
            "limit of two-qubit gates": self.max_two_qubit_gates,
            "limit of trained parameters": self.max_parameters,
            "limit of the duration in µs": self.max_duration_us,
            "baselines": self.baselines,
            "metric": self.metric,
            "shots": self.shots,
            "class weight": self.class_weight,
            "threshold scoring": self.threshold_scoring,
            "strategy": self.strategy,
            "strategy options": self.strategy_options,
            "seed": self.seed,
        }

    def options(self) -> list[str]:
        """The options of `qcsearch search` that ask for this."""
        words: list[str] = []
        for name, value in asdict(self).items():
            flag = f"--{_FLAGS.get(name, name.replace('_', '-'))}"
            if isinstance(value, Mapping):
                for option, chosen in value.items():
                    words += [flag, f"{option}={canonical.dumps(chosen)}"]
            elif value is not None:
                words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
        return words
