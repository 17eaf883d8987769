"""A device in a few numbers, for a reader and for machines."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING, Any

from qcsearch.wording import error_rate, lifetime

if TYPE_CHECKING:
    from qcsearch.devices.device import Device

__all__ = ["readable", "summary"]


def summary(device: Device) -> dict[str, Any]:
    """The device in numbers: medians over its usable parts, times in seconds."""
    times = {
        "t1": _median(q.t1 for q in device.qubits),
        "t2": _median(q.t2 for q in device.qubits),
        "readout_error": _median(q.readout_error for q in device.qubits),
    }
    names = sorted({gate.name for gate in device.gates if len(gate.qubits) == 2})
    errors = {
        name: _median(g.error for g in device.gates if g.name == name and not g.is_dead) for name in names
    }
    return {
        "name": device.name,
        "provider": device.provider,
        "calibrated_at": device.calibrated_at,
        "n_qubits": device.n_qubits,
        "n_usable_qubits": len(device.usable_qubits),
        "n_couplings": len(device.edges),
        "basis_gates": list(device.basis_gates),
        "median": {**times, "two_qubit_error": errors},
        "digest": device.digest,
    }


def readable(device: Device) -> dict[str, object]:
    """The same for a reader, with units."""
    found = summary(device)
    middle = found["median"]
    errors = ", ".join(f"{name} {error_rate(error)}" for name, error in middle["two_qubit_error"].items())
    return {
        "provider": device.provider,
        "calibrated": device.calibrated_at or "unknown",
        "qubits": f"{device.n_qubits}, {found['n_usable_qubits']} usable",
        "couplings": found["n_couplings"],
        "basis gates": ", ".join(device.basis_gates),
        "median T1, T2": f"{lifetime(middle['t1'])}, {lifetime(middle['t2'])}",
        "median readout error": error_rate(middle["readout_error"]),
        "median two-qubit error": errors or "none",
        "digest": device.digest,
    }


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
