"""What a deployment will cost in QPU seconds: a lower bound, with its assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qiskit.circuit import Delay

from qcsearch.deployment.executors.base import Estimating

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

    from qcsearch.deployment.executors.base import Pub
    from qcsearch.deployment.program import BackendProgram

__all__ = [
    "ASSUMPTIONS",
    "JOB_SECONDS",
    "REP_DELAY",
    "Cost",
    "circuit_seconds",
    "job_seconds",
    "program_cost",
]

JOB_SECONDS = 2.0
"""Of a job on top of its executions, as IBM's documentation of the execution time estimates it."""

REP_DELAY = 250e-6
"""Seconds between two executions where the backend does not say it."""

ASSUMPTIONS = (
    f"{JOB_SECONDS:g} s a job on top of its executions",
    "an execution lasts as long as the circuit, gates as early as they can, and the backend's repetition delay",
    "no sessions: with them it is more",
    "jobs that fail and are run again are not in it",
)


@dataclass(frozen=True)
class Cost:
    """What a part of a deployment asks of a processor.

    Attributes:
        jobs: how many.
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


def program_cost(program: BackendProgram, n_rows: int, rep_delay: float = REP_DELAY) -> Cost:
    """What it costs to measure a program with so many sets of features and weights."""
    if isinstance(program.executor, Estimating):
        return _estimator_cost(program, program.executor, n_rows)
    jobs = -(-n_rows // program.rows_a_job)
    target = program.executor.target

    def lasting(circuits: Sequence[QuantumCircuit]) -> float:
        return sum(rep_delay + circuit_seconds(circuit, target) for circuit in circuits)

    circuits = n_rows * len(program.circuits) + jobs * len(program.canaries)
    executing = n_rows * lasting(program.circuits) + jobs * lasting(program.canaries)
    seconds = jobs * JOB_SECONDS + program.shots * executing
    return Cost(jobs, circuits, circuits * program.shots, seconds)


def _estimator_cost(program: BackendProgram, executor: Estimating, n_rows: int) -> Cost:
    """As many full jobs as there are, and the rest."""
    n_full, rest = divmod(n_rows, program.rows_a_job)
    full = executor.work(program.observed(program.rows_a_job), program.shots) if n_full else Cost()
    return full * n_full + (executor.work(program.observed(rest), program.shots) if rest else Cost())


def job_seconds(pubs: Sequence[Pub], shots: int, target: Target, rep_delay: float = REP_DELAY) -> float:
    """QPU seconds of one job, at least."""
    return JOB_SECONDS + sum(
        len(pub.parameters) * shots * (rep_delay + circuit_seconds(pub.circuit, target)) for pub in pubs
    )


def circuit_seconds(circuit: QuantumCircuit, target: Target) -> float:
    """Seconds from the first gate to the end of the last, each as early as it can; unknown ones count 0."""
    clock = [0.0] * circuit.num_qubits
    for instruction in circuit.data:
        places = tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        end = max(clock[q] for q in places)
        name = instruction.operation.name
        if isinstance(instruction.operation, Delay):
            end += float(instruction.operation.duration) * (target.dt or 0.0)
        elif name in target.operation_names:
            figures = (target[name] or {}).get(places)
            end += getattr(figures, "duration", None) or 0.0
        for q in places:
            clock[q] = end
    return max(clock, default=0.0)
