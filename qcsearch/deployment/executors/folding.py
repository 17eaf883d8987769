"""What is sent to a backend: circuits in its gates, on its qubits, with all angles in the ranges that it runs.

Every executor, and whatever hands circuits to one, asks `runnable` first; how angles are folded is in
`devices.transpile.angles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.deployment.executors.checks import check_job, check_table
from qcsearch.deployment.values import Pub
from qcsearch.devices.transpile.angles import bounded, fold, n_open

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

__all__ = ["fold_notice", "folded", "has_bounded", "runnable"]


def runnable(pubs: Sequence[Pub], shots: int, target: Target, *, measured: bool = True) -> list[Pub]:
    """The circuits as the target runs them, folded and checked.

    Raises:
        BackendError: as `check_job`.
    """
    found = folded(pubs, target)
    check_job(found, shots, target, measured=measured)
    return found


def has_bounded(circuit: QuantumCircuit) -> bool:
    """Whether a circuit holds a gate that runs for some angles only."""
    return next(bounded(circuit), None) is not None


def fold_notice(circuit: QuantumCircuit) -> str | None:
    """What a reader of predicted scores should know of a circuit whose angles are folded once they are known."""
    if not (n := n_open(circuit)):
        return None
    return (
        f"rzz runs for angles in [0, π/2] only: {n} of the circuit {'is' if n == 1 else 'are'} folded into that, by "
        "two rotations by π about x each where the angle asks for it. Simulated scores are without the errors of these."
    )


def folded(pubs: Sequence[Pub], target: Target | None = None) -> list[Pub]:
    """The same circuits with every `rzz` within its angles, by one-qubit gates around it.

    A fold depends on the value of an angle, so parameters are added, with values for each set.

    Args:
        pubs: the circuits to be run.
        target: the target whose gates make the rotations by π that are added; None for `rz`, `rx` and `x`.

    Raises:
        BackendError: if the parameters of a circuit that is to be folded are not as many as it has, and finite.
    """
    return [_folded(pub, target) if has_bounded(pub.circuit) else pub for pub in pubs]


def _folded(pub: Pub, target: Target | None) -> Pub:
    check_table(pub)
    circuit, table = fold(pub.circuit, np.asarray(pub.parameters, dtype=np.float64), target)
    return replace(pub, circuit=circuit, parameters=table)
