"""The error of a figure, and whether figures differ by more than it: accuracies, and models over several data sets.

Over data sets as J. Demšar, Statistical comparisons of classifiers over multiple data sets, Journal of Machine
Learning Research 7, 1 (2006): Friedman's test and Nemenyi's critical difference for all together, Wilcoxon's
signed-rank test for two.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = [
    "LEVEL",
    "Gain",
    "Interval",
    "Pairs",
    "Ranking",
    "difference",
    "gain",
    "holm",
    "pairs",
    "ranking",
    "wilson",
]

LEVEL = 0.05
"""Of every test, and what the intervals leave out."""

_MOST_EXACT = 16
"""Pairs whose signs, 2¹⁶ ways, are gone through one by one."""

_DIGITS = 9
"""Accuracies are counts over counts: what differs further down is rounding, and would break a tie."""


@dataclass(frozen=True)
class Interval:
    """Where a figure lies, with 95 % confidence.

    Attributes:
        low: its lower end.
        high: its upper end.
    """

    low: float
    high: float


def wilson(accuracy: float, n: int) -> Interval:
    """Wilson's score interval of an accuracy (E. B. Wilson, JASA 22, 209, 1927).

    Args:
        accuracy: the share that was right; between two counts (the median of an even number) the nearest one counts.
        n: samples that were tested.
    """
    found = stats.binomtest(round(accuracy * n), n).proportion_ci(1 - LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


def difference(first: float, second: float, n: int) -> Interval:
    """Newcombe's interval of the difference of two accuracies, `first` − `second`.

    R. G. Newcombe, Statistics in Medicine 17, 873 (1998), method 10. It takes them for measured on samples of their
    own. Of two models on the same samples it is wider than need be, as long as one tends to be right where the other
    is; for a narrower one it would have to be known which samples each had right.

    Args:
        first: an accuracy.
        second: another.
        n: samples that each was tested on.
    """
    one, other = wilson(first, n), wilson(second, n)
    return Interval(
        first - second - math.hypot(first - one.low, other.high - second),
        first - second + math.hypot(one.high - first, second - other.low),
    )


@dataclass(frozen=True)
class Gain:
    """A mean difference with its 95 % interval.

    Attributes:
        mean: the difference.
        interval: where it lies.
    """

    mean: float
    interval: Interval

    @property
    def sign(self) -> int:
        """1 or −1 if the interval is on one side of nothing, else 0."""
        return int(self.interval.low > 0) - int(self.interval.high < 0)


def gain(differences: NDArray[np.float64]) -> Gain:
    """How much better one model is than another, for seeds and test samples beyond those that were looked at.

    Seeds and samples are crossed and both drawn at random: with a the variance of the S seeds' means over S, b that of
    the N samples' means over N, and c that of what is left of single differences over S·N, the variance of the mean is
    a + b − c (mean squares of a two-way table without repeats; R. L. Brennan, Generalizability Theory, 2001, chapter
    3), and never taken for less than a or b. The interval is Student's, with Satterthwaite's degrees of freedom
    (Biometrics Bulletin 2, 110, 1946), S − 1 at least: with three seeds that differ it is wide. It ends at −1 and 1.

    Args:
        differences: of each seed and test sample, right by the one less right by the other, `(n_seeds, n_samples)`,
            two seeds or more.
    """
    n_seeds, n_samples = differences.shape
    mean = float(differences.mean())
    seeds, samples = differences.mean(axis=1), differences.mean(axis=0)
    left = differences - seeds[:, None] - samples + mean
    free = (n_seeds - 1, n_samples - 1, (n_seeds - 1) * (n_samples - 1))
    a, b = seeds.var(ddof=1) / n_seeds, samples.var(ddof=1) / n_samples
    c = float(np.sum(left**2)) / free[2] / differences.size
    variance = max(a, b, a + b - c)
    if variance == 0:
        return Gain(mean, Interval(mean, mean))
    degrees = max(variance**2 / sum(part**2 / n for part, n in zip((a, b, c), free, strict=True)), free[0])
    margin = float(stats.t.ppf(1 - LEVEL / 2, degrees)) * math.sqrt(variance)
    return Gain(mean, Interval(max(-1.0, mean - margin), min(1.0, mean + margin)))


@dataclass(frozen=True)
class Ranking:
    """Models over data sets.

    Attributes:
        ranks: of each model the mean of its ranks on the data sets, 1 the best, equals sharing theirs; the best first.
        n: data sets.
        statistic: Friedman's χ², corrected for ties.
        p_value: its probability if all models were alike.
        critical_difference: Nemenyi's: mean ranks that differ by less cannot be told apart, at 5 % for all pairs
            together.
    """

    ranks: dict[str, float]
    n: int
    statistic: float
    p_value: float
    critical_difference: float

    @property
    def apart(self) -> list[tuple[str, str]]:
        """All pairs whose mean ranks differ by the critical difference or more, the better one first."""
        return [
            (better, worse)
            for better, worse in combinations(self.ranks, 2)
            if self.ranks[worse] - self.ranks[better] >= self.critical_difference
        ]

    @property
    def alike(self) -> list[tuple[str, ...]]:
        """The largest sets, of two and more, whose mean ranks differ by less than the critical difference."""
        names, found = list(self.ranks), list[tuple[str, ...]]()
        for start, name in enumerate(names):
            group = tuple(other for other in names[start:] if (name, other) not in self.apart)
            if len(group) > 1 and not any(set(group) <= set(larger) for larger in found):
                found.append(group)
        return found


def ranking(scores: Mapping[str, Sequence[float]]) -> Ranking:
    """Rank three models or more on the same data sets.

    Args:
        scores: by model, one for each data set, larger is better.
    """
    table = np.round(np.array(list(scores.values())), _DIGITS)
    k, n = table.shape
    means = stats.rankdata(-table, axis=0).mean(axis=1)
    q = stats.studentized_range.ppf(1 - LEVEL, k, np.inf) / math.sqrt(2)
    statistic, p_value = (0.0, 1.0) if (table == table[0]).all() else stats.friedmanchisquare(*table)
    ranks = sorted(zip(scores, map(float, means), strict=True), key=lambda item: item[1])
    critical = q * math.sqrt(k * (k + 1) / (6 * n))
    return Ranking(dict(ranks), n, float(statistic), float(p_value), float(critical))


@dataclass(frozen=True)
class Pairs:
    """Two models over the same data sets.

    Attributes:
        better: on how many the first is above the second.
        alike: on how many they are equal.
        worse: on how many it is below.
        mean: of the differences, first − second; NaN if there are no data sets.
        p_value: Wilcoxon's signed-rank test, two-sided; data sets without a difference are ranked and their ranks split
            evenly. Exact for at most 13 data sets, or more without ties, else by the normal approximation. 1 where no
            data set shows a difference.
    """

    better: int
    alike: int
    worse: int
    mean: float
    p_value: float

    @property
    def n(self) -> int:
        """Data sets."""
        return self.better + self.alike + self.worse


def pairs(first: Sequence[float], second: Sequence[float]) -> Pairs:
    """Compare two models data set by data set.

    Args:
        first: scores of the one.
        second: of the other, on the same data sets.
    """
    apart = np.round(np.subtract(first, second), _DIGITS)
    p_value = 1.0  # of one pair either sign is as likely
    if apart.any() and len(apart) > 1:
        # Over all signs by itself: what SciPy takes for few pairs with ties depends on its version.
        # "approx" is the name by which each knows the normal approximation.
        exact = stats.PermutationMethod(n_resamples=np.inf) if len(apart) <= _MOST_EXACT else "approx"
        p_value = float(stats.wilcoxon(apart, zero_method="zsplit", method=exact).pvalue)
    counts = (int(np.sum(apart > 0)), int(np.sum(apart == 0)), int(np.sum(apart < 0)))
    return Pairs(*counts, float(apart.mean()) if len(apart) else math.nan, p_value)


def holm(p_values: Iterable[float]) -> list[float]:
    """Adjust p-values of tests that are made together (S. Holm, Scandinavian Journal of Statistics 6, 65, 1979)."""
    found = np.array(list(p_values))
    order = np.argsort(found)
    steps = np.maximum.accumulate(found[order] * np.arange(len(found), 0, -1))
    adjusted = np.empty_like(found)
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(p) for p in adjusted]
