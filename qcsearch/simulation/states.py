"""States through their expectation values: reduced states, overlaps, purities, output distributions.

A state of `k` qubits is its Pauli vector, `(4^k,)` expectation values r_P = Tr(Pρ); the first, of the identity, is 1.
So whatever gives expectation values gives states, without shots: Tr(ρσ) = Σ_P r_P s_P / 2^k. A distribution over
the `2^k` outcomes of a measurement is the Walsh-Hadamard transform of the Z strings alone. Where the values carry
readout errors, so do states and distributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import hadamard

from qcsearch.errors import InputError

__all__ = [
    "MAX_STATE_QUBITS",
    "basis_strings",
    "distributions",
    "overlaps",
    "pauli_strings",
    "pauli_vectors",
    "purities",
    "total_variation",
    "z_strings",
]

Floats = NDArray[np.float64]

MAX_STATE_QUBITS = 5
"""A reduced state of more qubits is more than a thousand observables."""


def pauli_strings(qubits: Sequence[int], n_qubits: int) -> list[SparsePauliOp]:
    """The observables of a reduced state: all Pauli strings on `qubits` but the identity, `4^k - 1` of them.

    Args:
        qubits: whose state it is; the first is the least significant digit.
        n_qubits: of the circuit.

    Raises:
        InputError: for no qubit, more than `MAX_STATE_QUBITS`, or one that is not there.
    """
    chosen = _checked(qubits, n_qubits, MAX_STATE_QUBITS)
    return _strings(["IXYZ"] * len(chosen), chosen, n_qubits)


def z_strings(qubits: Sequence[int], n_qubits: int) -> list[SparsePauliOp]:
    """The observables of a distribution: all Z strings on `qubits` but the identity, `2^k - 1` of them.

    Args:
        qubits: that are measured; the first is the least significant bit.
        n_qubits: of the circuit.

    Raises:
        InputError: for no qubit, more than twice `MAX_STATE_QUBITS`, or one that is not there.
    """
    return basis_strings("Z" * n_qubits, qubits)


def basis_strings(axes: str, qubits: Sequence[int]) -> list[SparsePauliOp]:
    """The same of a measurement along other axes: all strings of one basis on `qubits` but the identity.

    Args:
        axes: `X`, `Y` or `Z` for each qubit of the circuit, qubit 0 first.
        qubits: that are measured; the first is the least significant bit.

    Raises:
        InputError: as `z_strings`.
    """
    chosen = _checked(qubits, len(axes), 2 * MAX_STATE_QUBITS)
    return _strings([f"I{axes[qubit]}" for qubit in chosen], chosen, len(axes))


def pauli_vectors(values: Floats) -> Floats:
    """Pauli vectors `(n, 4^k)` of the values `(n, 4^k - 1)` of `pauli_strings`."""
    return np.concatenate([np.ones((len(values), 1)), values], axis=1)


def distributions(values: Floats) -> Floats:
    """Probabilities `(n, 2^k)` of the outcomes, from the values `(n, 2^k - 1)` of `z_strings` or `basis_strings`.

    `p_b = 2^-k Σ_s (-1)^(s·b) ⟨Z_s⟩`; outcome `b` has the bit of the first qubit as its lowest.
    """
    vectors = pauli_vectors(values)
    size = vectors.shape[1]
    result: Floats = vectors @ hadamard(size) / size
    return result


def overlaps(states: Floats, others: Floats | None = None) -> Floats:
    """Tr(ρ_i σ_j), `(n, m)`, of Pauli vectors `(n, 4^k)` and `(m, 4^k)`; with themselves if there are no others."""
    result: Floats = states @ (states if others is None else others).T / np.sqrt(states.shape[1])
    return result


def purities(states: Floats) -> Floats:
    """Tr(ρ²), `(n,)`, of Pauli vectors `(n, 4^k)`."""
    result: Floats = np.sum(states * states, axis=1) / np.sqrt(states.shape[1])
    return result


def total_variation(p: Floats, q: Floats) -> Floats:
    """Total variation distances `(n,)` of distributions `(n, outcomes)`: half the sum of differences, in [0, 1]."""
    result: Floats = np.abs(p - q).sum(axis=1) / 2
    return result


def _strings(letters: Sequence[str], qubits: list[int], n_qubits: int) -> list[SparsePauliOp]:
    """All but the first of the strings that have one of its `letters` on each qubit."""
    observables = []
    for string in list(product(*reversed(letters)))[1:]:
        label = ["I"] * n_qubits
        for qubit, letter in zip(qubits, reversed(string), strict=True):
            label[n_qubits - 1 - qubit] = letter
        observables.append(SparsePauliOp("".join(label)))
    return observables


def _checked(qubits: Sequence[int], n_qubits: int, most: int) -> list[int]:
    chosen = list(qubits)
    if not 1 <= len(chosen) <= most:
        raise InputError(
            f"A state must be of 1 to {most} qubits. Got {len(chosen)}.", fix="measure fewer qubits."
        )
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(range(n_qubits)):
        raise InputError(f"The qubits of a state must be different ones of {n_qubits}. Got {chosen}.")
    return chosen
