"""The parameters of a trial: one flat list, the same in every trial of a study."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qcsearch.candidate.choice import Choice
from qcsearch.errors import SpaceError
from qcsearch.search.space.file import Alternative, IntRange, LogRange, SpaceFile
from qcsearch.spelling import meant
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import BaseTrial

__all__ = ["Parameters"]

Label = str | int | float


@dataclass(frozen=True)
class Parameters:
    """Named choices and ranges; what has one value only is never asked of the sampler.

    Attributes:
        choices: for each parameter its values by label.
        ints: whole numbers.
        logs: numbers drawn evenly in their logarithm.
    """

    choices: Mapping[str, Mapping[Label, Any]]
    ints: Mapping[str, IntRange]
    logs: Mapping[str, LogRange]
    _order: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", (*self.choices, *self.ints, *self.logs))

    @classmethod
    def of(cls, file: SpaceFile) -> Parameters:
        """The parameters that a space file means."""
        pre, circuit, training = file.preprocessing, file.circuit, file.training
        ranges: dict[Label, Any] = {
            f"[{low:g}π, {high:g}π]": (low, high) for low, high in pre.angle_ranges_pi
        }
        return cls(
            choices={
                "reduction": _labelled(pre.reductions),
                "scaling": _same(pre.scalings),
                "angle_range": ranges,
                "input_layer": _labelled(circuit.input_layers),
                "encoding": _labelled(circuit.encodings),
                "ansatz": _labelled(circuit.ansatze),
                "observables": _same(circuit.observables),
                "measured": _same(circuit.measured),
                "head": _labelled(circuit.heads),
                "optimizer": _same(training.optimizers),
                "batch_size": _same(training.batch_sizes),
                "loss": _same(training.losses),
                "init_scale": _same(training.init_scales),
                "weight_decay": _same(training.weight_decays),
            },
            ints={
                "n_qubits": circuit.n_qubits,
                "n_layers": circuit.n_layers,
                "region": IntRange(min=0, max=circuit.regions - 1),
                "steps": training.steps,
            },
            logs={"learning_rate": training.learning_rate, "head_rate": training.head_rate},
        )

    def draw(self, trial: BaseTrial) -> dict[str, Json]:
        """Ask a trial for every parameter that has more than one value; add those that have one."""
        params: dict[str, Json] = {}
        for name, values in self.choices.items():
            labels = list(values)
            params[name] = labels[0] if len(labels) == 1 else trial.suggest_categorical(name, labels)
        for name, whole in self.ints.items():
            one = whole.max - whole.min < whole.step
            params[name] = (
                whole.min if one else trial.suggest_int(name, whole.min, whole.max, step=whole.step)
            )
        for name, log in self.logs.items():
            one = log.min == log.max
            params[name] = log.min if one else trial.suggest_float(name, log.min, log.max, log=True)
        return params

    def distributions(self) -> dict[str, BaseDistribution]:
        """What `draw` asks a trial for, by name, as Optuna keeps it."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        wide: dict[str, BaseDistribution] = {
            name: CategoricalDistribution(list(values))
            for name, values in self.choices.items()
            if len(values) > 1
        }
        for name, whole in self.ints.items():
            if whole.max - whole.min >= whole.step:
                wide[name] = IntDistribution(whole.min, whole.max, step=whole.step)
        for name, log in self.logs.items():
            if log.min < log.max:
                wide[name] = FloatDistribution(log.min, log.max, log=True)
        return wide

    def start(self, point: Mapping[str, Label]) -> dict[str, Label]:
        """The part of a start point that is possible here and asked of the sampler."""
        return {name: value for name, value in point.items() if self._problem(name, value) is None}

    def nearest(self, point: Mapping[str, Label], other: Parameters) -> dict[str, Label]:
        """A point of another space, each value as it is or the nearest that is possible here.

        Numbers are moved into their range. Of labels with settings (`pca(n_components=8)`) the nearest has the
        same name and the closest settings.

        Args:
            point: values by name.
            other: the parameters of the other space.

        Returns:
            The values; a parameter for which there is none near is left out.
        """
        found = {name: self._nearest(name, value, other) for name, value in point.items()}
        return {name: value for name, value in found.items() if value is not None}

    def check_starts(self, space: str, points: Iterable[Mapping[str, Label]]) -> None:
        """Check the start points of a space.

        Raises:
            SpaceError: naming the first parameter or value that the space does not have.
        """
        for number, point in enumerate(points, 1):
            for name, value in point.items():
                if problem := self._problem(name, value):
                    raise SpaceError(
                        f"The search space '{space}' is wrong at 'start' number {number}, '{name}': "
                        f"{problem}. Got {value!r}.",
                        meant(value, map(str, self.choices[name]))
                        if name in self.choices
                        else meant(name, self._order),
                    )

    def describe(self) -> list[tuple[str, str]]:
        """Rows `(parameter, values)` for a person."""
        rows = [(name, ", ".join(str(label) for label in values)) for name, values in self.choices.items()]
        rows += [(name, _span(whole.min, whole.max)) for name, whole in self.ints.items()]
        return rows + [(name, _span(log.min, log.max)) for name, log in self.logs.items()]

    def _nearest(self, name: str, value: Label, other: Parameters) -> Label | None:
        if self._problem(name, value) is None:
            return value
        if name in self.ints and isinstance(value, int):
            whole = self.ints[name]
            return min(range(whole.min, whole.max + 1, whole.step), key=lambda x: abs(x - value))
        if name in self.logs and isinstance(value, int | float):
            return min(max(float(value), self.logs[name].min), self.logs[name].max)
        mine, theirs = self.choices.get(name, {}), other.choices.get(name, {})
        far = {label: _distance(theirs.get(value), choice) for label, choice in mine.items()}
        best = min(far, key=lambda label: far[label], default=None)
        return best if best is not None and math.isfinite(far[best]) else None

    def _problem(self, name: str, value: Label) -> str | None:
        """What is wrong with one entry of a start point."""
        if name in self.choices:
            known = self.choices[name]
            return None if value in known else f"one of {', '.join(repr(label) for label in known)} is needed"
        if name in self.ints:
            whole = self.ints[name]
            inside = isinstance(value, int) and value in range(whole.min, whole.max + 1, whole.step)
            return None if inside else f"a whole number in {_span(whole.min, whole.max)} is needed"
        if name in self.logs:
            log = self.logs[name]
            inside = isinstance(value, int | float) and log.min <= value <= log.max
            return None if inside else f"a number in {_span(log.min, log.max)} is needed"
        return f"there is no such parameter; they are {', '.join(self._order)}"


def _distance(wanted: Any, offered: Any) -> float:
    """How far two values of a choice are apart; infinite if they have nothing to do with each other."""
    numbers = [isinstance(x, int | float) and not isinstance(x, bool) for x in (wanted, offered)]
    if all(numbers):
        return float(abs(wanted - offered) / max(abs(wanted), abs(offered), 1e-12))
    if isinstance(wanted, Choice) and isinstance(offered, Choice) and wanted.name == offered.name:
        keys = {*wanted.settings, *offered.settings}
        pairs = [(wanted.settings.get(key), offered.settings.get(key)) for key in keys]
        return sum(0.0 if a == b else min(1.0, _distance(a, b)) for a, b in pairs)
    return math.inf


def _labelled(alternatives: Iterable[Alternative]) -> dict[Label, Any]:
    return {alternative.label: alternative.choice for alternative in alternatives}


def _same(values: Iterable[Label]) -> dict[Label, Any]:
    return {value: value for value in values}


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} … {high:g}"
