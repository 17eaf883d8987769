"""A device whose noise lasts longer than was calibrated, or less long: how results depend on the size of the errors.

Every channel is drawn out, as if it acted `f` times as long. What decays then does so to the power of f:

* relaxation: T1/f and T2/f, so that e^(−t/T1) becomes e^(−t/T1)^f; durations stay;
* the depolarising part of a gate: with what relaxation alone costs, r, and the dimension d, a gate of infidelity e
  holds λ = (e − r) / (1 − r − 1/d) of it, as Aer has it, and keeps 1 − λ of a traceless operator. That becomes
  (1 − λ)^f, and with r_f of T1/f and T2/f the new infidelity e_f = r_f + (1 − (1 − λ)^f) (1 − r_f − 1/d);
* readout: with s = P(1|0) + P(0|1), the matrix of the readout keeps 1 − s of the difference of its two inputs. That
  becomes (1 − s)^f, and both errors keep their ratio: P(1|0)_f = P(1|0) / s · (1 − (1 − s)^f).

To first order in the errors this multiplies each of them by f. It stays physical for every f, and scaling by f and then
by g is scaling by f·g, where nothing was clipped: errors of gates and the mean of P(1|0) and P(0|1) are held at
`LARGEST`, so that nothing that was usable dies. A gate that is calibrated better than its relaxation allows keeps the
ratio of the two. Errors that were dead or not measured stay as they are.

A device that is worse in another way, by coherent errors or crosstalk, is no such device.
"""

from __future__ import annotations

from dataclasses import replace

from qcsearch.devices.calibration.synthetic import LARGEST
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.calibration.violations import coherence_limit
from qcsearch.devices.device import DEAD, Device, GateCalibration, Qubit
from qcsearch.errors import DeviceError

__all__ = ["PROVIDER", "scaled"]

PROVIDER = "scaled noise"
"""The provider of such a snapshot."""

_LEAST, _MOST = 0.01, 100.0


def scaled(device: Device, factor: float) -> Device:
    """Return a synthetic snapshot whose errors are `factor` times those of a device, see this module.

    Args:
        device: the snapshot to start from.
        factor: f, in [0.01, 100]; 1 changes no figure.

    Returns:
        A device whose name says what it is (`fake_torino@2025-02-26~scaled(factor=2)`), whose provider is `PROVIDER`,
        and which has no time of calibration.

    Raises:
        DeviceError: if `factor` is out of its range.
    """
    number = isinstance(factor, int | float) and not isinstance(factor, bool)
    if not (number and _LEAST <= factor <= _MOST):
        raise DeviceError(f"The 'factor' of scaled noise must be in [{_LEAST:g}, {_MOST:g}]. Got {factor!r}.")
    day = f"@{device.calibrated_at[:10]}" if device.calibrated_at else ""
    origin = f"{device.name}{day}"
    sentence = (
        f"Synthetic: {origin} with its noise scaled by {factor:g}; no processor was calibrated like this."
    )
    qubits = tuple(_qubit(qubit, factor) for qubit in device.qubits)
    facts = replace(
        device,
        name=f"{origin}~scaled(factor={factor:g})",
        provider=PROVIDER,
        calibrated_at="",
        qubits=qubits,
        gates=tuple(_gate(gate, device.qubits, qubits, factor) for gate in device.gates),
    )
    return device_from_json({**facts.facts(), "notices": [sentence]})


def _qubit(qubit: Qubit, factor: float) -> Qubit:
    t1, t2 = (None if time is None else time / factor for time in (qubit.t1, qubit.t2))
    both = qubit.p10 + qubit.p01
    grown = 1.0
    if both > 0 and qubit.readout_error < DEAD:
        grown = min(1 - (1 - both) ** factor, 2 * LARGEST) / both
    return replace(qubit, t1=t1, t2=t2, p10=qubit.p10 * grown, p01=qubit.p01 * grown)


def _gate(
    gate: GateCalibration, before: tuple[Qubit, ...], after: tuple[Qubit, ...], factor: float
) -> GateCalibration:
    if not gate.error or gate.is_dead:
        return gate
    old, new = (
        coherence_limit([qubits[q] for q in gate.qubits], gate.duration or 0.0) for qubits in (before, after)
    )
    if gate.error <= old:  # relaxation alone acts
        return replace(gate, error=min(gate.error * new / old, LARGEST))
    mixed = 2.0 ** -len(gate.qubits)
    kept = max(0.0, 1 - (gate.error - old) / (1 - old - mixed)) ** factor
    return replace(gate, error=min(new + (1 - kept) * (1 - new - mixed), LARGEST))
