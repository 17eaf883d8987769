"""Accuracies with their intervals, and models compared on the same test rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from record.statistics import LEVEL, Interval, wilson
from scipy.stats import binomtest, norm

__all__ = ["Rows", "lead", "mcnemar", "verdict"]


@dataclass(frozen=True)
class Rows:
    """Whether a model was right on each test row, over all draws of a set.

    Attributes:
        right: `(n_rows,)`.
    """

    right: NDArray[np.bool_]

    @classmethod
    def of(cls, draws: Iterable[str]) -> Rows:
        """From the bits of each draw, in the order of their seeds."""
        return cls(np.array([bit == "1" for bits in draws for bit in bits]))

    @property
    def n(self) -> int:
        """Test rows."""
        return len(self.right)

    @property
    def accuracy(self) -> float:
        """Share that is right."""
        return float(np.mean(self.right))

    @property
    def interval(self) -> Interval:
        """Wilson's, of the rows: not of what another draw would give."""
        return wilson(self.accuracy, self.n)


def mcnemar(mine: Rows, other: Rows) -> float:
    """Two-sided p of the exact test of McNemar (Psychometrika 12, 1947): on the rows where just one of two is right.

    Raises:
        ValueError: if the rows are not as many.
    """
    ahead, behind = _apart(mine, other)
    return float(binomtest(ahead, ahead + behind).pvalue) if ahead + behind else 1.0


def verdict(mine: Rows, other: Rows) -> int:
    """1 where `mine` is better by McNemar's test at 5 %, -1 where it is worse, 0 where neither is shown."""
    ahead, behind = _apart(mine, other)
    return (ahead > behind) - (ahead < behind) if mcnemar(mine, other) < LEVEL else 0


def lead(mine: Mapping[str, Rows], other: Mapping[str, Rows]) -> tuple[float, Interval]:
    """How far the mean accuracy over sets is above another's, and within which interval.

    The sets are fixed; what varies are the rows, each of which both models answered: the normal interval of a
    stratified mean of paired differences.

    Args:
        mine: by set.
        other: of the same sets.
    """
    apart = [mine[name].right.astype(float) - other[name].right for name in mine]
    mean = float(np.mean([np.mean(one) for one in apart]))
    error = (
        norm.ppf(1 - LEVEL / 2) * float(np.sqrt(sum(np.var(one) / len(one) for one in apart))) / len(apart)
    )
    return mean, Interval(mean - error, mean + error)


def _apart(mine: Rows, other: Rows) -> tuple[int, int]:
    if mine.n != other.n:
        raise ValueError(
            f"Two models must be compared on the same rows. One has {mine.n}, the other {other.n}."
        )
    return int(np.sum(mine.right & ~other.right)), int(np.sum(~mine.right & other.right))
