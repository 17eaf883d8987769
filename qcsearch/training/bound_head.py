"""A head with its parameters: the one way from expectation values to logits, probabilities and classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from qcsearch.candidate.candidate import Candidate
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads import Head, make_head

__all__ = ["BoundHead", "class_probabilities", "predicted_classes"]


def predicted_classes(logits: Floats) -> Ints:
    """Class numbers `(n_samples,)` of logits or probabilities `(n_samples, n_classes)`: of equals the first."""
    return np.asarray(np.argmax(logits, axis=1), dtype=np.int64)


def class_probabilities(logits: Floats) -> Floats:
    """Probabilities `(n_samples, n_classes)` of logits of the same shape: their softmax."""
    return np.asarray(softmax(logits, axis=1))


@dataclass(frozen=True, eq=False)
class BoundHead:
    """A head whose parameters and number of classes are given.

    Attributes:
        head: the function.
        parameters: `(n_head,)`.
        n_classes: columns of its logits.
        temperature: what the logits are divided by to be probabilities, see `calibration`.
    """

    head: Head
    parameters: Floats
    n_classes: int
    temperature: float = 1.0

    @classmethod
    def of(
        cls, candidate: Candidate, parameters: Floats, n_classes: int, temperature: float = 1.0
    ) -> BoundHead:
        """The candidate's head with `parameters`."""
        return cls(make_head(candidate), parameters, n_classes, temperature)

    def logits(self, values: Floats) -> Floats:
        """Logits `(n_samples, n_classes)` of expectation values `(n_samples, n_observables)`."""
        return self.head.logits(values, self.parameters, self.n_classes)

    def probabilities(self, values: Floats) -> Floats:
        """Probabilities `(n_samples, n_classes)`: the softmax of the logits over the temperature."""
        return class_probabilities(self.logits(values) / self.temperature)

    def classes(self, values: Floats) -> Ints:
        """Class numbers `(n_samples,)`: of the largest logit, of equals the first."""
        return predicted_classes(self.logits(values))

    def backward(self, values: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """Pull a derivative by the logits back to the values and to the parameters."""
        return self.head.backward(values, self.parameters, dlogits)

    def targets(self) -> Floats:
        """Ideal logits `(n_classes, n_classes)` for each class, for the mean squared error."""
        return self.head.targets(self.n_classes)
