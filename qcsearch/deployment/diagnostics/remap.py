"""Remapping a model from qubits that have decayed since its snapshot to others that are coupled alike; weights stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from pydantic import PlainValidator

from qcsearch.circuits.observables import parse
from qcsearch.data.splitting import Part
from qcsearch.deployment.diagnostics.drift import changes
from qcsearch.deployment.diagnostics.score import exact_score
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import Device
from qcsearch.devices.selection.layouts import best_layouts
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import DeviceError
from qcsearch.storage.canonical import Json
from qcsearch.training.model import TrainedModel
from qcsearch.typed import read
from qcsearch.wording import percent

__all__ = ["DECAYED", "Remap", "find_remap"]

DECAYED = 0.02
"""Change of an error above which a model's qubits have decayed, where nothing else is asked for."""

_LAYOUTS = 3
"""Layouts that are judged by accuracy, each of which takes a simulation of the validation part; those with the highest
estimated success probability come first."""


@dataclass(frozen=True)
class Remap:
    """A model on other qubits than those it was made for.

    Attributes:
        before: physical qubits that it was made for.
        after: physical qubits that it runs on, in the same order.
        reason: largest change of an error of `before` since the model's snapshot.
        accuracy_before: accuracy on the validation part in [0, 1], under the calibration of today, on
            `before`; None if the circuit cannot run there any more.
        accuracy_after: accuracy on the validation part in [0, 1], under the calibration of today, on `after`.
        esp_before: estimated success probability (ESP) of the circuit under that calibration on `before`; None as
            above.
        esp_after: estimated success probability of the circuit under that calibration on `after`.
        device: the calibration of today.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    reason: str
    accuracy_before: float | None
    accuracy_after: float
    esp_before: float | None
    esp_after: float
    device: Annotated[Device, PlainValidator(device_from_json)]

    @property
    def grounds(self) -> str:
        """Why, in numbers."""
        day = self.device.calibrated_at[:10] or "today"
        there = f"{percent(self.accuracy_after)}, estimated success probability {percent(self.esp_after)}"
        here = "the circuit cannot run"
        if self.accuracy_before is not None and self.esp_before is not None:
            here = f"{percent(self.accuracy_before)} and {percent(self.esp_before)}"
        return (
            f"{self.reason}; under the calibration of {day} validation accuracy is {there} on qubits "
            f"{_named(self.after)}, and {here} on {_named(self.before)}"
        )

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"The model was remapped from qubits {_named(self.before)} to {_named(self.after)}: {self.grounds}."

    def apply(self, model: TrainedModel) -> TrainedModel:
        """The model with its weights on the other qubits, under the calibration of today."""
        return _remapped(model, self.after, self.device)

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        data = asdict(replace(self, device=None))  # type: ignore[arg-type]  # it has a JSON form of its own
        return {**data, "device": self.device.to_json()}

    @classmethod
    def from_json(cls, data: Json) -> Remap:
        """Rebuild from `to_json`'s answer.

        Raises:
            InputError: if a part is missing or unknown.
        """
        return read(cls, data, "a remap")


def find_remap(
    model: TrainedModel, validation: Part, now: Device, above: float | None = None
) -> Remap | None:
    """Where a model should run today.

    Args:
        model: the model, with the snapshot that it was made for.
        validation: samples that decide; the test part is not looked at.
        now: the calibration of today.
        above: an error must have changed by more than this probability; None is 0.02.

    Returns:
        The layout on which the weights, as they are, do best on the validation part under the noise of today, then
        the one with the highest estimated success probability; None if that is where the model is, or no error of its
        qubits has changed so much.
    """
    before = model.candidate.qubits
    if max(before) >= now.n_qubits:
        return None
    drift = changes(model.device, now, before)
    if drift[0].size <= (DECAYED if above is None else above):
        return None
    here = _worth(model, before, now, validation)
    others = [(_worth(model, layout, now, validation), layout) for layout in _layouts(model, now)]
    found = [(worth, layout) for worth, layout in others if worth is not None and layout != before]
    if not found:
        return None
    best, after = max(found, key=lambda one: one[0])
    if here is not None and here >= best:
        return None
    return Remap(
        before=before,
        after=after,
        reason=str(drift[0]),
        accuracy_before=None if here is None else here[0],
        accuracy_after=best[0],
        esp_before=None if here is None else here[1],
        esp_after=best[1],
        device=now,
    )


def _layouts(model: TrainedModel, now: Device) -> Iterator[tuple[int, ...]]:
    """The best layouts of the circuit as it stands."""
    transpiled, n_qubits = model.transpiled, model.candidate.n_qubits
    measured = {q for label in model.candidate.observables for q in parse(label, n_qubits)}
    yield from best_layouts(now, transpiled.topology, transpiled.gate_list.gates, measured, _LAYOUTS)


def _remapped(model: TrainedModel, qubits: tuple[int, ...], device: Device) -> TrainedModel:
    return replace(model, candidate=replace(model.candidate, qubits=qubits), device=device)


def _worth(
    model: TrainedModel, qubits: tuple[int, ...], now: Device, validation: Part
) -> tuple[float, float] | None:
    """Accuracy and estimated success probability; None if the circuit cannot run there as it stands."""
    remapped = _remapped(model, qubits, now)
    if not set(qubits) <= set(now.usable_qubits) or topology(now, qubits) != model.transpiled.topology:
        return None
    try:
        mapped = remapped.transpiled.mapped
    except DeviceError:
        return None
    return exact_score(
        model.target, remapped.answers(validation.X), validation.y
    ).accuracy, mapped.estimated_success_probability


def _named(qubits: tuple[int, ...]) -> str:
    return ", ".join(map(str, qubits))
