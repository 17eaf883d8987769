"""A classical observer's estimates are expectation values, with the error of so many shots."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SparsePauliOp, Statevector, random_statevector

from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.search.finish.local_observer import observed
from qcsearch.simulation.exact.kernels.pauli_vectors import pauli_vectors

N, SHOTS = 3, 20_000


def test_estimates_are_the_expectation_values_of_neighbouring_strings() -> None:
    states = [random_statevector(2**N, seed=seed) for seed in range(4)]
    rows = np.array([np.concatenate([state.data.real, state.data.imag]) for state in states])
    keys = sorted(
        (first, a + b)
        for first in range(N)
        for a in "XYZ"
        for b in ("", *"XYZ")
        if not (b and first == N - 1)
    )
    wanted = np.array([[_value(state, *key) for key in keys] for state in states])
    vectors = pauli_vectors(rows, range(N), N)
    for samples, given in (("pure", rows), ("mixed", vectors)):
        quantum = QuantumSamples.of(samples, N)
        found = observed(given, quantum, 2, SHOTS, np.random.default_rng(0))
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() < 5 / np.sqrt(SHOTS)
        few = observed(given, quantum, 2, 16, np.random.default_rng(0))
        assert np.abs(few - wanted).max() > 5 / np.sqrt(SHOTS)


def _value(state: Statevector, first: int, string: str) -> float:
    on = list(range(first, first + len(string)))
    return state.expectation_value(SparsePauliOp.from_sparse_list([(string, on, 1.0)], N)).real
