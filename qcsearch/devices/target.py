"""A Qiskit `Target` of a few qubits, built from the device's own facts."""

from __future__ import annotations

import math
from functools import lru_cache

from qiskit.circuit import Delay, Measure, Parameter
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qcsearch.devices.device import Device

__all__ = ["ANGLE_BOUNDS", "region_target"]

ANGLE_BOUNDS: dict[str, tuple[float, float]] = {"rzz": (0.0, math.pi / 2)}
"""Gates that the hardware runs for some angles only, in radians (IBM's fractional gates)."""


def region_target(device: Device, qubits: tuple[int, ...] | None = None, *, bounded: bool = True) -> Target:
    """The usable gates among `qubits`, re-indexed: qubit `i` of the target is `qubits[i]`.

    Args:
        device: the calibration facts.
        qubits: physical qubits in the order wanted; None for all.
        bounded: keep gates that run for some angles only (`ANGLE_BOUNDS`). A circuit whose angles are still
            parameters cannot promise to stay within them, so `mapping` leaves them out for such circuits.

    Returns:
        A new `Target` with errors, durations, T1, T2, measurement (error: the mean of P(0|1) and P(1|0)) and delay.

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    return _build(device, _chosen(device, qubits), bounded)


def _chosen(device: Device, qubits: tuple[int, ...] | None) -> tuple[int, ...]:
    return tuple(range(device.n_qubits)) if qubits is None else device.check_qubits(qubits)


@lru_cache(maxsize=1)
def _standard() -> dict[str, object]:
    return dict(get_standard_gate_name_mapping())


def _build(device: Device, qubits: tuple[int, ...], bounded: bool) -> Target:
    facts = [device.qubits[q] for q in qubits]
    target = Target(
        num_qubits=len(qubits),
        dt=device.dt,
        qubit_properties=[QubitProperties(t1=fact.t1, t2=fact.t2) for fact in facts],
    )
    for name, places in _gates(device, qubits).items():
        if name not in ANGLE_BOUNDS:
            target.add_instruction(_standard()[name], places, name=name)
        elif bounded:
            target.add_instruction(_standard()[name], places, name=name, angle_bounds=[ANGLE_BOUNDS[name]])
    readout = {
        (i,): InstructionProperties(error=fact.readout_error, duration=fact.readout_duration)
        for i, fact in enumerate(facts)
    }
    target.add_instruction(Measure(), readout)
    target.add_instruction(Delay(Parameter("t")), {(i,): None for i in range(len(qubits))})
    return target


def _gates(
    device: Device, qubits: tuple[int, ...]
) -> dict[str, dict[tuple[int, ...], InstructionProperties]]:
    """By gate name, the properties on re-indexed qubits."""
    index = {q: i for i, q in enumerate(qubits)}
    places = [(q,) for q in qubits] + [pair for pair in device.coupling_map if index.keys() >= set(pair)]
    found: dict[str, dict[tuple[int, ...], InstructionProperties]] = {}
    for place in places:
        for gate in device.gates_on.get(place, ()):
            properties = InstructionProperties(error=gate.error, duration=gate.duration)
            found.setdefault(gate.name, {})[tuple(index[q] for q in place)] = properties
    return found
