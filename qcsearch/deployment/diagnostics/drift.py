"""How far a calibration has moved from the one that a model was made for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from qcsearch.devices.device import Device
from qcsearch.wording import percent

__all__ = ["Change", "changes"]


@dataclass(frozen=True)
class Change:
    """One error of a device, then and now.

    Attributes:
        what: such as `readout of qubit 3` or `cz on 3, 4`.
        before: probability when the model was made.
        now: probability today; 1 if the gate is gone.
    """

    what: str
    before: float
    now: float

    @property
    def size(self) -> float:
        """Difference of the probabilities, in [0, 1]."""
        return abs(self.now - self.before)

    def __str__(self) -> str:
        return f"{self.what}: {percent(self.before, 2)} then, {percent(self.now, 2)} now"


def changes(before: Device, now: Device, qubits: Collection[int]) -> list[Change]:
    """All readout and gate errors of some qubits, the largest change first.

    Args:
        before: the snapshot that the model was made for.
        now: the calibration of today.
        qubits: physical qubits that both devices have.
    """
    found = [
        Change(f"readout of qubit {q}", before.qubits[q].readout_error, now.qubits[q].readout_error)
        for q in sorted(qubits)
    ]
    today = {(gate.name, gate.qubits): gate.error for gate in now.gates}
    for gate in before.gates:
        if set(gate.qubits) <= set(qubits) and gate.error is not None:
            error = today.get((gate.name, gate.qubits), 1.0)
            if error is not None:
                where = ", ".join(map(str, gate.qubits))
                found.append(Change(f"{gate.name} on {where}", gate.error, error))
    return sorted(found, key=lambda change: -change.size)
