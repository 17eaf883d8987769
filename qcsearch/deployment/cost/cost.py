"""What a deployment will cost in QPU seconds: a lower bound, with its assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qcsearch.deployment.executors.base import Estimating
from qcsearch.deployment.values import Cost, Pub
from qcsearch.devices.transpile.duration import circuit_duration

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

    from qcsearch.deployment.program import BackendProgram

__all__ = [
    "ASSUMPTIONS",
    "JOB_SECONDS",
    "REP_DELAY",
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


def program_cost(program: BackendProgram, n_rows: int, rep_delay: float = REP_DELAY) -> Cost:
    """What it costs to measure a program with so many sets of features and weights."""
    if isinstance(program.executor, Estimating):
        return _estimator_cost(program, program.executor, n_rows)
    jobs = -(-n_rows // program.rows_a_job)
    target = program.executor.target

    def lasting(circuits: Sequence[QuantumCircuit]) -> float:
        return sum(rep_delay + circuit_duration(circuit, target) for circuit in circuits)

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
        len(pub.parameters) * shots * (rep_delay + circuit_duration(pub.circuit, target)) for pub in pubs
    )
