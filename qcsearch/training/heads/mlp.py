"""A perceptron with one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qcsearch.data.targets.base import TASKS
from qcsearch.training.expectations import Floats
from qcsearch.training.heads.base import HEADS
from qcsearch.training.heads.linear import split_layer

__all__ = ["MultiLayerPerceptron"]


@HEADS.register("mlp")
@dataclass(frozen=True)
class MultiLayerPerceptron:
    """`logits = tanh(values @ W1 + b1) @ W2 + b2`; parameters are `W1`, `b1`, `W2`, `b2`.

    Attributes:
        hidden: hidden units, ≥ 1.
        gain: scale of the first `W1`, as in `Linear`.
    """

    tasks: ClassVar[tuple[str, ...]] = TASKS

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
        W2, b2 = split_layer(parameters[self._split(values) :], self.hidden, n_classes)
        return self._hidden(values, parameters) @ W2 + b2

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        W1, _ = split_layer(parameters, values.shape[1], self.hidden)
        W2, _ = split_layer(parameters[self._split(values) :], self.hidden, dlogits.shape[1])
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
        W1, b1 = split_layer(parameters, values.shape[1], self.hidden)
        return np.asarray(np.tanh(values @ W1 + b1))
