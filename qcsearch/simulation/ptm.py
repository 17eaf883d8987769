"""Pauli transfer matrices (PTM) and the action of Pauli rotations on Pauli strings.

Index of a Pauli string: base 4, qubit 0 the least significant digit, order I X Y Z; a PTM is
`R_ij = Tr(P_i E(P_j)) / 2^n`, real, and its row 0 is (1, 0, …, 0) because channels keep the trace.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "compose_factors",
    "from_superoperator",
    "from_unitary",
    "one_qubit_rotation",
    "rotation_pairs",
    "swapped",
    "two_qubit_rotation",
]

Matrix = NDArray[np.float64]

PAULIS = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]],
    dtype=np.complex128,
)


@cache
def strings(n_qubits: int) -> NDArray[np.complex128]:
    """All Pauli strings on `n_qubits`, `(4**n, 2**n, 2**n)`, in the order of the index."""
    result = np.ones((1, 1, 1), dtype=np.complex128)
    for _ in range(n_qubits):
        product = np.einsum("aij,bkl->abikjl", PAULIS, result)
        result = product.reshape(4 * len(result), 2 * result.shape[1], 2 * result.shape[2])
    return result


def from_unitary(unitary: NDArray[Any]) -> Matrix:
    """PTM of a unitary matrix `(2**n, 2**n)`, qubit 0 the least significant bit."""
    paulis = strings(len(unitary).bit_length() - 1)
    images = unitary @ paulis @ unitary.conj().T
    flat = images.transpose(0, 2, 1).reshape(len(paulis), -1)
    return np.ascontiguousarray((paulis.reshape(len(paulis), -1) @ flat.T).real / len(unitary))


def from_superoperator(superoperator: NDArray[Any]) -> Matrix:
    """PTM of a superoperator in Qiskit's convention (column-stacking), `(4**n, 4**n)`."""
    side = int(np.sqrt(len(superoperator)))
    columns = strings(side.bit_length() - 1).transpose(0, 2, 1).reshape(len(superoperator), -1)
    return np.ascontiguousarray((columns.conj() @ superoperator @ columns.T).real / side)


def compose_factors(probabilities: Matrix, factors: list[Matrix]) -> Matrix:
    """`Σ_k p_k (… ⊗ factors[1][k] ⊗ factors[0][k])`: a mixture of products of one-qubit channels.

    Args:
        probabilities: `(n_terms,)`.
        factors: one array `(n_terms, 4, 4)` a qubit, one or two qubits.
    """
    if len(factors) == 1:
        return np.asarray(np.einsum("k,kij->ij", probabilities, factors[0]))
    weighted = (probabilities[:, None, None] * factors[1]).reshape(len(probabilities), 16)
    product = weighted.T @ factors[0].reshape(len(probabilities), 16)
    return np.ascontiguousarray(product.reshape(4, 4, 4, 4).transpose(0, 2, 1, 3).reshape(16, 16))


def swapped(matrix: Matrix) -> Matrix:
    """The two-qubit PTM with its qubits exchanged."""
    return np.ascontiguousarray(matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16))


def one_qubit_rotation(axis: int, angle: float) -> Matrix:
    """PTM of `exp(-i angle P / 2)` on one qubit, P = X Y Z for axis 1 2 3."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    result = np.eye(4)
    result[p, p] = result[q, q] = np.cos(angle)
    result[q, p] = np.sin(angle)
    result[p, q] = -result[q, p]
    return result


def two_qubit_rotation(axes: tuple[int, int], angle: float) -> Matrix:
    """PTM of `exp(-i angle (Q ⊗ P) / 2)` on two qubits, P on the first; axes as in `one_qubit_rotation`."""
    result = np.eye(16)
    pairs = rotation_pairs(axes)[:8]
    p, q = pairs[::2], pairs[1::2]
    result[p, p] = result[q, q] = np.cos(angle)
    result[q, p] = np.sin(angle)
    result[p, q] = -np.sin(angle)
    return result


@lru_cache(maxsize=16)
def rotation_pairs(axes: tuple[int, int]) -> NDArray[np.int64]:
    """How a rotation about a two-qubit Pauli string acts on the 16 strings.

    With U = exp(-iθP/2), a string S that anticommutes with P goes to cos θ S + sin θ (iPS), so the strings
    form pairs (p, q) with `p' = c p − s q`, `q' = s p + c q` where iPp = −q.

    Args:
        axes: of the first and the second qubit, 1 2 3 for X Y Z.

    Returns:
        `(16,)`: p, q of four pairs, then the eight strings that commute with P.
    """
    paulis = strings(2)
    generator = paulis[axes[0] + 4 * axes[1]]
    pairs: list[int] = []
    still: list[int] = []
    for index, string in enumerate(paulis):
        image = 1j * (generator @ string)
        if np.allclose(generator @ string, string @ generator):
            still.append(index)
            continue
        overlaps = np.einsum("aij,ji->a", paulis, image).real / 4
        other = int(np.argmax(np.abs(overlaps)))
        if overlaps[other] < 0:
            pairs += [index, other]
    return np.array(pairs + still, dtype=np.int64)
