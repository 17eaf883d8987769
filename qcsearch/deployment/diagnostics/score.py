"""Scores with their error bars, so that two of them can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from qcsearch.deployment.values import Estimates
from qcsearch.storage.canonical import Json
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Floats, Ints

__all__ = ["Score", "exact_score", "measured_score", "probability_errors"]

_DRAWS = 200
"""Draws behind an error bar: it is then known to 5 % of itself, 1/√(2·200)."""


@dataclass(frozen=True)
class Score:
    """An accuracy and how far it may be off.

    Attributes:
        accuracy: share of samples whose class is predicted, in [0, 1].
        n_samples: number of samples that it was judged on.
        sampling_error: standard error from the finite number of samples.
        shot_error: standard deviation that the shots leave; None for the exact engine, which takes none.
    """

    accuracy: float
    n_samples: int
    sampling_error: float
    shot_error: float | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the score as JSON values."""
        return asdict(self)


def exact_score(predicted: Ints, y: Ints) -> Score:
    """The score of predicted classes `(n_samples,)` that carry no shot noise, against the true ones."""
    accuracy = float(np.mean(predicted == y))
    return Score(accuracy, len(y), _sampling_error(accuracy, len(y)))


def measured_score(found: Estimates, y: Ints, head: BoundHead, rng: np.random.Generator) -> Score:
    """The score of measured expectation values.

    The shot error is the spread of the accuracy over 200 draws of the expectation values, each normal
    around what was measured with its standard error; observables that share their shots are drawn apart.

    Args:
        found: measured values and their errors.
        y: class numbers `(n_samples,)`.
        head: the head, from expectation values to classes.
        rng: generator of the draws.
    """
    exact = exact_score(head.classes(found.values), y)
    accuracies = [np.mean(head.classes(values) == y) for values in _drawn(found, rng)]
    return Score(exact.accuracy, exact.n_samples, exact.sampling_error, float(np.std(accuracies)))


def probability_errors(found: Estimates, head: BoundHead, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Probabilities `(n_samples, n_classes)`, and their standard deviations over draws as for `measured_score`."""
    drawn = [head.probabilities(values) for values in _drawn(found, rng)]
    return head.probabilities(found.values), np.asarray(np.std(drawn, axis=0))


def _drawn(found: Estimates, rng: np.random.Generator) -> Iterator[Floats]:
    for _ in range(_DRAWS):
        yield found.values + found.errors * rng.standard_normal(found.values.shape)


def _sampling_error(accuracy: float, n_samples: int) -> float:
    """Standard error of a share, with the Agresti-Coull centre, so that 0 and 1 are not without error.

    From Agresti and Coull, The American Statistician 52, 119 (1998), with z = 1.
    """
    centre = (accuracy * n_samples + 0.5) / (n_samples + 1)
    return float(np.sqrt(centre * (1 - centre) / (n_samples + 1)))
