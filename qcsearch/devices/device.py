"""The device: a processor's calibration facts of one day, with units, and nothing derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from qcsearch import canonical
from qcsearch.canonical import Json

__all__ = ["Device", "GateCalibration", "Qubit"]


@dataclass(frozen=True, slots=True)
class Qubit:
    """Calibration of one qubit.

    Attributes:
        t1: relaxation time in seconds, None if it was not measured.
        t2: dephasing time in seconds, at most 2·T1, None if it was not measured.
        p10: P(1|0), the probability to read 1 after preparing 0.
        p01: P(0|1), the probability to read 0 after preparing 1.
        readout_duration: in seconds, None if unknown.
    """

    t1: float | None
    t2: float | None
    p10: float
    p01: float
    readout_duration: float | None = None


@dataclass(frozen=True, slots=True)
class GateCalibration:
    """Calibration of one gate on one tuple of qubits.

    Attributes:
        name: Qiskit's name (`sx`, `cz`, `ecr`, …).
        qubits: physical qubits, in the gate's direction.
        error: average gate infidelity in [0, 1], None if it was not measured.
        duration: in seconds, None if unknown.
    """

    name: str
    qubits: tuple[int, ...]
    error: float | None
    duration: float | None


@dataclass(frozen=True)
class Device:
    """A quantum processor as one calibration snapshot saw it.

    Attributes:
        name: as the provider calls it.
        provider: who runs it, or `fake` for a recorded snapshot.
        calibrated_at: UTC, ISO 8601; empty if unknown.
        basis_gates: names of the gates the processor runs.
        coupling_map: directed pairs that carry a usable two-qubit gate.
        qubits: one entry a physical qubit.
        gates: one entry a gate and tuple of qubits.
        dt: seconds of one sample of the control electronics, None if unknown.
        notices: what validation changed or left out, a sentence each; not part of the content.
    """

    name: str
    provider: str
    calibrated_at: str
    basis_gates: tuple[str, ...]
    coupling_map: tuple[tuple[int, int], ...]
    qubits: tuple[Qubit, ...]
    gates: tuple[GateCalibration, ...]
    dt: float | None = None
    notices: tuple[str, ...] = field(default=(), compare=False)

    @property
    def n_qubits(self) -> int:
        """Number of physical qubits."""
        return len(self.qubits)

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Coupled pairs `(a, b)`, `a < b`, sorted, each once."""
        return tuple(sorted({(min(a, b), max(a, b)) for a, b in self.coupling_map}))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return canonical.digest(self.to_json())

    def to_json(self) -> dict[str, Json]:
        """Return the facts as JSON values: the format of `noise_models/`."""
        raise NotImplementedError
