"""Ground states of spin chains, closed to rings, each with the phase that its parameters lie in, by closed forms.

A phase is that of the infinite chain. Parameters near a border are kept as they come: there a short ring's ground state
looks like either phase, and no model can be right of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from qcsearch.data.values import FloatArray, IntArray

__all__ = ["CHAINS", "Chain"]

_DENSE = 20
"""Basis states up to which all eigenvectors together are quicker than the lowest alone."""

Strings = tuple[str, ...]
"""Pauli strings on neighbours, each put on every place of the ring: `XZX` is Σ_j X_j Z_{j+1} X_{j+2}."""


@dataclass(frozen=True)
class Chain:
    """A Hamiltonian with parameters: `Σ_t c_t(p) Σ_j P_t,j`.

    Attributes:
        strings: the terms.
        coefficients: of the terms `(n, n_terms)`, of parameters `(n, n_parameters)`.
        phase: class numbers `(n,)` of parameters.
        phases: names of the phases.
        box: the least and the greatest value of each parameter.
        sector: `all`; or the states that are told to be the ground state where several are: those of no
            magnetisation (`zero`), or of even parity under a flip of all spins (`even`).
        even: whether the ring must have an even number of spins.
    """

    strings: Strings
    coefficients: Callable[[FloatArray], FloatArray]
    phase: Callable[[FloatArray], IntArray]
    phases: tuple[str, ...]
    box: tuple[tuple[float, float], ...]
    sector: str = "all"
    even: bool = True

    def draw(self, n_samples: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
        """Parameters and phases: equally many of each phase, within a phase evenly over the box."""
        low, high = np.transpose(self.box)
        wanted = np.full(len(self.phases), n_samples // len(self.phases))
        wanted[: n_samples % len(self.phases)] += 1
        kept: list[FloatArray] = []
        while wanted.any():
            parameters = rng.uniform(low, high, (4 * n_samples, len(low)))
            phases = self.phase(parameters)
            for number in range(len(self.phases)):
                some = parameters[phases == number][: wanted[number]]
                wanted[number] -= len(some)
                kept.append(some)
        chosen = rng.permutation(np.concatenate(kept))
        return chosen, self.phase(chosen)

    def ground_states(self, parameters: FloatArray, n_qubits: int) -> FloatArray:
        """Real amplitudes `(n, 2^n_qubits)` by exact diagonalisation, qubit 0 the lowest bit."""
        terms = [_ring(string, n_qubits) for string in self.strings]
        kept, lift = _sector(self.sector, n_qubits)
        small = [term[kept][:, kept] for term in terms]
        coefficients = self.coefficients(parameters)
        states = np.zeros((len(parameters), 2**n_qubits))
        start = np.random.default_rng(0).normal(size=len(kept))
        for row, some in enumerate(coefficients):
            hamiltonian = sum(c * term for c, term in zip(some, small, strict=True)) + lift
            states[row, kept] = _lowest(hamiltonian, start)
        return states


def _lowest(hamiltonian: Any, start: FloatArray) -> FloatArray:
    """The eigenvector of the lowest eigenvalue, its largest entry positive."""
    from scipy.sparse.linalg import eigsh

    if hamiltonian.shape[0] <= _DENSE:
        vector = np.linalg.eigh(hamiltonian.toarray())[1][:, 0]
    else:
        vector = eigsh(hamiltonian, 1, which="SA", v0=start)[1][:, 0]
    return np.asarray(vector * np.sign(vector[np.argmax(np.abs(vector))]))


def _sector(name: str, n_qubits: int) -> tuple[IntArray, Any]:
    """The basis states that are kept, and an energy that lifts what else is not wanted."""
    from scipy.sparse import csr_array, eye_array

    states = np.arange(2**n_qubits)
    if name == "zero":
        states = states[np.bitwise_count(states) * 2 == n_qubits]
    size = len(states)
    if name != "even":
        return states, csr_array((size, size))
    flip = csr_array((np.ones(size), (states, states ^ (size - 1))), (size, size))
    return states, 2.0 * (eye_array(size, format="csr") - flip)


@lru_cache(maxsize=32)
def _ring(string: str, n_qubits: int) -> Any:
    """Σ_j of a Pauli string on neighbours from place j on, a real sparse matrix; Y stands an even number of times."""
    from scipy.sparse import csr_array

    states, total = np.arange(2**n_qubits), csr_array((2**n_qubits, 2**n_qubits))
    for place in range(n_qubits):
        x = z = 0
        for step, letter in enumerate(string):
            bit = 1 << (place + step) % n_qubits
            x |= bit * (letter in "XY")
            z |= bit * (letter in "YZ")
        sign = (-1.0) ** (string.count("Y") // 2) * (1.0 - 2.0 * (np.bitwise_count(states & z) % 2))
        total = total + csr_array((sign, (states ^ x, states)), total.shape)
    return total


def _cluster_phase(parameters: FloatArray) -> IntArray:
    """By the zeros of f(z) = 1 + J1 z + J2 z² within the unit circle (Verresen, Moessner and Pollmann, 2017).

    None: trivial. One, real: f(1) < 0, antiferromagnetic, or f(−1) < 0, ferromagnetic. Two: symmetry-protected.
    """
    j1, j2 = parameters.T
    at_1, at_minus_1 = 1 + j1 + j2, 1 - j1 + j2
    one = at_1 * at_minus_1 < 0
    two = ~one & ((j2 > 1) | (at_1 < 0))
    return np.where(one, np.where(at_minus_1 < 0, 1, 2), np.where(two, 3, 0)).astype(np.int64)


def _between(*borders: float) -> Callable[[FloatArray], IntArray]:
    return lambda parameters: np.searchsorted(borders, parameters[:, 0]).astype(np.int64)


def _columns(*columns: float | Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray], FloatArray]:
    """Coefficients of the terms: constants, or functions of the parameters."""
    return lambda p: np.stack([c(p) if callable(c) else np.full(len(p), c) for c in columns], axis=1)


CHAINS: Mapping[str, Chain] = {
    # Σ Z_j − J1 X_j X_{j+1} − J2 X_{j−1} Z_j X_{j+1}: Caro et al., Nat. Commun. 13, 4919 (2022)
    "cluster": Chain(
        ("Z", "XX", "XZX"),
        _columns(1.0, lambda p: -p[:, 0], lambda p: -p[:, 1]),
        _cluster_phase,
        ("trivial", "ferromagnetic", "antiferromagnetic", "symmetry_protected"),
        ((-4.0, 4.0), (-4.0, 4.0)),
    ),
    # −Σ X_{j−1} Z_j X_{j+1} + λ Σ Y_j Y_{j+1}: Smacchia et al., Phys. Rev. A 84, 022304 (2011); border λ = 1
    "cluster_ising": Chain(
        ("XZX", "YY"),
        _columns(-1.0, lambda p: p[:, 0]),
        _between(1.0),
        ("symmetry_protected", "antiferromagnetic"),
        ((0.0, 2.0),),
    ),
    # Σ X_j X_{j+1} + Y_j Y_{j+1} + Δ Z_j Z_{j+1}: borders Δ = −1 and 1; without magnetisation
    "xxz": Chain(
        ("XX", "YY", "ZZ"),
        _columns(1.0, 1.0, lambda p: p[:, 0]),
        _between(-1.0, 1.0),
        ("ferromagnetic", "critical", "antiferromagnetic"),
        ((-3.0, 3.0),),
        sector="zero",
    ),
    # −Σ Z_j Z_{j+1} − g Σ X_j: border g = 1 (Pfeuty, 1970)
    "transverse_ising": Chain(
        ("ZZ", "X"),
        _columns(-1.0, lambda p: -p[:, 0]),
        _between(1.0),
        ("ferromagnetic", "paramagnetic"),
        ((0.0, 2.0),),
        sector="even",
        even=False,
    ),
}
"""Spin chains by the name of their generator."""
