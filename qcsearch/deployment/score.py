"""Scores with their error bars, so that two of them can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from qcsearch.canonical import Json
from qcsearch.deployment.measurement import Estimates
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads import Head

__all__ = ["Score", "exact_score", "measured_score", "probability_errors"]

_DRAWS = 200


@dataclass(frozen=True)
class Score:
    """An accuracy and how far it may be off.

    Attributes:
        accuracy: share of samples whose class is predicted, in [0, 1].
        n_samples: how many samples it was judged on.
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


def exact_score(logits: Floats, y: Ints) -> Score:
    """The score of logits `(n_samples, n_classes)` that carry no shot noise."""
    accuracy = float(np.mean(_correct(logits, y)))
    return Score(accuracy, len(y), _sampling_error(accuracy, len(y)))


def measured_score(
    found: Estimates, y: Ints, head: Head, parameters: Floats, n_classes: int, rng: np.random.Generator
) -> Score:
    """The score of measured expectation values.

    The shot error is the spread of the accuracy over 200 draws of the expectation values, each normal
    around what was measured with its standard error; observables that share their shots are drawn apart.

    Args:
        found: measured values and their errors.
        y: class numbers `(n_samples,)`.
        head: from values to logits.
        parameters: of the head.
        n_classes: number of classes.
        rng: of the draws.
    """
    exact = exact_score(head.logits(found.values, parameters, n_classes), y)
    drawn = _drawn_logits(found, head, parameters, n_classes, rng)
    accuracies = [np.mean(_correct(logits, y)) for logits in drawn]
    return Score(exact.accuracy, exact.n_samples, exact.sampling_error, float(np.std(accuracies)))


def probability_errors(
    found: Estimates, head: Head, parameters: Floats, n_classes: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Probabilities `(n_samples, n_classes)`, and their standard deviations over draws as for `measured_score`."""
    probabilities = softmax(head.logits(found.values, parameters, n_classes), axis=1)
    drawn = [softmax(logits, axis=1) for logits in _drawn_logits(found, head, parameters, n_classes, rng)]
    return np.asarray(probabilities), np.asarray(np.std(drawn, axis=0))


def _drawn_logits(
    found: Estimates, head: Head, parameters: Floats, n_classes: int, rng: np.random.Generator
) -> Iterator[Floats]:
    for _ in range(_DRAWS):
        values = found.values + found.errors * rng.standard_normal(found.values.shape)
        yield head.logits(values, parameters, n_classes)


def _correct(logits: Floats, y: Ints) -> NDArray[np.bool_]:
    return np.asarray(np.argmax(logits, axis=1) == y)


def _sampling_error(accuracy: float, n_samples: int) -> float:
    """Standard error of a share, with the Agresti-Coull centre, so that 0 and 1 are not without error.

    From Agresti and Coull, The American Statistician 52, 119 (1998), with z = 1.
    """
    centre = (accuracy * n_samples + 0.5) / (n_samples + 1)
    return float(np.sqrt(centre * (1 - centre) / (n_samples + 1)))
