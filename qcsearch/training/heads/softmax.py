"""One expectation value a class, times one inverse temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.training.expectations import Floats
from qcsearch.training.heads.base import HEADS, require_observables

__all__ = ["SoftmaxHead"]


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
        require_observables("softmax", n_observables, n_classes, n_classes)
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
