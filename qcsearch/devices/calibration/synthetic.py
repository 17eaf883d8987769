"""Synthetic snapshots: how a device might look on another day, where no second real day was recorded.

The drift model. Every calibrated figure is multiplied by a factor of its own, log-normal with median 1:

    factor = exp(σ · z),   z ~ N(0, 1)

one for T1, T2, P(1|0) and P(0|1) of each qubit, one for all one-qubit gates of a qubit, one for all two-qubit
gates of a coupling, whichever their direction. Afterwards T2 is clipped to 2·T1, and gate errors and the mean
of P(1|0) and P(0|1) to `LARGEST`, so that nothing that was usable dies. Errors that were dead, exactly 0 or not
measured stay as they are, and so do durations and couplings.

All factors are independent: correlations in space, and between an error and the coherence times, are left out,
and where relaxation alone costs more than a drawn gate error, relaxation alone acts. It is a model and no
calibration: a processor that moved by the same σ on average may do worse to a circuit, for instance by losing
one coupling altogether.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import DEAD, Device, GateCalibration, Qubit
from qcsearch.errors import DeviceError

__all__ = ["LARGEST", "PROVIDER", "drifted"]

LARGEST = 0.49
"""What a drawn error is clipped to; of `DEAD` and more nothing can be used."""

PROVIDER = "drift model"
"""The provider of a synthetic snapshot."""

_MAX_SIGMA = 2.0


def drifted(device: Device, sigma: float = 0.2, seed: int = 0) -> Device:
    """Draw a synthetic snapshot of a device with the drift model of this module.

    Args:
        device: the snapshot to start from.
        sigma: standard deviation of the logarithm of each factor, in [0, 2]; 0.2 is some 20 %.
        seed: in [0, 2³²); equal arguments give the equal snapshot.

    Returns:
        A device whose name says what it is (`fake_torino@2025-02-26~drift(sigma=0.2,seed=1)`), whose provider is
        `PROVIDER`, and which has no time of calibration.

    Raises:
        DeviceError: if `sigma` or `seed` is out of its range.
    """
    if not (isinstance(sigma, int | float) and 0 <= sigma <= _MAX_SIGMA):
        raise DeviceError(f"The 'sigma' of the drift model must be in [0, {_MAX_SIGMA:g}]. Got {sigma!r}.")
    if not (isinstance(seed, int) and 0 <= seed < 2**32):
        raise DeviceError(f"The 'seed' of the drift model must be an int in [0, 2³²). Got {seed!r}.")
    places = sorted({tuple(sorted(gate.qubits)) for gate in device.gates})
    of_qubits, of_gates = np.random.default_rng(seed).spawn(2)
    factors = np.exp(sigma * of_qubits.standard_normal((device.n_qubits, 4)))
    gate_factors = np.exp(sigma * of_gates.standard_normal(len(places)))
    factor = dict(zip(places, gate_factors.tolist(), strict=True))
    day = f"@{device.calibrated_at[:10]}" if device.calibrated_at else ""
    origin = f"{device.name}{day}"
    sentence = (
        f"Synthetic: drawn from {origin} with the drift model (log-normal, sigma {sigma:g}, seed {seed}); "
        "no processor was calibrated like this."
    )
    facts = replace(
        device,
        name=f"{origin}~drift(sigma={sigma:g},seed={seed})",
        provider=PROVIDER,
        calibrated_at="",
        qubits=tuple(_qubit(*pair) for pair in zip(device.qubits, factors, strict=True)),
        gates=tuple(_gate(gate, factor[tuple(sorted(gate.qubits))]) for gate in device.gates),
    )
    return device_from_json({**facts.facts(), "notices": [sentence]})


def _qubit(qubit: Qubit, factors: NDArray[np.float64]) -> Qubit:
    t1_factor, t2_factor, p10_factor, p01_factor = factors.tolist()
    t1 = None if qubit.t1 is None else qubit.t1 * t1_factor
    t2 = None if qubit.t2 is None else min(qubit.t2 * t2_factor, math.inf if t1 is None else 2 * t1)
    moved = replace(qubit, t1=t1, t2=t2)
    if qubit.readout_error >= DEAD:
        return moved
    p10, p01 = qubit.p10 * p10_factor, qubit.p01 * p01_factor
    clip = min(1.0, 2 * LARGEST / max(p10 + p01, LARGEST))
    return replace(moved, p10=p10 * clip, p01=p01 * clip)


def _gate(gate: GateCalibration, factor: float) -> GateCalibration:
    if gate.error is None or gate.is_dead:
        return gate
    return replace(gate, error=min(gate.error * factor, LARGEST))
