"""Expectation values as so many shots would give them, drawn from the exact engine: no circuit is run shot by shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from qcsearch.circuits.bases import Basis, constant, measurement_bases
from qcsearch.simulation.states import basis_strings, distributions
from qcsearch.training.expectations import Floats
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["MOST_QUBITS", "sampled_values"]

MOST_QUBITS = 6
"""Of one basis, to draw its bits: the engine is asked for `2^k - 1` strings, 63 of them."""


def sampled_values(
    transpiled: TranspiledCandidate,
    weights: Floats,
    X: Floats,
    shots: int,
    rng: np.random.Generator,
    n_draws: int,
) -> Iterator[Floats]:
    """Yield the values `(n_samples, n_observables)` of one measurement after another, under the device's noise.

    A measurement takes `shots` bit strings in each basis of `measurement_bases`, as a deployment does. Where a basis
    reads `MOST_QUBITS` qubits or fewer they are drawn from their exact joint distribution, readout errors included, so
    means, variances `(1 − ⟨O⟩²)/S` and the covariances `(⟨O_i O_j⟩ − ⟨O_i⟩⟨O_j⟩)/S` of observables that share their
    shots are all exact. In a larger basis each observable is drawn from its own exact distribution, a binomial one,
    as if it had the shots for itself: what is lost there are the covariances.

    Args:
        transpiled: the candidate on its device; each of its observables is one Pauli string.
        weights: of the circuit, `(n_weights,)`.
        X: features of the circuit, `(n_samples, n_derived)`.
        shots: S, of each basis.
        rng: of the draws.
        n_draws: how many measurements.
    """
    observables = transpiled.observables
    bases = [_BasisReading.of(basis, len(observables)) for basis in measurement_bases(observables)]
    joint = [basis for basis in bases if len(basis.qubits) <= MOST_QUBITS]
    apart = sorted({term.observable for one in bases if one not in joint for term in one.basis.terms})
    asked = [*(string for one in joint for string in one.strings), *(observables[i] for i in apart)]
    constants = np.array([constant(operator) for operator in observables])
    if not asked:
        for _ in range(n_draws):
            yield np.tile(constants, (len(X), 1))
        return
    found = transpiled.program(asked).values(X, weights)
    ends = np.cumsum([len(one.strings) for one in joint])
    *parts, alone = np.split(found, ends, axis=1)
    chances = [_chances(part) for part in parts]
    for _ in range(n_draws):
        values = np.tile(constants, (len(X), 1))
        for one, p in zip(joint, chances, strict=True):
            values += rng.multinomial(shots, p) @ one.signs / shots
        values[:, apart] += 2.0 * rng.binomial(shots, np.clip((1.0 + alone) / 2.0, 0.0, 1.0)) / shots - 1.0
        yield values


@dataclass(frozen=True, eq=False)
class _BasisReading:
    """What the bits of one basis say of the observables.

    Attributes:
        basis: the axes and the terms.
        qubits: that a term touches; the first is the lowest bit of an outcome.
        n_observables: of the candidate.
    """

    basis: Basis
    qubits: tuple[int, ...]
    n_observables: int

    @classmethod
    def of(cls, basis: Basis, n_observables: int) -> _BasisReading:
        touched = {qubit for term in basis.terms for qubit in term.support}
        return cls(basis, tuple(sorted(touched)), n_observables)

    @property
    def strings(self) -> list[SparsePauliOp]:
        """The observables of the distribution over its outcomes."""
        return basis_strings(self.basis.axes, self.qubits) if self.qubits else []

    @property
    def signs(self) -> Floats:
        """What each outcome adds to each observable, `(2^k, n_observables)`."""
        outcomes = np.arange(2 ** len(self.qubits))
        found = np.zeros((len(outcomes), self.n_observables))
        for term in self.basis.terms:
            places = [self.qubits.index(qubit) for qubit in term.support]
            odd = np.bitwise_xor.reduce([(outcomes >> place) & 1 for place in places])
            found[:, term.observable] += term.coefficient * (1.0 - 2.0 * odd)
        return found


def _chances(values: Floats) -> Floats:
    """Probabilities of the outcomes, free of what rounding left below 0."""
    found = np.maximum(distributions(values), 0.0)
    total: Floats = found / found.sum(axis=1, keepdims=True)
    return total
