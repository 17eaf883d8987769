"""Scores with their error bars, so that two of them can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets import Target
from qcsearch.deployment.values import Estimates
from qcsearch.storage.canonical import Json
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Floats
from qcsearch.training.statistics import Interval, measured_interval

__all__ = ["Score", "exact_score", "figure_errors", "measured_score"]

_DRAWS = 200
"""Draws behind an error bar: it is then known to 5 % of itself, 1/√(2·200)."""


@dataclass(frozen=True)
class Score:
    """An accuracy and how far it may be off.

    Attributes:
        accuracy: share of samples whose class is predicted, in [0, 1]; of another target its score, such as R².
        n_samples: number of samples that it was judged on.
        sampling_error: standard error from the finite number of samples.
        shot_error: standard deviation that the shots leave; None for the exact engine, which takes none.
    """

    accuracy: float
    n_samples: int
    sampling_error: float
    shot_error: float | None = None

    def interval(self, accurate: bool) -> Interval:
        """Its 95 % interval for the finite number of samples, see `training.statistics.measured_interval`."""
        return measured_interval(self.accuracy, self.n_samples, self.sampling_error, accurate)

    def to_json(self) -> dict[str, Json]:
        """Return the score as JSON values."""
        return asdict(self)


def exact_score(target: Target, answers: NDArray[Any], y: NDArray[Any]) -> Score:
    """The score of a model's answers that carry no shot noise, against `y` in the same form."""
    return Score(target.score(y, answers), len(y), target.score_error(y, answers))


def measured_score(found: Estimates, y: NDArray[Any], head: BoundHead, rng: np.random.Generator) -> Score:
    """The score of measured expectation values.

    The shot error is the spread of the score over 200 draws of the expectation values, each normal
    around what was measured with its standard error; observables that share their shots are drawn apart.

    Args:
        found: measured values and their errors.
        y: what a model should answer: of classes their numbers `(n_samples,)`.
        head: the head, from expectation values to answers.
        rng: generator of the draws.
    """
    target = head.target
    exact = exact_score(target, head.answers(found.values), y)
    accuracies = [target.score(y, head.answers(values)) for values in _drawn(found, rng)]
    return Score(exact.accuracy, exact.n_samples, exact.sampling_error, float(np.std(accuracies)))


def figure_errors(found: Estimates, head: BoundHead, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What a prediction shows, and its standard deviations over draws as for `measured_score`, both of one shape."""
    drawn = [head.figures(values) for values in _drawn(found, rng)]
    return head.figures(found.values), np.asarray(np.std(drawn, axis=0))


def _drawn(found: Estimates, rng: np.random.Generator) -> Iterator[Floats]:
    for _ in range(_DRAWS):
        yield found.values + found.errors * rng.standard_normal(found.values.shape)
