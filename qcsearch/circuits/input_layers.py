"""Input layers: what stands between the preprocessed features and the encoding, trained with circuit and head.

A circuit between two trained classical layers is a dressed quantum circuit (Mari et al., Quantum 4, 340 (2020), arXiv
1912.08278). The layer behind it is a head; the one before it is an input layer. Its parameters are one flat vector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.candidate import UNDRESSED, Candidate
from qcsearch.errors import CandidateError
from qcsearch.registry import Registry

__all__ = ["INPUT_LAYERS", "MOST_PARAMETERS", "NO_LAYER", "InputLayer", "make_input_layer"]

Floats = NDArray[np.float64]

MOST_PARAMETERS = 100_000
"""Of a layer, counted before they are made."""

_MOST_A_QUBIT = 8


class InputLayer(Protocol):
    """A differentiable function of the preprocessed features, whose outputs the encoding takes for features."""

    def n_outputs(self, n_features: int, n_qubits: int) -> int:
        """Number of features that the encoding is given."""
        ...

    def n_parameters(self, n_features: int, n_qubits: int) -> int:
        """Length of the parameter vector; 0 for a layer that is not trained."""
        ...

    def initial(self, n_features: int, n_qubits: int, rng: np.random.Generator) -> Floats:
        """Parameters to start from, `(n_parameters,)`."""
        ...

    def outputs(self, X: Floats, parameters: Floats) -> Floats:
        """Angles `(n_samples, n_outputs)` of features `(n_samples, n_features)`, both in radians."""
        ...

    def backward(self, X: Floats, parameters: Floats, doutputs: Floats) -> Floats:
        """Pull a derivative by the outputs, `(n_samples, n_outputs)`, back to the parameters."""
        ...


INPUT_LAYERS: Registry[InputLayer] = Registry(
    "qcsearch.input_layers",
    CandidateError,
    needs=("n_outputs", "n_parameters", "initial", "outputs", "backward"),
)
"""All input layers by name; plugins add theirs in the entry-point group `qcsearch.input_layers`."""


def make_input_layer(candidate: Candidate) -> InputLayer:
    """The candidate's input layer.

    Raises:
        CandidateError: if there is none of this name, or it does not take these settings.
    """
    return INPUT_LAYERS.create(candidate.input_layer.name, candidate.input_layer.settings)


@INPUT_LAYERS.register(UNDRESSED.name)
@dataclass(frozen=True)
class NoLayer:
    """None: the encoding is given the preprocessed features themselves."""

    def n_outputs(self, n_features: int, n_qubits: int) -> int:
        """See `InputLayer`."""
        return n_features

    def n_parameters(self, n_features: int, n_qubits: int) -> int:
        """See `InputLayer`."""
        return 0

    def initial(self, n_features: int, n_qubits: int, rng: np.random.Generator) -> Floats:
        """See `InputLayer`."""
        return np.zeros(0)

    def outputs(self, X: Floats, parameters: Floats) -> Floats:
        """See `InputLayer`."""
        return X

    def backward(self, X: Floats, parameters: Floats, doutputs: Floats) -> Floats:
        """See `InputLayer`."""
        return np.zeros(0)


NO_LAYER = NoLayer()


@INPUT_LAYERS.register("tanh")
@dataclass(frozen=True)
class Tanh:
    """`π/2 · tanh(X @ W + b)`, as in the dressed circuits of Mari et al.; parameters are `W` row by row, then `b`.

    `W` starts normal with standard deviation 1/√n_features, so that a sum is about as wide as a feature (LeCun et al.,
    *Efficient BackProp*, 1998), and `b` at 0.

    Attributes:
        angles_per_qubit: outputs for each qubit of the circuit, from 1 to 8.
    """

    angles_per_qubit: int = 1

    def __post_init__(self) -> None:
        checks.integer("tanh", "angles_per_qubit", self.angles_per_qubit, 1, _MOST_A_QUBIT)

    def n_outputs(self, n_features: int, n_qubits: int) -> int:
        """See `InputLayer`."""
        return self.angles_per_qubit * n_qubits

    def n_parameters(self, n_features: int, n_qubits: int) -> int:
        """See `InputLayer`."""
        return (n_features + 1) * self.n_outputs(n_features, n_qubits)

    def initial(self, n_features: int, n_qubits: int, rng: np.random.Generator) -> Floats:
        """See `InputLayer`."""
        n_outputs = self.n_outputs(n_features, n_qubits)
        W = rng.normal(scale=1 / math.sqrt(n_features), size=n_features * n_outputs)
        return np.concatenate([W, np.zeros(n_outputs)])

    def outputs(self, X: Floats, parameters: Floats) -> Floats:
        """See `InputLayer`."""
        return np.asarray(np.pi / 2 * self._tanh(X, parameters))

    def backward(self, X: Floats, parameters: Floats, doutputs: Floats) -> Floats:
        """See `InputLayer`."""
        dsums = np.pi / 2 * doutputs * (1 - self._tanh(X, parameters) ** 2)
        return np.concatenate([(X.T @ dsums).ravel(), dsums.sum(axis=0)])

    def _tanh(self, X: Floats, parameters: Floats) -> Floats:
        *W, b = parameters.reshape(X.shape[1] + 1, -1)
        return np.asarray(np.tanh(X @ np.array(W) + b))
