"""A Qiskit `Target` of a few qubits, built from the device's own facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from qiskit.circuit import Delay, Measure, Parameter
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qcsearch.devices.device import ANGLE_BOUNDS, Device, GateCalibration

__all__ = ["region_gates", "region_target"]


def region_gates(
    device: Device, qubits: tuple[int, ...]
) -> Iterator[tuple[GateCalibration, tuple[int, ...]]]:
    """The usable gates among `qubits`, each with its re-indexed qubits: `i` stands for `qubits[i]`."""
    index = {q: i for i, q in enumerate(qubits)}
    places = [(q,) for q in qubits] + [pair for pair in device.coupling_map if index.keys() >= set(pair)]
    for place in places:
        for gate in device.gates_on.get(place, ()):
            yield gate, tuple(index[q] for q in place)


def region_target(device: Device, qubits: Iterable[int] | None = None) -> Target:
    """The usable gates among `qubits`, re-indexed: qubit `i` of the target is `qubits[i]`.

    Args:
        device: the calibration facts.
        qubits: physical qubits in the order wanted; None for all.

    Returns:
        A new `Target` with errors, durations, T1, T2, delays and measurements, whose error is the mean of
        P(0|1) and P(1|0).

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    chosen = tuple(range(device.n_qubits)) if qubits is None else device.check_qubits(qubits)
    facts = [device.qubits[q] for q in chosen]
    target = Target(
        num_qubits=len(chosen),
        dt=device.dt,
        qubit_properties=[QubitProperties(t1=fact.t1, t2=fact.t2) for fact in facts],
    )
    for name, places in _properties(device, chosen).items():
        bounds = [ANGLE_BOUNDS[name]] if name in ANGLE_BOUNDS else None
        target.add_instruction(_standard()[name], places, name=name, angle_bounds=bounds)
    readout = {
        (i,): InstructionProperties(error=fact.readout_error, duration=fact.readout_duration)
        for i, fact in enumerate(facts)
    }
    target.add_instruction(Measure(), readout)
    target.add_instruction(Delay(Parameter("t")), {(i,): None for i in range(len(chosen))})
    return target


def _properties(
    device: Device, qubits: tuple[int, ...]
) -> dict[str, dict[tuple[int, ...], InstructionProperties]]:
    """By gate name and re-indexed qubits."""
    found: dict[str, dict[tuple[int, ...], InstructionProperties]] = {}
    for gate, places in region_gates(device, qubits):
        found.setdefault(gate.name, {})[places] = InstructionProperties(
            error=gate.error, duration=gate.duration
        )
    return found


@lru_cache(maxsize=1)
def _standard() -> dict[str, Any]:
    return dict(get_standard_gate_name_mapping())
