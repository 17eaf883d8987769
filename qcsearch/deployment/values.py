"""What travels between the parts of a deployment: jobs, what they cost, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

__all__ = ["MAX_SHOTS", "Cost", "Estimates", "Kind", "Pub", "States", "Usage"]

MAX_SHOTS = 1_000_000
"""Upper bound on the shots of one circuit with one set of parameters."""

Kind: TypeAlias = Literal["simulated", "fake-backend", "hardware"]
"""What stood behind a number. The three are never mixed in one column."""


@dataclass(frozen=True)
class States:
    """States that a circuit starts from, one for each set of parameters; see `circuits.start_states`.

    Attributes:
        kind: `pure` or `mixed`.
        rows: `(n_sets, 2·2^n)` of n pure qubits, `(n_sets, 4^n)` of mixed ones.
        qubits: qubits of the target; qubit `i` of the states is `qubits[i]`.
    """

    kind: str
    rows: Floats
    qubits: tuple[int, ...]


@dataclass(frozen=True)
class Pub:
    """One circuit, many sets of parameters (Qiskit's *primitive unified bloc*).

    Attributes:
        circuit: the circuit on all qubits of the target, in its gates; measured into classical bits for
            `run`, and not measured for `estimate`.
        parameters: `(n_sets, n_parameters)` in radians, columns in the order of `circuit.parameters`.
        observables: observables on all qubits of the target, for `estimate`.
        states: what the circuit starts from, and all qubits that it uses; None is |0…0⟩. Only an executor that is
            `Starting` is given any.
    """

    circuit: QuantumCircuit
    parameters: Floats
    observables: tuple[SparsePauliOp, ...] = ()
    states: States | None = None

    @property
    def rounded(self) -> bytes:
        """The parameters to 10⁻⁷ rad, and the numbers of the states to 10⁻⁷: what seeds and keys of jobs are made of.

        Their last bits depend on the order in which a sum is taken, so on threads and on where arrays lie. A job that
        is asked for once more by a resumed deployment must still be the same one, or it is paid for twice.
        """
        tables = [self.parameters] if self.states is None else [self.parameters, self.states.rows]
        to_grid = (np.round(np.asarray(table, dtype=np.float64), 7) + 0.0 for table in tables)  # no −0
        return b"".join(np.ascontiguousarray(table).tobytes() for table in to_grid)


@dataclass(frozen=True)
class Cost:
    """What a part of a deployment asks of a processor.

    Attributes:
        jobs: number of jobs.
        circuits: circuits with all parameters bound.
        executions: circuits times shots.
        seconds: QPU seconds, at least.
    """

    jobs: int = 0
    circuits: int = 0
    executions: int = 0
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.jobs + other.jobs,
            self.circuits + other.circuits,
            self.executions + other.executions,
            self.seconds + other.seconds,
        )

    def __mul__(self, times: int) -> Cost:
        return Cost(self.jobs * times, self.circuits * times, self.executions * times, self.seconds * times)


@dataclass(frozen=True)
class Usage:
    """What was asked of a backend.

    Attributes:
        jobs: calls of the executor.
        circuits: circuits with all their parameters bound.
        shots: runs of all of them together.
    """

    jobs: int = 0
    circuits: int = 0
    shots: int = 0


@dataclass(frozen=True)
class Estimates:
    """Measured expectation values.

    Attributes:
        values: `(n_sets, n_observables)`.
        errors: standard errors from the finite number of shots, of the same shape.
        shots: shots that came of each basis with each set of parameters, the fewest of all; None if that is
            not known.
    """

    values: Floats
    errors: Floats
    shots: int | None = None

    @classmethod
    def joined(cls, parts: Sequence[Estimates], n_observables: int) -> Estimates:
        """All sets of several jobs."""
        empty = np.zeros((0, n_observables))
        shots = [part.shots for part in parts if part.shots is not None]
        return cls(
            np.vstack([empty, *(part.values for part in parts)]),
            np.vstack([empty, *(part.errors for part in parts)]),
            min(shots, default=None),
        )
