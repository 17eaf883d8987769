"""Aer's `EstimatorV2` and the parameter-shift rule, two circuits for each angle that holds a weight.

The circuit has only its active qubits, and one parameter for every angle; all samples and all shifts are one
PUB, so that Aer gets them in one call. Circuits run side by side, `threads` at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit_aer.primitives import EstimatorV2

from engine.cases import Case
from engine.gates import angles
from engine.runner import Runner

SHARE = {("W1", 4): 64, ("W1", 6): 16, ("W1", 8): 4, ("W2", 4): 8}
"""Samples that are run, by circuit and qubits."""

Floats = NDArray[np.float64]


def runners(case: Case, threads: int) -> Iterator[Runner]:
    """Angles bound before the run, and, on four qubits, where it is the faster way, while it runs."""
    for name, at_run_time in (("bound before", False), ("bound at run time", True)):
        if not at_run_time or case.n_qubits <= 4:
            start = time.perf_counter()
            share = case.first(SHARE[case.kind, case.n_qubits])
            shift = ParameterShift(share, estimator(case, threads, at_run_time))
            yield Runner(name, share, shift.step, (1e-9, 1e-7), time.perf_counter() - start)


def estimator(case: Case, threads: int, at_run_time: bool = False) -> EstimatorV2:
    """Exact expectation values from Aer's density matrix.

    Tried and slower or equal: all threads in one circuit, fusion off, fusion of more qubits.
    """
    options = {
        "method": "density_matrix",
        "noise_model": case.noise_model,
        "max_parallel_threads": threads,
        "max_parallel_experiments": threads,
        "runtime_parameter_bind_enable": at_run_time,
    }
    return EstimatorV2(options={"backend_options": options, "default_precision": 0.0})


class ParameterShift:
    """Values and gradient from an estimator."""

    def __init__(self, case: Case, estimator: EstimatorV2) -> None:
        self._case, self._estimator, self._angles = case, estimator, angles(case)
        self._circuit = _one_parameter_an_angle(case.circuit)
        read = self._angles
        self._trained = np.flatnonzero(np.any(read.by_weight != 0, axis=0) | (read.slope != 0))

    def step(self, w: Floats) -> tuple[Floats, Floats]:
        """Values `(n_samples, n_observables)` and gradient `(n_weights,)`."""
        X, cotangent = self._case.X, self._case.cotangent
        found = self._evaluate(self._shifted(self._angles.at(X, w)))
        values, up, down = found[:, 0], found[:, 1::2], found[:, 2::2]
        slopes = np.einsum("skq,sq->sk", (up - down) / 2, cotangent)
        return values, self._chain(slopes, X, len(w))

    def _shifted(self, angles: Floats) -> Floats:
        """Angles `(n_samples, 1 + 2 n_trained, n_angles)`: as they are, then each trained one ± π/2."""
        rows = np.repeat(angles[:, None], 1 + 2 * len(self._trained), axis=1)
        for k, position in enumerate(self._trained):
            rows[:, 1 + 2 * k, position] += np.pi / 2
            rows[:, 2 + 2 * k, position] -= np.pi / 2
        return rows

    def _evaluate(self, rows: Floats) -> Floats:
        observables = [[observable] for observable in self._case.observables]
        flat = rows.reshape(-1, rows.shape[-1])[None]
        found = self._estimator.run([(self._circuit, observables, flat)]).result()[0].data.evs
        return np.asarray(found).T.reshape(*rows.shape[:2], -1)

    def _chain(self, slopes: Floats, X: Floats, n_weights: int) -> Floats:
        """From derivatives by trained angles `(n_samples, n_trained)` to the gradient by weights."""
        read = self._angles
        gradient = read.by_weight[:, self._trained] @ slopes.sum(axis=0)
        for k, position in enumerate(self._trained):
            if read.slope[position]:
                along = slopes[:, k] @ X[:, read.feature[position]]
                gradient[read.weight[position]] += read.slope[position] * along
        return np.asarray(gradient)


def _one_parameter_an_angle(circuit: QuantumCircuit) -> QuantumCircuit:
    n_angles = sum(len(instruction.params) for instruction in circuit.data)
    parameters = iter(ParameterVector("angle", n_angles))
    free = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        if instruction.params:
            operation = operation.to_mutable()
            operation.params = [next(parameters)]
        free.append(operation, instruction.qubits)
    return free
