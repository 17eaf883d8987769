"""States that a circuit starts from, a sample each: amplitudes and Pauli vectors, and the way between them.

A *pure* state of n qubits is a row of 2·2^n numbers: the real parts of its amplitudes, then the imaginary ones. A
*mixed* one is its Pauli vector: the 4^n values r_P = Tr(Pρ), P in base 4 with the digits I X Y Z, qubit 0 the lowest.

With x the bits that P flips and z those whose sign it looks at, `P|j⟩ = i^|x∧z| (−1)^(z·j) |j⊕x⟩`: a Pauli vector is,
for each x, the Walsh-Hadamard transform over j of ρ[j, j⊕x]. Its real part is even under j → j⊕x and its imaginary part
odd, so each reaches strings that the other does not: one real transform of their sum does for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "GROUND",
    "MIXED",
    "PURE",
    "amplitudes",
    "density_matrices",
    "pauli_bits",
    "paulis_of_densities",
    "reduced",
    "state_size",
]

Floats = NDArray[np.float64]

GROUND, PURE, MIXED = "ground", "pure", "mixed"
"""What a circuit starts from: |0…0⟩, or a state of each sample's own."""


def state_size(start: str, n_qubits: int) -> int:
    """Numbers of one sample's state of `n_qubits` qubits."""
    return int(2 * 2**n_qubits if start == PURE else 4**n_qubits)


def amplitudes(rows: Floats) -> NDArray[np.complex128]:
    """Amplitudes `(n_samples, 2^n)` of pure states as rows `(n_samples, 2·2^n)`."""
    half = rows.shape[1] // 2
    return np.asarray(rows[:, :half] + 1j * rows[:, half:])


def pauli_bits(n_qubits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each Pauli string the bits that it flips, and those whose sign it looks at, `(4^n,)` each."""
    x = z = np.zeros(1, dtype=np.int64)
    for qubit in range(n_qubits):
        x = (np.array([0, 1, 1, 0])[:, None] * 2**qubit + x).reshape(-1)
        z = (np.array([0, 0, 1, 1])[:, None] * 2**qubit + z).reshape(-1)
    return x, z


def paulis_of_densities(rho: NDArray[np.complex128]) -> Floats:
    """Pauli vectors `(n_samples, 4^n)` of density matrices `(n_samples, 2^n, 2^n)`."""
    j = np.arange(rho.shape[1])
    moved = rho[:, j, j[:, None] ^ j]
    return _transformed(moved.real + moved.imag)


def density_matrices(vectors: Floats) -> NDArray[np.complex128]:
    """Density matrices `(n_samples, 2^n, 2^n)` of Pauli vectors `(n_samples, 4^n)`: ρ = 2^−n Σ_P r_P P."""
    side = round(vectors.shape[1] ** 0.5)
    place, sign, odd = _places(side.bit_length() - 1)
    spread = np.zeros((len(vectors), side * side))
    spread[:, place] = vectors * sign
    even = np.ones(side * side)
    even[place[odd]] = 0.0
    turned = [
        _hadamard_transform((spread * part).reshape(-1, side, side)) / side for part in (even, 1.0 - even)
    ]
    j, rho = np.arange(side), np.empty((len(vectors), side, side), np.complex128)
    rho[:, j, j[:, None] ^ j] = turned[0] + 1j * turned[1]
    return rho


def reduced(qubits: Sequence[int]) -> NDArray[np.int64]:
    """Places, in the Pauli vector of all qubits, of the strings `(4^k,)` on `qubits` alone."""
    found = np.zeros(1, dtype=np.int64)
    for qubit in qubits:
        found = (np.arange(4)[:, None] * 4**qubit + found).reshape(-1)
    return found


def _transformed(total: NDArray[Any]) -> NDArray[Any]:
    """Pauli vectors of `Re + Im` of ρ[j, j⊕x], `(n_samples, 2^k, 2^k)` by x and j."""
    side = total.shape[1]
    place, sign, _ = _places(side.bit_length() - 1)
    found = np.take(_hadamard_transform(total).reshape(len(total), -1), place, axis=1)
    found *= sign.astype(total.dtype)
    return found


def _hadamard_transform(rows: NDArray[Any]) -> NDArray[Any]:
    """Along the last axis, in two factors: for 2^k numbers 2^(k/2) products a number, not 2^k."""
    low = 2 ** ((rows.shape[-1].bit_length() - 1) // 2)
    high = rows.shape[-1] // low
    first = (rows.reshape(-1, low) @ _hadamard(low).astype(rows.dtype)).reshape(-1, high, low)
    return np.asarray(np.matmul(_hadamard(high).astype(rows.dtype), first)).reshape(rows.shape)


@lru_cache(maxsize=16)
def _hadamard(side: int) -> Floats:
    j = np.arange(side)
    return np.asarray(np.where(np.bitwise_count(j[:, None] & j) % 2, -1.0, 1.0))


@lru_cache(maxsize=16)
def _places(k: int) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]:
    """For each string x·2^k + z, its sign ± from the power of i, and whether it looks at imaginary parts."""
    x, z = pauli_bits(k)
    y = np.bitwise_count(x & z)
    return x * 2**k + z, np.where((y + 1) // 2 % 2, -1.0, 1.0), np.asarray(y % 2 == 1)
