"""Aer's matrix-product state with the noise drawn at random, for circuits too wide for the exact engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.simulation.checks import check_features, check_weights
from qcsearch.simulation.reference.aer import AerProgram, _Expectations

__all__ = ["TrajectoryProgram"]

Floats = NDArray[np.float64]


class TrajectoryProgram(AerProgram):
    """A circuit simulated as a matrix-product state, many times with other noise; the interface of `Program`.

    Each trajectory takes one branch of every error; the mean over trajectories is an unbiased estimate of the
    exact value, so long as the bonds are wide enough. Readout errors are applied by formula, not drawn. Slow: one
    sample costs seconds a trajectory at 20 qubits and 6 layers, and a gradient two such runs an angle.

    Args:
        circuit: as for `compile_circuit`; resets are allowed too.
        noise_model: as for `compile_circuit`.
        observables: as for `compile_circuit`.
        features: parameters that take the columns of `X`.
        weights: parameters that are trained.
        trajectories: for each sample and each set of weights, at least 2; drawn anew each time.
        max_bond: dimension beyond which the bonds of the state are cut, or None. What is cut is in no error
            estimate.
        seed: of the trajectories.
        threads: that Aer may use.

    Raises:
        CircuitError: if an observable does not fit the circuit.
    """

    def __init__(
        self,
        circuit: QuantumCircuit,
        noise_model: Any,
        observables: Sequence[SparsePauliOp],
        features: Sequence[Parameter],
        weights: Sequence[Parameter],
        *,
        trajectories: int,
        max_bond: int | None = None,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        super().__init__(circuit, noise_model, observables, features, weights, seed=seed)
        self.threads = threads
        self.shots = trajectories
        self._meter = _EachShot(self._meter._operators)
        self._simulator.set_options(
            method="matrix_product_state",
            matrix_product_state_max_bond_dimension=max_bond,
            max_parallel_threads=threads,
        )

    def encode(self, X: ArrayLike) -> Floats:
        """The features, checked: nothing is simulated ahead. For mini-batches, index them.

        Raises:
            InputError: if the shape is wrong or a number is not finite.
        """
        return check_features(X, self.n_features)

    def error_estimate(self, X: ArrayLike, w: ArrayLike) -> Floats:
        """Standard errors `(n, n_observables)` of the means, from as many new trajectories as `values` draws.

        Errors of gates are rare, and what no trajectory has seen spreads nothing: no estimate is below what one more
        trajectory at the other end of the observable's range would change, `2 Σ|coefficient| / trajectories`.

        Args:
            X: features `(n, n_features)`.
            w: weights `(n_weights,)`.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        weights = check_weights(w, self.n_weights)
        rows = [np.concatenate([x, weights]) for x in check_features(X, self.n_features)]
        return super()._evaluate(self._circuit, self._parameters, rows)[:, 1]

    def _evaluate(self, circuit: QuantumCircuit, parameters: list[Parameter], rows: list[Floats]) -> Floats:
        return super()._evaluate(circuit, parameters, rows)[:, 0]


class _EachShot(_Expectations):
    """The expectation values of each trajectory: their mean and its standard error, `(2, n_observables)`."""

    def finish(self, circuit: QuantumCircuit) -> list[QuantumCircuit]:
        for number, operator in enumerate(self._operators):
            circuit.save_expectation_value(
                operator, range(circuit.num_qubits), label=str(number), pershot=True
            )
        return [circuit]

    def read(self, result: Any, first: int) -> Floats:
        data = result.data(first)
        found = np.array([np.real(data[str(number)]) for number in range(len(self._operators))])
        mean, n_runs = found.mean(axis=1), found.shape[1]
        if n_runs == 1:  # nothing is random: Aer ran once
            return np.stack([mean, np.zeros_like(mean)])
        scatter = found.std(axis=1, ddof=1) / np.sqrt(n_runs)
        unseen = [
            2 * np.abs(one.coeffs[one.paulis.x.any(1) | one.paulis.z.any(1)]).sum() for one in self._operators
        ]
        return np.stack([mean, np.maximum(scatter, np.array(unseen) / n_runs)])
