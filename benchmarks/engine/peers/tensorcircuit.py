"""TensorCircuit-NG's density matrix with JAX: jit, vmap over samples, value_and_grad, single precision.

The network is of superoperators (`DMCircuit2`), which is faster than a sum over Kraus operators. Two forms of it,
both faster than gate by gate: *fused*, what stands on one qubit between two-qubit gates is one superoperator;
*absorbed*, that superoperator is part of the next two-qubit gate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
import tensorcircuit as tc

from engine.cases import Case
from engine.gates import Gate, angles, gates
from engine.jax_step import jax_step
from engine.runner import Runner

tc.set_backend("jax")
tc.set_dtype("complex64")

FORMS = {4: ("fused", "absorbed"), 6: ("absorbed",), 8: ("absorbed",)}
"""What is measured, by qubits: on six the fused form is 1.6 times slower, on eight 50 times."""

BLOCK = {4: 1024, 6: 64, 8: 64}
"""Samples at a time, by qubits: larger blocks are slower on six and eight."""


def runners(case: Case, threads: int) -> Iterator[Runner]:
    """One a form."""
    for form in FORMS[case.n_qubits]:
        start = time.perf_counter()
        block = min(BLOCK[case.n_qubits], len(case.X))
        step = jax_step(case, _Values(case, absorb=form == "absorbed"), block)
        name = f"{form}, blocks of {block}"
        yield Runner(name, case, step, (1e-4, 1e-4), time.perf_counter() - start)


class _Circuit(tc.DMCircuit2):
    """With superoperators given as tensors: legs ket out, bra out, ket in, bra in."""

    def superoperator(self, tensor: Any, *qubits: int) -> None:
        """Append one; as `apply_general_kraus` does, which takes Kraus operators."""
        node, k = tc.gates.Gate(tensor), len(qubits)
        for i, q in enumerate(qubits):
            for shift, front in ((0, q), (k, q + self._nqubits)):
                node.get_edge(2 * k + shift + i) ^ self._front[front]
                self._front[front] = node.get_edge(shift + i)
        self._nodes.append(node)
        self.state_tensor = None


class _Values:
    """From features and weights of one sample to its values, for JAX to trace."""

    def __init__(self, case: Case, *, absorb: bool) -> None:
        self._n_qubits, self._absorb = case.n_qubits, absorb
        self._angles, self._gates = angles(case), [(gate, _superoperator(gate)) for gate in gates(case)]

    def __call__(self, x: Any, w: Any) -> Any:
        at = self._angles.at(x, w)
        circuit = _Circuit(self._n_qubits)
        waiting: dict[int, Any] = {}
        for gate, fixed in self._gates:
            matrix = _turn(at[gate.angle]) if gate.angle is not None else jnp.asarray(fixed)
            if len(gate.qubits) == 1:
                before = waiting.get(gate.qubits[0])
                waiting[gate.qubits[0]] = matrix if before is None else matrix @ before
                continue
            pending = [(i, q, _legs(waiting.pop(q), 1)) for i, q in enumerate(gate.qubits) if q in waiting]
            tensor = _legs(matrix, 2)
            for i, q, one in pending:
                if self._absorb:
                    tensor = jnp.tensordot(tensor, one, axes=((4 + i, 6 + i), (0, 1)))
                    tensor = jnp.moveaxis(tensor, (-2, -1), (4 + i, 6 + i))
                else:
                    circuit.superoperator(one, q)
            circuit.superoperator(tensor, *gate.qubits)
        for q, matrix in waiting.items():
            circuit.superoperator(_legs(matrix, 1), q)
        values = [circuit.expectation((tc.gates.z(), [q])) for q in range(self._n_qubits)]
        return jnp.real(jnp.stack(values))


def _turn(angle: Any) -> Any:
    """Superoperator of rz; rows and columns are 2·bra + ket."""
    return jnp.diag(jnp.exp(1j * jnp.array([0, 1, -1, 0]) * angle).astype(jnp.complex64))


def _superoperator(gate: Gate) -> Any:
    """Of a gate and its error, in Qiskit's order of columns stacked; None for rz."""
    return None if gate.angle is not None else gate.noisy.data.astype(np.complex64)


def _legs(matrix: Any, k: int) -> Any:
    """A tensor of two dimensions a leg: ket out, bra out, ket in, bra in, first qubit first."""
    order = [*range(k, 2 * k)][::-1] + [*range(k)][::-1]
    return matrix.reshape((2,) * (4 * k)).transpose(order + [2 * k + leg for leg in order])
