"""A head with its parameters: the one way from expectation values to outputs, probabilities and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.targets import Target
from qcsearch.training.expectations import Floats
from qcsearch.training.heads import Head, make_head

__all__ = ["BoundHead"]


@dataclass(frozen=True, eq=False)
class BoundHead:
    """A head whose parameters and target are given.

    Attributes:
        head: the function.
        parameters: `(n_head,)`.
        target: what its outputs are made for.
        temperature: what the logits are divided by to be probabilities, see `calibration`.
    """

    head: Head
    parameters: Floats
    target: Target
    temperature: float = 1.0

    @classmethod
    def of(
        cls, candidate: Candidate, parameters: Floats, target: Target, temperature: float = 1.0
    ) -> BoundHead:
        """The candidate's head with `parameters`."""
        return cls(make_head(candidate), parameters, target, temperature)

    def logits(self, values: Floats) -> Floats:
        """Outputs `(n_samples, n_outputs)` of expectation values `(n_samples, n_observables)`: of classes logits."""
        return self.head.logits(values, self.parameters, self.target.n_outputs)

    def figures(self, values: Floats) -> Floats:
        """What a prediction shows, `(n_samples, n_outputs)`: probabilities, or numbers in their own units."""
        return self.target.figures(self.logits(values) / self.temperature)

    def answers(self, values: Floats) -> NDArray[Any]:
        """What the outputs say: of classes their numbers `(n_samples,)`."""
        return self.target.answers(self.logits(values))

    def backward(self, values: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """Pull a derivative by the logits back to the values and to the parameters."""
        return self.head.backward(values, self.parameters, dlogits)

    def targets(self) -> Floats:
        """Ideal logits `(n_classes, n_classes)` for each class, for the mean squared error."""
        return self.head.targets(self.target.n_outputs)
