"""One expectation value a class, times one inverse temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qcsearch.training.expectations import Floats
from qcsearch.training.heads.base import HEADS, require_observables

__all__ = ["SoftmaxHead"]


@HEADS.register("softmax")
@dataclass(frozen=True)
class SoftmaxHead:
    """The first C expectation values times one inverse temperature β = `exp(parameter)`.

    Noise shrinks every expectation value; β gives back what the softmax needs. Where it is not trained, the head has
    no parameters: which of the first C expectation values is the largest is the class.

    Attributes:
        beta: where β starts, > 0.
        trainable: whether it is trained; if not, it stays there.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification", "multilabel")

    beta: float = 2.0
    trainable: bool = True

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"beta must be > 0, got {self.beta}")
        if not isinstance(self.trainable, bool):
            raise ValueError(f"trainable must be true or false, got {self.trainable!r}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        require_observables("softmax", n_observables, n_classes, n_classes)
        return int(self.trainable)

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        return np.full(int(self.trainable), np.log(self.beta))

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        return np.asarray(self._beta(parameters) * values[:, :n_classes])

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        beta, n_classes = self._beta(parameters), dlogits.shape[1]
        dvalues = np.zeros_like(values)
        dvalues[:, :n_classes] = beta * dlogits
        slope = beta * np.sum(dlogits * values[:, :n_classes])
        return dvalues, np.full(int(self.trainable), slope)

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        return np.eye(n_classes)

    def _beta(self, parameters: Floats) -> float:
        return float(np.exp(parameters[0])) if self.trainable else self.beta
