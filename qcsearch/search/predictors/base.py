"""What a predictor is: a number that a circuit earns before it is trained, and what it may look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from qcsearch.circuits.observables import parse
from qcsearch.errors import SpaceError
from qcsearch.registry import Registry
from qcsearch.simulation import Program, compile_circuit
from qcsearch.simulation.states import pauli_strings, pauli_vectors
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["PREDICTORS", "Predictor", "PredictorInput"]


class Predictor(Protocol):
    """A training-free figure of an untrained candidate.

    A predictor is built from its settings alone and keeps no state; the same input gives the same number.

    Attributes:
        higher_is_better: whether more of it promises a better model.
    """

    higher_is_better: bool

    def __call__(self, inputs: PredictorInput) -> float:
        """Return the figure.

        Raises:
            InputError: if it is not defined for this circuit or these data.
        """
        ...


PREDICTORS: Registry[Predictor] = Registry("qcsearch.predictors", SpaceError, needs=("higher_is_better",))
"""All predictors by name; plugins add theirs in the entry-point group `qcsearch.predictors`."""


@dataclass(frozen=True, eq=False)
class PredictorInput:
    """A transpiled candidate and the samples that it is to learn.

    Attributes:
        transpiled: the candidate on its device.
        X: features of the circuit, `(n, n_derived)`, of the training part: `transpiled.derive` of its angles.
        y: class numbers `(n,)`.
        seed: words of the seed sequence that random draws come from.
    """

    transpiled: TranspiledCandidate
    X: Floats
    y: Ints
    seed: tuple[int, ...] = (0,)

    def rng(self) -> np.random.Generator:
        """A generator at its start: each predictor draws from one of its own."""
        return np.random.default_rng(self.seed)

    def weights(self, n: int, rng: np.random.Generator) -> Floats:
        """Random weights `(n, n_weights)`, uniform in [0, 2π)."""
        return rng.uniform(0.0, 2.0 * np.pi, (n, self.transpiled.n_weights))

    @cached_property
    def n_classes(self) -> int:
        """Number of classes in `y`."""
        return len(np.unique(self.y))

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """The mapped circuit's qubits that some observable reads, sorted."""
        candidate, layout = self.transpiled.candidate, self.transpiled.mapped.final_layout
        read = {q for label in candidate.observables for q in parse(label, candidate.n_qubits)}
        return tuple(sorted(layout[q] for q in read))

    def balanced(self, per_class: int, rng: np.random.Generator) -> Ints:
        """Rows of up to `per_class` random samples of each class, class by class."""
        rows = [np.flatnonzero(self.y == label) for label in np.unique(self.y)]
        return np.concatenate([rng.permutation(row)[:per_class] for row in rows])

    def states(self, X: Floats, W: Floats) -> Floats:
        """Noise-free reduced states of the measured qubits as Pauli vectors, `(len(W), len(X), 4^k)`.

        Raises:
            InputError: if more qubits are measured than a reduced state may have.
        """
        encoded = self._states.encode(X)
        return np.stack([pauli_vectors(self._states.values(encoded, w)) for w in W])

    @cached_property
    def _states(self) -> Program:
        transpiled = self.transpiled
        circuit = transpiled.mapped.circuit
        strings = pauli_strings(self.measured, circuit.num_qubits)
        return compile_circuit(circuit, None, strings, transpiled.inputs, transpiled.weights)
