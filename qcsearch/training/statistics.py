"""How far a score, and the difference of two on the same samples, may be off for the few samples there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import InputError
from qcsearch.wording import is_share

if TYPE_CHECKING:
    from qcsearch.training.expectations import Floats
    from qcsearch.training.metrics import Metric
    from qcsearch.training.predictions import Predictions

__all__ = [
    "LEVEL",
    "Difference",
    "Interval",
    "measured_interval",
    "paired_difference",
    "right",
    "score_difference",
    "score_error",
    "score_interval",
    "wilson",
]

Interval: TypeAlias = tuple[float, float]
"""Lower and upper end."""

Right: TypeAlias = NDArray[np.bool_]
"""Of each sample whether a model is right."""

LEVEL = 0.95
"""Confidence of every interval here; a p below 1 − `LEVEL` tells a difference from nothing."""

_RESAMPLES = 200
"""Of a bootstrap: a standard error needs no more (Efron and Tibshirani 1993, § 6.4)."""

_Z = 1.959963984540054  # of the standard normal distribution, at (1 + LEVEL) / 2


@dataclass(frozen=True)
class Difference:
    """Score of one model minus that of another, both of the same samples.

    Attributes:
        value: the difference.
        low: lower end of its 95 % interval.
        high: upper end of it.
        p: of accuracies that of the exact McNemar test that both are right equally often, two-sided; of other scores
            see `score_difference`.
    """

    value: float
    low: float
    high: float
    p: float

    @property
    def settled(self) -> bool:
        """Whether it can be told from nothing."""
        return self.p < 1 - LEVEL


def wilson(accuracy: float, n_samples: int) -> Interval:
    """The 95 % score interval of an accuracy: Wilson, J. Am. Stat. Assoc. 22, 209 (1927).

    Args:
        accuracy: share of samples that are right.
        n_samples: number of samples, ≥ 1.

    Raises:
        InputError: if they are none; a score that is read from a file may be anything.
    """
    from scipy.stats import binomtest

    if not (0 <= accuracy <= 1 and n_samples >= 1):
        raise InputError(
            f"An accuracy must be in [0, 1], of 1 or more samples. Got {accuracy:g} of {n_samples:,} samples."
        )

    found = binomtest(round(accuracy * n_samples), n_samples).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def measured_interval(score: float, n_samples: int, error: float, accurate: bool) -> Interval:
    """The 95 % interval of a score that comes with its standard error: of an accuracy Wilson's, else score ± z·error.

    Args:
        score: a target's score, such as R².
        n_samples: number of samples, ≥ 1.
        error: its standard error from the finite number of samples.
        accurate: whether it is an accuracy.

    Raises:
        InputError: if it is none, though it should be.
    """
    return wilson(score, n_samples) if accurate else (score - _Z * error, score + _Z * error)


def paired_difference(first: Right, second: Right) -> Difference:
    """How much more often the first model is right than the second.

    With b samples that the first alone gets right and c that the second alone does, of n, the interval is d ± z·√v with
    p = (b + 1)/(n + 2), q = (c + 1)/(n + 2), d = p − q and v = (p + q − d²)/(n + 2): Bonett and Price, J. Educ. Behav.
    Stat. 37, 479 (2012). It has a width where no sample tells the two apart, which a bootstrap has not, and keeps its
    level on few samples (Fagerland, Lydersen and Laake, Stat. Med. 33, 2850 (2014)). The test is McNemar's,
    Psychometrika 12, 153 (1947), by the binomial distribution of b among b + c.

    Of a model that was measured again and again b and c are those to expect of one measurement of each: their
    difference is that of the means, and interval and test are as wide as one measurement leaves them; for the test b
    and c are rounded.

    Args:
        first: whether each sample is right, `(n_samples,)`, or in each of several measurements, `(n_draws, n_samples)`.
        second: the same of the other model.
    """
    from scipy.stats import binomtest

    ours, theirs = (np.atleast_2d(right).mean(axis=0) for right in (first, second))
    n_samples = len(ours)
    b, c = float(np.sum(ours * (1 - theirs))), float(np.sum(theirs * (1 - ours)))
    few, all_of_them = round(b), round(b) + round(c)
    p, q = (b + 1) / (n_samples + 2), (c + 1) / (n_samples + 2)
    margin = _Z * math.sqrt((p + q - (p - q) ** 2) / (n_samples + 2))
    return Difference(
        value=(b - c) / n_samples,
        low=max(-1.0, p - q - margin),
        high=min(1.0, p - q + margin),
        p=float(binomtest(few, all_of_them).pvalue) if all_of_them else 1.0,
    )


def score_error(metric: Metric, y: NDArray[Any], found: Predictions) -> float:
    """The standard error of a score: of an accuracy that of a share, of others by the bootstrap of `score_interval`."""
    if metric.name == "accuracy":
        share = metric(y, found)
        return math.sqrt(share * (1 - share) / len(y))
    return float(np.std(_resampled(metric, y, found)))


def score_interval(metric: Metric, y: NDArray[Any], found: Predictions) -> Interval:
    """The 95 % interval of a score: of an accuracy Wilson's, of others score ± z times the error of a bootstrap.

    The samples are drawn anew (Efron, Ann. Stat. 7, 1 (1979)), within each class, so that every class is there, as many
    of each as there are; where there are no classes, all together.

    Args:
        metric: what is asked.
        y: what should be answered, of classes their numbers `(n_samples,)`.
        found: what a model says of them.
    """
    score = metric(y, found)
    if metric.name == "accuracy":
        return wilson(score, len(y))
    margin = _Z * score_error(metric, y, found)
    low, high = score - margin, score + margin
    return (max(0.0, low), min(1.0, high)) if is_share(metric.name) else (low, high)


def score_difference(metric: Metric, y: NDArray[Any], first: Predictions, second: Predictions) -> Difference:
    """How much better the first model is: of accuracies `paired_difference`, of other scores by a paired bootstrap.

    Both models are asked of the same drawn samples; p is that of a normal difference with the bootstrap's error.

    Args:
        metric: what is asked.
        y: what should be answered, of classes their numbers `(n_samples,)`.
        first: what a model says of them.
        second: what the other says.
    """
    from scipy.special import ndtr

    if metric.name == "accuracy":
        return paired_difference(right(y, first.answers), right(y, second.answers))
    drawn = _resampled(metric, y, first, second)
    value, error = metric(y, first) - metric(y, second), float(np.std(drawn[:, 0] - drawn[:, 1]))
    p = 2 * float(ndtr(-abs(value) / error)) if error > 0 else float(value == 0)
    return Difference(value, value - _Z * error, value + _Z * error, p)


def right(y: NDArray[Any], answers: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of the answers `(…, n_samples)` is right; of several labels a sample, whether all of them are."""
    found = answers == y
    return np.asarray(found.all(axis=-1) if y.ndim > 1 else found)


def _resampled(metric: Metric, y: NDArray[Any], *found: Predictions) -> Floats:
    """Scores `(n_resamples, n_models)` of samples drawn with replacement, within each class if they have one."""
    rng = np.random.default_rng(0)  # the same draws for all that are compared
    one_class = y.ndim > 1  # numbers, or several labels
    classes = [np.arange(len(y))] if one_class else [np.flatnonzero(y == label) for label in np.unique(y)]
    scores = np.empty((_RESAMPLES, len(found)))
    for number in range(_RESAMPLES):
        rows = np.concatenate([rng.choice(members, len(members)) for members in classes])
        scores[number] = [metric(y[rows], one.at(rows)) for one in found]
    return scores
