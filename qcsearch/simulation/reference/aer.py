"""Aer behind the interface of the exact engine: the referee, and the way to shots.

Slow by nature: one simulation for every sample, set of weights and shift. The circuit is cut down to its
active qubits first, because on a wide circuit Aer's saved expectation values are wrong (0.17–0.18).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import PauliList, SparsePauliOp
from qiskit_aer import AerSimulator

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation.angles import AngleReader
from qcsearch.simulation.checks import check_cotangent, check_features, check_weights
from qcsearch.simulation.exact.runtime.program import Cotangent
from qcsearch.simulation.noise import Noise, cut
from qcsearch.simulation.observables import Observable, read_observables
from qcsearch.simulation.occurrences import Occurrences, occurrences

__all__ = ["AerProgram"]

Floats = NDArray[np.float64]


class AerProgram:
    """A circuit simulated by Aer, sample by sample; the interface of `Program`.

    Args:
        circuit: as for `compile_circuit`; resets are allowed too.
        noise_model: as for `compile_circuit`.
        observables: as for `compile_circuit`.
        features: parameters that take the columns of `X`.
        weights: parameters that are trained.
        shots: None for exact values from the density matrix, with readout errors by formula; else
            measurements, for each sample and each group of Pauli strings that commute qubit by qubit.
        seed: of the shots.

    Raises:
        CircuitError: if an observable does not fit the circuit.
        InputError: if `shots` is neither None nor a positive int.
    """

    def __init__(
        self,
        circuit: QuantumCircuit,
        noise_model: Any,
        observables: Sequence[SparsePauliOp],
        features: Sequence[Parameter],
        weights: Sequence[Parameter],
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> None:
        if shots is not None and (not isinstance(shots, int) or isinstance(shots, bool) or shots < 1):
            raise InputError(
                f"The 'shots' parameter of AerProgram must be None or an int of at least 1. Got {shots!r}."
            )
        self.n_qubits = circuit.num_qubits
        self.n_features, self.n_weights, self.n_observables = (
            len(features),
            len(weights),
            len(observables),
        )
        self.shots = shots
        AngleReader(features, weights)  # refuses a parameter that stands twice, before anything is run
        self._parameters = [*features, *weights]
        self._rng = np.random.default_rng(seed)
        noise = Noise(None if shots is not None else noise_model)
        read = read_observables(observables, circuit.num_qubits, noise)
        active = sorted(_active(circuit).union(*(_qubits(one) for one in read))) or [0]
        self._circuit, model = cut(circuit, noise_model, active)
        operators = [_operator(one, active) for one in read]
        self._meter = _Expectations(operators) if shots is None else _Counts(operators, shots)
        self._simulator = AerSimulator(method="density_matrix", noise_model=model, max_parallel_threads=1)

    def values(self, X: ArrayLike, w: ArrayLike) -> Floats:
        """Expectation values `(n, n_observables)`.

        Args:
            X: features `(n, n_features)`.
            w: weights `(n_weights,)`.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        found: Floats = self.values_many(X, np.asarray(w)[None])[0]
        return found

    def values_many(self, X: ArrayLike, W: ArrayLike) -> Floats:
        """Expectation values `(k, n, n_observables)` for `k` sets of weights `(k, n_weights)`, in one job."""
        features = check_features(X, self.n_features)
        weights = [check_weights(w, self.n_weights) for w in np.asarray(W)]
        rows = [np.concatenate([x, w]) for w in weights for x in features]
        return self._evaluate(self._circuit, self._parameters, rows).reshape(len(weights), len(features), -1)

    def value_and_gradient(self, X: ArrayLike, w: ArrayLike, cotangent: Cotangent) -> tuple[Floats, Floats]:
        """Values `(n, n_observables)` and the gradient `(n_weights,)` of `Σ cotangent · values`.

        By parameter shift: every occurrence of a trained angle is shifted by ±π/2 (Schuld et al., Phys.
        Rev. A 99, 032331, 2019), and the chain rule leads from the angle to the weights, sample by sample.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
            CircuitError: if a trained angle is in a gate that is no Pauli rotation.
        """
        features, weights = (
            check_features(X, self.n_features),
            check_weights(w, self.n_weights),
        )
        rule = self._occurrences
        rows = [np.concatenate([x, weights, move]) for move in rule.moves for x in features]
        found = self._evaluate(rule.circuit, [*self._parameters, *rule.shifts], rows)
        found = found.reshape(len(rule.moves), len(features), self.n_observables)
        slopes = check_cotangent(cotangent(found[0]) if callable(cotangent) else cotangent, found[0].shape)
        return found[0], rule.gradient(features, found, slopes)

    @cached_property
    def _occurrences(self) -> Occurrences:
        features, weights = self._parameters[: self.n_features], self._parameters[self.n_features :]
        # A referee must be exact whatever the noise between two rotations: nothing is merged.
        return occurrences(self._circuit, features, weights, merge=False)

    def _evaluate(self, circuit: QuantumCircuit, parameters: list[Parameter], rows: list[Floats]) -> Floats:
        """Values of one circuit for rows of numbers, `(n_rows, n_observables)`."""
        used = circuit.parameters
        unknown = sorted(parameter.name for parameter in used if parameter not in set(parameters))
        if unknown:
            raise CircuitError(
                f"Every parameter must be in 'features' or 'weights'. Got {', '.join(unknown)}."
            )
        jobs: list[QuantumCircuit] = []
        for row in rows:
            numbers = {p: value for p, value in zip(parameters, row, strict=True) if p in used}
            jobs += self._meter.finish(circuit.assign_parameters(numbers))
        result = self._simulator.run(
            jobs, shots=self.shots, seed_simulator=int(self._rng.integers(2**31))
        ).result()
        if not result.success:
            raise CircuitError(f"Aer could not run the circuit: {result.status}.")
        step = len(jobs) // len(rows)
        return np.array([self._meter.read(result, step * number) for number in range(len(rows))])


class _Expectations:
    """Exact: one saved expectation value an observable."""

    def __init__(self, operators: list[SparsePauliOp]) -> None:
        self._operators = operators

    def finish(self, circuit: QuantumCircuit) -> list[QuantumCircuit]:
        for number, operator in enumerate(self._operators):
            circuit.save_expectation_value(operator, range(circuit.num_qubits), label=str(number))
        return [circuit]

    def read(self, result: Any, first: int) -> Floats:
        data = result.data(first)
        return np.array([float(np.real(data[str(number)])) for number in range(len(self._operators))])


class _Counts:
    """Shots: a circuit for each group of strings that commute qubit by qubit, rotated to factors Z."""

    def __init__(self, operators: list[SparsePauliOp], shots: int) -> None:
        labels = sorted({label for operator in operators for label in operator.paulis.to_labels()})
        self._groups = PauliList(labels).group_qubit_wise_commuting()
        self._operators = operators
        self._shots = shots

    def finish(self, circuit: QuantumCircuit) -> list[QuantumCircuit]:
        return [self._measured(circuit, group) for group in self._groups]

    def _measured(self, circuit: QuantumCircuit, group: PauliList) -> QuantumCircuit:
        circuit = circuit.copy()
        for qubit in range(circuit.num_qubits):
            if group.x[:, qubit].any():
                rotation = _FROM_Y if group.z[:, qubit][group.x[:, qubit]].any() else _FROM_X
                circuit.unitary(rotation, [qubit])
        circuit.measure_all()
        return circuit

    def read(self, result: Any, first: int) -> Floats:
        means: dict[str, float] = {}
        for number, group in enumerate(self._groups):
            counts = result.get_counts(first + number)
            bits = np.array([[int(bit) for bit in reversed(key)] for key in counts], dtype=np.int64)
            weights = np.array(list(counts.values())) / self._shots
            for label, mask in zip(group.to_labels(), group.x | group.z, strict=True):
                means[label] = float(weights @ (1 - 2 * (bits[:, mask].sum(axis=1) % 2)))
        return np.array(
            [
                sum(float(c.real) * means[label] for label, c in operator.to_list())
                for operator in self._operators
            ]
        )


_FROM_X = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
_FROM_Y = np.array([[1, -1j], [1, 1j]]) / np.sqrt(2)


def _active(circuit: QuantumCircuit) -> set[int]:
    numbers = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    idle = ("barrier", "measure", "delay", "id")
    return {
        numbers[qubit]
        for instruction in circuit.data
        if instruction.name not in idle
        for qubit in instruction.qubits
    }


def _qubits(observable: Observable) -> set[int]:
    return {qubit for factors in observable.terms for qubit, _ in factors}


def _operator(observable: Observable, active: list[int]) -> SparsePauliOp:
    """The observable on the active qubits."""
    place = {qubit: index for index, qubit in enumerate(active)}
    terms = [
        (
            "".join("IXYZ"[digit] for _, digit in factors),
            [place[qubit] for qubit, _ in factors],
            value,
        )
        for factors, value in observable.terms.items()
    ]
    return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=len(active))
