"""The device: a processor's calibration facts of one day, with units, and nothing derived."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property

from qcsearch.candidate.checks import short
from qcsearch.errors import DeviceError
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json

__all__ = ["ANGLE_BOUNDS", "DEAD", "FORMAT", "Device", "GateCalibration", "Qubit"]

FORMAT = "qcsearch-device/1"
"""The version of the JSON format; a snapshot of any other is refused."""

DEAD = 0.5
"""An error of a half or more leaves nothing to compute with: such a gate or readout is not used."""

ANGLE_BOUNDS: dict[str, tuple[float, float]] = {"rzz": (0.0, math.pi / 2)}
"""Gates that the hardware runs for some angles only, in radians (IBM's fractional gates)."""


@dataclass(frozen=True, slots=True)
class Qubit:
    """Calibration of one qubit.

    Attributes:
        t1: relaxation time in seconds, None if it was not measured.
        t2: dephasing time in seconds, at most 2·T1, None if it was not measured.
        p10: P(1|0), the probability to read 1 after preparing 0; 0.5 on both if readout was not measured.
        p01: P(0|1), the probability to read 0 after preparing 1.
        readout_duration: in seconds, None if unknown.
    """

    t1: float | None
    t2: float | None
    p10: float
    p01: float
    readout_duration: float | None = None

    @property
    def readout_error(self) -> float:
        """Mean of P(1|0) and P(0|1)."""
        return (self.p10 + self.p01) / 2


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

    @property
    def is_dead(self) -> bool:
        """Whether the measured error is a half or more."""
        return self.error is not None and self.error >= DEAD


@dataclass(frozen=True)
class Device:
    """A quantum processor as one calibration snapshot saw it.

    Two devices are equal, and hash alike, when their content is: notices do not count.

    Attributes:
        name: as the provider calls it.
        provider: who runs it, or `fake` for a recorded snapshot.
        calibrated_at: UTC, ISO 8601; empty if unknown.
        basis_gates: names of the gates the processor runs, sorted.
        coupling_map: directed pairs of usable qubits that carry a usable two-qubit gate, sorted.
        qubits: one entry a physical qubit.
        gates: one entry a gate and tuple of qubits, dead ones included, sorted by name and qubits.
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

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Device) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def n_qubits(self) -> int:
        """Number of physical qubits."""
        return len(self.qubits)

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Coupled pairs `(a, b)`, `a < b`, sorted, each once."""
        return tuple(sorted({(min(a, b), max(a, b)) for a, b in self.coupling_map}))

    @cached_property
    def usable_qubits(self) -> tuple[int, ...]:
        """Qubits that a region may hold, sorted.

        Left out: a dead readout, a one-qubit gate that is dead or missing, gates that make no rotation, and T1 or T2
        missing where other qubits have them. A device that reports them for no qubit is used without relaxation.
        """
        relaxes = any(qubit.t1 is not None and qubit.t2 is not None for qubit in self.qubits)
        dead = {gate.qubits[0] for gate in self.gates if len(gate.qubits) == 1 and gate.is_dead}
        return tuple(
            q
            for q, qubit in enumerate(self.qubits)
            if q not in dead
            and q not in self.incomplete_qubits
            and q not in self.stiff_qubits
            and qubit.readout_error < DEAD
            and (not relaxes or (qubit.t1 is not None and qubit.t2 is not None))
        )

    @cached_property
    def incomplete_qubits(self) -> tuple[int, ...]:
        """Qubits without a one-qubit gate (other than `id`) that most qubits have, sorted."""
        holders: dict[str, set[int]] = {}
        for gate in self.gates:
            if len(gate.qubits) == 1 and gate.name != "id":
                holders.setdefault(gate.name, set()).add(gate.qubits[0])
        # A gate that few qubits have is an extra of theirs; one that most have, circuits are translated to.
        common = [held for held in holders.values() if 2 * len(held) > self.n_qubits]
        return tuple(q for q in range(self.n_qubits) if any(q not in held for held in common))

    @cached_property
    def stiff_qubits(self) -> tuple[int, ...]:
        """Qubits whose one-qubit gates cannot make every rotation, sorted; none in a device that lists no such gate."""
        from qcsearch.devices.transpile.gate_set import rotates

        names: list[set[str]] = [set() for _ in self.qubits]
        for gate in self.gates:
            if len(gate.qubits) == 1:
                names[gate.qubits[0]].add(gate.name)
        return tuple(q for q, found in enumerate(names) if any(names) and not rotates(frozenset(found)))

    @cached_property
    def gates_on(self) -> dict[tuple[int, ...], tuple[GateCalibration, ...]]:
        """The usable gates by their qubits, in the gate's direction; two-qubit ones along `coupling_map`."""
        coupled = set(self.coupling_map)
        found: dict[tuple[int, ...], list[GateCalibration]] = {}
        for gate in self.gates:
            if not gate.is_dead and (len(gate.qubits) == 1 or gate.qubits in coupled):
                found.setdefault(gate.qubits, []).append(gate)
        return {qubits: tuple(gates) for qubits, gates in found.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        return canonical.digest(self.facts())

    def check_qubits(self, qubits: Iterable[int]) -> tuple[int, ...]:
        """Return `qubits` as a tuple of ints.

        Raises:
            DeviceError: if it is empty, names a qubit twice, or one that the device does not have.
        """
        try:
            chosen = tuple(int(q) for q in qubits)
        except (TypeError, ValueError):
            raise DeviceError(
                f"Qubits of {self.name} must be a sequence of ints. Got {short(qubits)}."
            ) from None
        if not chosen or len(set(chosen)) != len(chosen):
            raise DeviceError(f"Qubits of {self.name} must be at least one, each once. Got {short(chosen)}.")
        for q in chosen:
            if not 0 <= q < self.n_qubits:
                raise DeviceError(f"A qubit of {self.name} must be in [0, {self.n_qubits - 1}]. Got {q}.")
        return chosen

    def to_json(self) -> dict[str, Json]:
        """Return the facts, the notices and the digest as JSON values: the format of `noise_models/`."""
        return {**self.facts(), "notices": list(self.notices), "digest": self.digest}

    def facts(self) -> dict[str, Json]:
        """Return the facts alone as JSON values, without notices and digest: what is hashed."""
        return {
            "format": FORMAT,
            "name": self.name,
            "provider": self.provider,
            "calibrated_at": self.calibrated_at,
            "dt": self.dt,
            "basis_gates": list(self.basis_gates),
            "coupling_map": [list(pair) for pair in self.coupling_map],
            "qubits": [asdict(qubit) for qubit in self.qubits],
            "gates": [{**asdict(gate), "qubits": list(gate.qubits)} for gate in self.gates],
        }
