"""Heads: from expectation values to class logits, with derivatives.

A head's parameters are one flat vector and are trained together with the circuit's weights. Logits are
what `softmax` turns into probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.errors import CandidateError
from qcsearch.registry import Registry
from qcsearch.training.expectations import Floats

__all__ = [
    "HEADS",
    "Head",
    "Linear",
    "MultiLayerPerceptron",
    "NoHead",
    "SoftmaxHead",
    "bit_codes",
    "make_head",
    "n_head_parameters",
]


class Head(Protocol):
    """A small differentiable function from expectation values to logits."""

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """Length of the parameter vector.

        Raises:
            CandidateError: if the observables are too few for the classes.
        """
        ...

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """Parameters to start from, `(n_parameters,)`."""
        ...

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """Logits `(n_samples, n_classes)` of expectation values `(n_samples, n_observables)`."""
        ...

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """Pull a derivative by the logits back to the values and to the parameters."""
        ...

    def targets(self, n_classes: int) -> Floats:
        """Ideal logits `(n_classes, n_classes)` for each class, for the mean squared error."""
        ...


HEADS: Registry[Head] = Registry(
    "qcsearch.heads", CandidateError, needs=("n_parameters", "initial", "logits", "backward", "targets")
)


def make_head(candidate: Candidate) -> Head:
    """The candidate's head.

    Raises:
        CandidateError: if there is no such head, or it does not take these settings.
    """
    return HEADS.create(candidate.head.name, candidate.head.settings)


def n_head_parameters(candidate: Candidate, n_classes: int) -> int:
    """Number of parameters of the candidate's head for so many classes.

    Raises:
        CandidateError: as `make_head`, or if the candidate has too few observables for the classes.
    """
    return make_head(candidate).n_parameters(len(candidate.observables), n_classes)


def bit_codes(n_classes: int) -> Floats:
    """Signs `(n_classes, n_bits)` of each class's bits, least significant first: 0 is +1, 1 is −1."""
    n_bits = max(1, (n_classes - 1).bit_length())
    bits = (np.arange(n_classes)[:, None] >> np.arange(n_bits)) & 1
    return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)


def _need(name: str, n_observables: int, needed: int, n_classes: int) -> None:
    if n_observables < needed:
        raise CandidateError(
            f"The head '{name}' needs {needed} observables for {n_classes} classes. Got {n_observables}.",
            fix="measure more observables, or take the head 'linear'.",
        )


@HEADS.register("none")
@dataclass(frozen=True)
class NoHead:
    """No parameters: the signs of the first ⌈log2 C⌉ expectation values are the bits of the class.

    The logit of class `c` is `β Σ_b s_cb ⟨O_b⟩` with the signs `s_c` of its bits, so that the largest logit
    is the class whose signs agree best. The softmax of these logits treats the bits as independent, each with
    `P(bit = 0) = 1 / (1 + exp(-2β⟨O⟩))`; β = 1 is Born's rule `(1 + ⟨O⟩) / 2` to first order.

    Attributes:
        beta: fixed inverse temperature, > 0. Noise keeps expectation values from ±1, so with β = 1 the
            cross-entropy would spend itself on samples that are right already.
    """

    beta: float = 6.0

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"beta must be > 0, got {self.beta}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        _need("none", n_observables, bit_codes(n_classes).shape[1], n_classes)
        return 0

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        return np.zeros(0)

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        codes = bit_codes(n_classes)
        return np.asarray(self.beta * values[:, : codes.shape[1]] @ codes.T)

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        codes = bit_codes(dlogits.shape[1])
        dvalues = np.zeros_like(values)
        dvalues[:, : codes.shape[1]] = self.beta * dlogits @ codes
        return dvalues, np.zeros(0)

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        codes = bit_codes(n_classes)
        return np.asarray(self.beta * codes @ codes.T)


@HEADS.register("softmax")
@dataclass(frozen=True)
class SoftmaxHead:
    """The first C expectation values times one trainable inverse temperature β = `exp(parameter)`.

    Noise shrinks every expectation value; β gives back what the softmax needs.

    Attributes:
        beta: where β starts, > 0.
    """

    beta: float = 2.0

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"beta must be > 0, got {self.beta}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        _need("softmax", n_observables, n_classes, n_classes)
        return 1

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        return np.array([np.log(self.beta)])

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        return np.asarray(np.exp(parameters[0]) * values[:, :n_classes])

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        beta, n_classes = np.exp(parameters[0]), dlogits.shape[1]
        dvalues = np.zeros_like(values)
        dvalues[:, :n_classes] = beta * dlogits
        return dvalues, np.array([beta * np.sum(dlogits * values[:, :n_classes])])

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        return np.eye(n_classes)


@HEADS.register("linear")
@dataclass(frozen=True)
class Linear:
    """`logits = values @ W + b`; parameters are `W` row by row, then `b`.

    Expectation values under noise spread by a few tenths, so a good `W` has entries of several units. It
    starts small, normal with standard deviation `gain / √n_observables`, lest a wrong guess must be
    unlearned, and grows at `TrainingOptions.head_rate` times the step size of the circuit's weights.

    Attributes:
        gain: scale of the first `W`, > 0.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        if not self.gain > 0:
            raise ValueError(f"gain must be > 0, got {self.gain}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        return (n_observables + 1) * n_classes

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        W = rng.normal(scale=self.gain / np.sqrt(n_observables), size=n_observables * n_classes)
        return np.concatenate([W, np.zeros(n_classes)])

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        W, b = _matrix(parameters, values.shape[1], n_classes)
        return values @ W + b

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        W, _ = _matrix(parameters, values.shape[1], dlogits.shape[1])
        return dlogits @ W.T, np.concatenate([(values.T @ dlogits).ravel(), dlogits.sum(axis=0)])

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        return np.eye(n_classes)


@HEADS.register("mlp")
@dataclass(frozen=True)
class MultiLayerPerceptron:
    """`logits = tanh(values @ W1 + b1) @ W2 + b2`; parameters are `W1`, `b1`, `W2`, `b2`.

    Attributes:
        hidden: hidden units, ≥ 1.
        gain: scale of the first `W1`, as in `Linear`.
    """

    hidden: int = 8
    gain: float = 1.0

    def __post_init__(self) -> None:
        if not (isinstance(self.hidden, int) and self.hidden >= 1):
            raise ValueError(f"hidden must be an int >= 1, got {self.hidden}")
        if not self.gain > 0:
            raise ValueError(f"gain must be > 0, got {self.gain}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        return (n_observables + 1) * self.hidden + (self.hidden + 1) * n_classes

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        first = rng.normal(scale=self.gain / np.sqrt(n_observables), size=n_observables * self.hidden)
        second = rng.normal(scale=2.0 / np.sqrt(self.hidden), size=self.hidden * n_classes)
        return np.concatenate([first, np.zeros(self.hidden), second, np.zeros(n_classes)])

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        W2, b2 = _matrix(parameters[self._split(values) :], self.hidden, n_classes)
        return self._hidden(values, parameters) @ W2 + b2

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        W1, _ = _matrix(parameters, values.shape[1], self.hidden)
        W2, _ = _matrix(parameters[self._split(values) :], self.hidden, dlogits.shape[1])
        h = self._hidden(values, parameters)
        dh = (dlogits @ W2.T) * (1.0 - h**2)
        first = [(values.T @ dh).ravel(), dh.sum(axis=0)]
        return dh @ W1.T, np.concatenate([*first, (h.T @ dlogits).ravel(), dlogits.sum(axis=0)])

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        return np.eye(n_classes)

    def _split(self, values: Floats) -> int:
        return int(values.shape[1] + 1) * self.hidden

    def _hidden(self, values: Floats, parameters: Floats) -> Floats:
        W1, b1 = _matrix(parameters, values.shape[1], self.hidden)
        return np.asarray(np.tanh(values @ W1 + b1))


def _matrix(parameters: Floats, rows: int, columns: int) -> tuple[Floats, Floats]:
    """The matrix and the bias that stand first in `parameters`."""
    n = rows * columns
    return parameters[:n].reshape(rows, columns), parameters[n : n + columns]
