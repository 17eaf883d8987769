"""The Aer noise model of a few qubits, rebuilt from the device's facts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

from qiskit.circuit import Delay
from qiskit.circuit.library import CZGate, XGate
from qiskit.transpiler import InstructionProperties, QubitProperties, Target
from qiskit_aer.noise import NoiseModel, QuantumError, ReadoutError, RelaxationNoisePass
from qiskit_aer.noise.device.models import basic_device_gate_errors

from qcsearch.devices.aer_internals import add_noise_pass
from qcsearch.devices.device import Device
from qcsearch.devices.transpile.target import region_gates, region_target

__all__ = ["noise_model"]

_Times = tuple[float | None, float | None]


def noise_model(device: Device, qubits: Iterable[int] | None = None) -> NoiseModel:
    """Build the noise model of `qubits`, re-indexed: qubit `i` of the model is `qubits[i]`.

    Gate errors are what `NoiseModel.from_backend` makes of the same figures, by Aer's own function: a
    depolarising channel followed by thermal relaxation, which together have the calibrated infidelity. Delays
    relax for their length. Readout is asymmetric, P(1|0) and P(0|1) as calibrated, where `from_backend` takes
    their mean. Resets carry no noise: the snapshot holds gates and readout.

    Args:
        device: the calibration facts.
        qubits: physical qubits; None for all of them (seconds on a large device).

    Returns:
        The model. It is cached and shared: do not change it.

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    return _build(device, tuple(range(device.n_qubits)) if qubits is None else device.check_qubits(qubits))


@lru_cache(maxsize=128)
def _build(device: Device, qubits: tuple[int, ...]) -> NoiseModel:
    facts = [device.qubits[q] for q in qubits]
    target = region_target(device, qubits)
    model = NoiseModel(basis_gates=sorted(set(target.operation_names) - {"measure"}))
    for gate, places in region_gates(device, qubits):
        times = tuple((facts[i].t1, facts[i].t2) for i in places)
        error = _gate_error(times, gate.error, gate.duration)
        if error is not None:
            model.add_quantum_error(error, gate.name, places)
    for i, fact in enumerate(facts):
        if fact.p10 or fact.p01:
            model.add_readout_error(ReadoutError([[1 - fact.p10, fact.p10], [fact.p01, 1 - fact.p01]]), [i])
    delays = RelaxationNoisePass(
        t1s=[fact.t1 or math.inf for fact in facts],
        t2s=[fact.t2 or 2 * (fact.t1 or math.inf) for fact in facts],
        dt=device.dt,
        op_types=Delay,
        target=target,
    )
    add_noise_pass(model, delays)
    return model


@lru_cache(maxsize=1024)
def _gate_error(
    times: tuple[_Times, ...], error: float | None, duration: float | None
) -> QuantumError | None:
    """Aer's error of one gate; each costs some 10 ms, and fake_fez with its 156 qubits has 650 of them."""
    target = Target(qubit_properties=[QubitProperties(t1=t1, t2=t2) for t1, t2 in times])
    gate = XGate() if len(times) == 1 else CZGate()
    properties = InstructionProperties(error=error, duration=duration)
    target.add_instruction(gate, {tuple(range(len(times))): properties})
    return next((found for _, _, found in basic_device_gate_errors(target=target)), None)
