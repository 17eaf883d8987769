"""How far an accuracy, and the difference of two on the same samples, may be off for the few samples there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "Difference", "Interval", "paired_difference", "wilson"]

Interval: TypeAlias = tuple[float, float]
"""Lower and upper end."""

LEVEL = 0.95
"""Confidence of every interval here; a p below 1 − `LEVEL` tells a difference from nothing."""

_Z = 1.959963984540054  # of the standard normal distribution, at (1 + LEVEL) / 2


@dataclass(frozen=True)
class Difference:
    """Accuracy of one model minus that of another, both of the same samples.

    Attributes:
        value: the difference, in [−1, 1].
        low: lower end of its 95 % interval.
        high: upper end of it.
        p: of the exact McNemar test that both are right equally often, two-sided.
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
    """
    from scipy.stats import binomtest

    found = binomtest(round(accuracy * n_samples), n_samples).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def paired_difference(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Difference:
    """How much more often the first model is right than the second.

    With b samples that the first alone gets right and c that the second alone does, of n, the interval is d ± z·√v with
    p = (b + 1)/(n + 2), q = (c + 1)/(n + 2), d = p − q and v = (p + q − d²)/(n + 2): Bonett and Price, J. Educ. Behav.
    Stat. 37, 479 (2012). It has a width where no sample tells the two apart, which a bootstrap has not, and keeps its
    level on few samples (Fagerland, Lydersen and Laake, Stat. Med. 33, 2850 (2014)). The test is McNemar's,
    Psychometrika 12, 153 (1947), by the binomial distribution of b among b + c.

    Args:
        first: whether each sample is right, `(n_samples,)`.
        second: the same of the other model.
    """
    from scipy.stats import binomtest

    n_samples = len(first)
    b, c = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    p, q = (b + 1) / (n_samples + 2), (c + 1) / (n_samples + 2)
    margin = _Z * math.sqrt((p + q - (p - q) ** 2) / (n_samples + 2))
    return Difference(
        value=(b - c) / n_samples,
        low=max(-1.0, p - q - margin),
        high=min(1.0, p - q + margin),
        p=float(binomtest(b, b + c).pvalue) if b + c else 1.0,
    )
