"""What a classifier says of samples: their classes, and how sure it is of each."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.training.bound_head import class_probabilities, predicted_classes
from qcsearch.training.expectations import Floats, Ints

__all__ = ["Predictions"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a classifier says of samples.

    Attributes:
        classes: class numbers `(n_samples,)`.
        probabilities: of each class, `(n_samples, n_classes)`; None of a model that has none.
    """

    classes: Ints
    probabilities: Floats | None = None

    @classmethod
    def of_logits(cls, logits: Floats, temperature: float = 1.0) -> Predictions:
        """What logits `(n_samples, n_classes)` say, divided by a temperature for the probabilities."""
        return cls(predicted_classes(logits), class_probabilities(logits / temperature))

    @classmethod
    def of_probabilities(cls, probabilities: Floats) -> Predictions:
        """What probabilities `(n_samples, n_classes)` say: of equals the first class."""
        return cls(predicted_classes(probabilities), probabilities)

    def __len__(self) -> int:
        return len(self.classes)

    def at(self, rows: Ints) -> Predictions:
        """The same of some of the samples."""
        chosen = None if self.probabilities is None else self.probabilities[rows]
        return Predictions(self.classes[rows], chosen)
