"""Moving a model off qubits that have decayed since its snapshot, to others that are coupled alike; weights stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from pydantic import PlainValidator

from qcsearch.canonical import Json
from qcsearch.circuits.observables import parse
from qcsearch.data.split import Part
from qcsearch.deployment.drift import changes
from qcsearch.deployment.score import exact_score
from qcsearch.devices.device import Device
from qcsearch.devices.places import best_places
from qcsearch.devices.regions import topology
from qcsearch.devices.validation import validate
from qcsearch.errors import DeviceError
from qcsearch.training.model import TrainedModel
from qcsearch.typed import read

__all__ = ["DECAYED", "Move", "find_move"]

DECAYED = 0.02
"""Change of an error above which a model's qubits have decayed, where nothing else is asked for."""

_PLACES = 3
"""Other places that are looked at."""


@dataclass(frozen=True)
class Move:
    """A model on other qubits than those it was made for.

    Attributes:
        before: physical qubits that it was made for.
        after: physical qubits that it runs on, in the same order.
        reason: largest change of an error of `before` since the model's snapshot.
        accuracy_before: on the validation part, under the calibration of today, on `before`; None if the
            circuit cannot run there any more.
        accuracy_after: the same on `after`.
        success_before: predicted success of the circuit under that calibration on `before`; None as above.
        success_after: the same on `after`.
        device: the calibration of today.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    reason: str
    accuracy_before: float | None
    accuracy_after: float
    success_before: float | None
    success_after: float
    device: Annotated[Device, PlainValidator(validate)]

    @property
    def grounds(self) -> str:
        """Why, in numbers."""
        day = self.device.calibrated_at[:10] or "today"
        there = f"{100 * self.accuracy_after:.1f} %, predicted success {100 * self.success_after:.1f} %"
        here = "the circuit cannot run"
        if self.accuracy_before is not None and self.success_before is not None:
            here = f"{100 * self.accuracy_before:.1f} % and {100 * self.success_before:.1f} %"
        return (
            f"{self.reason}; under the calibration of {day} validation accuracy is {there} on qubits "
            f"{_named(self.after)}, and {here} on {_named(self.before)}"
        )

    @property
    def sentence(self) -> str:
        """What was done."""
        return (
            f"The model was moved from qubits {_named(self.before)} to {_named(self.after)}: {self.grounds}."
        )

    def apply(self, model: TrainedModel) -> TrainedModel:
        """The model with its weights on the other qubits, under the calibration of today."""
        return _moved(model, self.after, self.device)

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        data = asdict(replace(self, device=None))  # type: ignore[arg-type]  # it has a JSON form of its own
        return {**data, "device": self.device.to_json()}

    @classmethod
    def from_json(cls, data: Json) -> Move:
        """Rebuild from `to_json`'s answer.

        Raises:
            InputError: if a part is missing or unknown.
        """
        return read(cls, data, "a move")


def find_move(model: TrainedModel, validation: Part, now: Device, above: float | None = None) -> Move | None:
    """Where a model should run today.

    Args:
        model: with the snapshot that it was made for.
        validation: samples that decide; the test part is not looked at.
        now: the calibration of today.
        above: an error must have changed by more than this probability; None is 0.02.

    Returns:
        The place where the weights, as they are, do best on the validation part under the noise of today, then
        the one with the highest predicted success; None if that is where the model is, or no error of its
        qubits has changed so much.
    """
    before = model.candidate.qubits
    if max(before) >= now.n_qubits:
        return None
    drift = changes(model.device, now, before)
    if drift[0].size <= (DECAYED if above is None else above):
        return None
    here = _worth(model, before, now, validation)
    others = [(_worth(model, place, now, validation), place) for place in _places(model, now)]
    found = [(worth, place) for worth, place in others if worth is not None and place != before]
    if not found:
        return None
    best, after = max(found, key=lambda one: one[0])
    if here is not None and here >= best:
        return None
    return Move(
        before=before,
        after=after,
        reason=str(drift[0]),
        accuracy_before=None if here is None else here[0],
        accuracy_after=best[0],
        success_before=None if here is None else here[1],
        success_after=best[1],
        device=now,
    )


def _places(model: TrainedModel, now: Device) -> Iterator[tuple[int, ...]]:
    """The best places of the circuit as it stands."""
    assembly, n_qubits = model.assembly, model.candidate.n_qubits
    measured = {q for label in model.candidate.observables for q in parse(label, n_qubits)}
    yield from best_places(now, assembly.topology, assembly.gate_list.gates, measured, _PLACES)


def _moved(model: TrainedModel, qubits: tuple[int, ...], device: Device) -> TrainedModel:
    return replace(model, candidate=replace(model.candidate, qubits=qubits), device=device)


def _worth(
    model: TrainedModel, qubits: tuple[int, ...], now: Device, validation: Part
) -> tuple[float, float] | None:
    """Accuracy and predicted success; None if the circuit cannot run there as it stands."""
    moved = _moved(model, qubits, now)
    if not set(qubits) <= set(now.usable_qubits) or topology(now, qubits) != model.assembly.topology:
        return None
    try:
        mapped = moved.assembly.mapped
    except DeviceError:
        return None
    return exact_score(moved.decision(validation.X), validation.y).accuracy, mapped.predicted_success


def _named(qubits: tuple[int, ...]) -> str:
    return ", ".join(map(str, qubits))
