"""Canaries: circuits with a known answer in every job, on the same qubits as the work.

Each job also prepares |0…0⟩ and |1…1⟩ and reads them. What is misread is the readout error of that very
minute: it says whether the device is still the one of the snapshot, and it can be taken out of the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager

from qcsearch.devices.transpile.angles import free_target
from qcsearch.errors import BackendError
from qcsearch.storage.canonical import Json
from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qiskit.transpiler import Target

    from qcsearch.devices.device import Device

__all__ = ["CanaryMonitor", "CanaryVerdict", "Readout", "canary_circuits"]

_DEVIATIONS = 5.0
"""Standard deviations by which chance alone is hardly ever off."""


@dataclass(frozen=True)
class Readout:
    """Readout errors of some qubits, as one job measured them.

    Attributes:
        p10: P(1|0) of each qubit, `(n_qubits,)`.
        p01: P(0|1) of each qubit, `(n_qubits,)`.
        shots: shots of each of the two circuits.
    """

    p10: Floats
    p01: Floats
    shots: int

    @classmethod
    def of(cls, zeros: NDArray[np.bool_], ones: NDArray[np.bool_]) -> Readout:
        """From the shots `(n_shots, n_qubits)` of |0…0⟩ and |1…1⟩."""
        return cls(zeros.mean(axis=0), 1.0 - ones.mean(axis=0), len(zeros))

    def factors(self, bits: NDArray[np.bool_]) -> Floats:
        """For each bit a number whose mean is what ±1 would have without readout error.

        Readout turns ⟨Z⟩ into (1 − p01 − p10)·⟨Z⟩ + (p01 − p10); this is the inverse, outcome by outcome, so
        that products over qubits are right as well while each qubit errs by itself.

        Args:
            bits: `(…, n_qubits)`.

        Raises:
            BackendError: if a qubit's readout tells nothing.
        """
        contrast = 1.0 - self.p01 - self.p10
        if np.any(contrast < 0.05):  # one outcome would weigh twenty times: `measurement.MOST_MITIGATED`
            raise BackendError(
                f"Readout must tell 0 from 1 to be corrected. It does not on qubit {int(contrast.argmin())} of "
                "the circuit.",
                fix="deploy without the correction of readout.",
            )
        return np.asarray((np.where(bits, -1.0, 1.0) - (self.p01 - self.p10)) / contrast)


@dataclass(frozen=True)
class CanaryVerdict:
    """What the canaries of a deployment say.

    Attributes:
        jobs: number of jobs that carried canaries.
        qubits: physical qubits.
        p10: measured P(1|0) of each, all jobs together.
        p01: measured P(0|1).
        holds: whether all are those of the snapshot.
        steady: whether they are the same in all jobs.
        changed: physical qubits whose readout is not that of the snapshot.
    """

    jobs: int
    qubits: tuple[int, ...]
    p10: tuple[float, ...]
    p01: tuple[float, ...]
    holds: bool
    steady: bool
    changed: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        steady = "the same in all jobs" if self.steady else "not the same in all jobs"
        if self.holds:
            return f"Canaries in {self.jobs} jobs: readout is that of the snapshot, and {steady}."
        names = ", ".join(map(str, self.changed))
        return f"Canaries in {self.jobs} jobs: readout changed since the snapshot on qubit {names}; it is {steady}."

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        return asdict(self)


class CanaryMonitor:
    """Keeps what the canaries of each job said; shared by the programs of one deployment."""

    def __init__(self) -> None:
        self._seen: list[Readout] = []

    def add(self, readout: Readout) -> None:
        """One more job."""
        self._seen.append(readout)

    def verdict(self, device: Device, qubits: Sequence[int]) -> CanaryVerdict | None:
        """Judge all jobs together against the snapshot; None if there was none.

        Args:
            device: the snapshot.
            qubits: physical qubits, in the order of the readouts.
        """
        if not self._seen:
            return None
        measured = np.array([[seen.p10, seen.p01] for seen in self._seen])
        shots = np.array([seen.shots for seen in self._seen], dtype=np.float64)
        pooled = np.average(measured, axis=0, weights=shots)
        wanted = np.array([[device.qubits[q].p10 for q in qubits], [device.qubits[q].p01 for q in qubits]])
        slack = np.array([[0.0] * len(qubits), [_flip_error(device, q) for q in qubits]])
        off = np.abs(pooled - wanted) > _DEVIATIONS * _deviation(wanted, shots.sum()) + slack
        spread = np.abs(measured - pooled) > _DEVIATIONS * _deviation(pooled, shots[:, None, None])
        return CanaryVerdict(
            jobs=len(self._seen),
            qubits=tuple(int(q) for q in qubits),
            p10=tuple(map(float, pooled[0])),
            p01=tuple(map(float, pooled[1])),
            holds=not off.any(),
            steady=not spread.any(),
            changed=tuple(int(q) for q, far in zip(qubits, off.any(axis=0), strict=True) if far),
        )


def canary_circuits(qubits: Sequence[int], target: Target) -> list[QuantumCircuit]:
    """|0…0⟩ and |1…1⟩ on some qubits of a backend, measured, in its gates."""
    circuits = []
    for flipped in (False, True):
        circuit = QuantumCircuit(len(qubits))
        if flipped:
            circuit.x(range(len(qubits)))
        manager = generate_preset_pass_manager(
            optimization_level=0, target=free_target(target), initial_layout=list(qubits)
        )
        whole = QuantumCircuit(target.num_qubits, len(qubits))
        whole.compose(manager.run(circuit), inplace=True)
        whole.measure(list(qubits), range(len(qubits)))
        circuits.append(whole)
    return circuits


def _deviation(p: Floats, shots: Floats | float) -> Floats:
    """Standard deviation of a measured share; never as if a share of 0 or 1 could not vary."""
    centre = (p * shots + 0.5) / (shots + 1.0)
    return np.asarray(np.sqrt(centre * (1.0 - centre) / shots))


def _flip_error(device: Device, q: int) -> float:
    """What the X before the readout may add to P(0|1)."""
    # Pure relaxation takes from |1⟩ three times the average infidelity of its gate; four leaves a margin.
    errors = [gate.error for gate in device.gates if gate.qubits == (q,) and gate.name in ("x", "sx", "u3")]
    return 4.0 * max((error for error in errors if error is not None), default=0.0)
