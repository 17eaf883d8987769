"""What is refused before a job is submitted, and paid for, in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.deployment.executors.base import Executor, Starting
from qcsearch.deployment.values import MAX_SHOTS, Pub
from qcsearch.errors import BackendError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

__all__ = ["check_job", "check_start", "check_table"]

_SLACK = 1e-10
"""Radians that an angle may be out of its bounds by rounding, as the service allows."""


def check_job(pubs: Sequence[Pub], shots: int, target: Target, *, measured: bool = True) -> None:
    """Refuse what would be submitted, and paid for, in vain.

    Raises:
        BackendError: if shots or parameters are wrong, or a circuit is not in the gates of the target, on its
            qubits, within its angles, or does not measure anything although it should be `measured`.
    """
    if isinstance(shots, bool) or not isinstance(shots, int) or not 1 <= shots <= MAX_SHOTS:
        raise BackendError(f"The 'shots' of a job must be an int in [1, {MAX_SHOTS:_}]. Got {shots!r}.")
    for pub in pubs:
        check_table(pub)
        _check_gates(pub.circuit, target)
        _check_angles(pub, target)
        if measured and "measure" not in pub.circuit.count_ops():
            raise BackendError(
                "A circuit must measure at least one qubit into a classical bit. It measures none."
            )


def check_start(kind: str, executor: Executor) -> None:
    """Refuse states of a kind that circuits cannot start from on an executor.

    Raises:
        BackendError: if they cannot.
    """
    if not (isinstance(executor, Starting) and kind in executor.starts):
        raise BackendError(
            f"The model's samples are {kind} states, which no circuit here prepares; a state cannot be sent to "
            f"{executor.name}.",
            fix="give the samples as circuits, see docs/quantum_data.md, take the backend local:<fake> or aer, or "
            "predict without --backend.",
        )


def check_table(pub: Pub) -> None:
    """Refuse parameters that are not finite, or not as many as the circuit has.

    Raises:
        BackendError: if they are.
    """
    shape, wanted = np.shape(pub.parameters), pub.circuit.num_parameters
    if len(shape) != 2 or shape[0] < 1 or shape[1] != wanted or not np.isfinite(pub.parameters).all():
        raise BackendError(
            f"The parameters of a job must be finite, 1 or more rows of {wanted}. Got {shape}."
        )


def _check_gates(circuit: QuantumCircuit, target: Target) -> None:
    if circuit.num_qubits != target.num_qubits:
        raise BackendError(
            f"A circuit must have the {target.num_qubits} qubits of the backend. Got {circuit.num_qubits}."
        )
    for instruction in circuit.data:
        name = instruction.operation.name
        places = tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        if name != "barrier" and not target.instruction_supported(name, places):
            raise BackendError(f"The backend cannot run '{name}' on qubits {places}.")


def _check_angles(pub: Pub, target: Target) -> None:
    """Refuse an angle outside the bounds that the target has for its gate."""
    if not target.has_angle_bounds():
        return
    from qcsearch.devices.transpile.angles import values_of  # where it is needed: it brings the transpiler

    for step in pub.circuit.data:
        name = step.operation.name
        if not (name in target.operation_names and target.gate_has_angle_bounds(name)):
            continue
        found = [values_of(angle, pub.circuit, pub.parameters) for angle in step.operation.params]
        for angles in set(zip(*np.broadcast_arrays(*found), strict=True)):
            near = ([float(angle) + slack for angle in angles] for slack in (0.0, _SLACK, -_SLACK))
            if not any(target.supported_angle_bound(name, some) for some in near):
                shown = ", ".join(f"{angle:.6g}" for angle in angles)
                raise BackendError(f"The backend runs '{name}' for some angles only. Got {shown}.")
