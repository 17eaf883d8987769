"""The Aer noise model of a few qubits, rebuilt from the device's facts."""

from __future__ import annotations

import math
import warnings
from functools import lru_cache

from qiskit.circuit import Delay
from qiskit.transpiler import Target
from qiskit_aer.noise import NoiseModel, ReadoutError, RelaxationNoisePass
from qiskit_aer.noise.device.models import basic_device_gate_errors

from qcsearch.devices.device import Device
from qcsearch.devices.target import region_target

__all__ = ["noise_model"]


def noise_model(device: Device, qubits: tuple[int, ...] | None = None) -> NoiseModel:
    """Build the noise model of `qubits`, re-indexed: qubit `i` of the model is `qubits[i]`.

    Gate errors are what `NoiseModel.from_backend` makes of the same figures, by Aer's own function: a depolarising
    channel followed by thermal relaxation, chosen so that together they have the calibrated infidelity. Delays
    relax for their length. Readout is asymmetric: P(1|0) and P(0|1) as calibrated, which `from_backend` averages.

    Args:
        device: the calibration facts.
        qubits: physical qubits; None for all of them (seconds on a large device).

    Returns:
        The model. It is cached and shared: do not change it.

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    return _build(device, tuple(range(device.n_qubits)) if qubits is None else device.check_qubits(qubits))


@lru_cache(maxsize=256)
def _build(device: Device, qubits: tuple[int, ...]) -> NoiseModel:
    target = region_target(device, qubits)
    model = NoiseModel(basis_gates=sorted(set(target.operation_names) - {"measure"}))
    for name, places, error in basic_device_gate_errors(target=target):
        model.add_quantum_error(error, name, places)
    for i, q in enumerate(qubits):
        fact = device.qubits[q]
        if fact.p10 or fact.p01:
            model.add_readout_error(ReadoutError([[1 - fact.p10, fact.p10], [fact.p01, 1 - fact.p01]]), [i])
    model._custom_noise_passes.append(_delays(device, qubits, target))
    return model


def _delays(device: Device, qubits: tuple[int, ...], target: Target) -> RelaxationNoisePass:
    """Aer's own pass for delays; a time that was not measured is infinite."""
    facts = [device.qubits[q] for q in qubits]
    return RelaxationNoisePass(
        t1s=[fact.t1 or math.inf for fact in facts],
        t2s=[fact.t2 or (2 * fact.t1 if fact.t1 else math.inf) for fact in facts],
        dt=device.dt,
        op_types=Delay,
        target=target,
    )
