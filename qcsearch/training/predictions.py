"""What a model says of samples: its answers, and how sure it is of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from qcsearch.data.targets import Target
from qcsearch.training.expectations import Floats, Ints

__all__ = ["Predictions"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of samples.

    Attributes:
        answers: see `Target.answers`: of classes their numbers `(n_samples,)`, else `(n_samples, n_outputs)`.
        probabilities: of each class or label, `(n_samples, n_outputs)`; None of a model that has none.
    """

    answers: NDArray[Any]
    probabilities: Floats | None = None

    @classmethod
    def of_outputs(cls, target: Target, outputs: Floats, temperature: float = 1.0) -> Predictions:
        """What the outputs `(n_samples, n_outputs)` of a head say, divided by a temperature for the probabilities."""
        return cls(target.answers(outputs), target.probabilities(outputs / temperature))

    def __len__(self) -> int:
        return len(self.answers)

    def at(self, rows: Ints) -> Predictions:
        """The same of some of the samples."""
        chosen = None if self.probabilities is None else self.probabilities[rows]
        return Predictions(self.answers[rows], chosen)
