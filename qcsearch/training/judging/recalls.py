"""Recall by class: how often each class is recognised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qcsearch.training.statistics import Interval, wilson

__all__ = ["Recall", "balanced_accuracy", "recalls", "unequal"]

_UNEQUAL = 1.5
_Z = 1.959963984540054  # of the standard normal distribution, at 0.975


@dataclass(frozen=True)
class Recall:
    """How often one class is recognised.

    Attributes:
        label: of the class.
        n_samples: that are of it.
        recall: share of them that the model recognises.
        interval: 95 % interval of that, see `statistics.wilson`.
        precision: share of those that the model says are of it that are; None if it says so of none.
    """

    label: str
    n_samples: int
    recall: float
    interval: Interval
    precision: float | None


def recalls(confusion: Sequence[Sequence[int]], classes: Sequence[object]) -> tuple[Recall, ...]:
    """The recall of each class that has samples.

    Args:
        confusion: counts by true class (rows) and predicted class.
        classes: their labels.
    """
    found = []
    for number, (label, row) in enumerate(zip(classes, confusion, strict=True)):
        n_samples, said = sum(row), sum(other[number] for other in confusion)
        if n_samples:
            share = row[number] / n_samples
            precision = row[number] / said if said else None
            found.append(Recall(str(label), n_samples, share, wilson(share, n_samples), precision))
    return tuple(found)


def unequal(found: Sequence[Recall]) -> bool:
    """Whether the largest class has half as many samples again as the smallest, which makes accuracy mostly its own."""
    counts = [one.n_samples for one in found]
    return bool(counts) and max(counts) > _UNEQUAL * min(counts)


def balanced_accuracy(found: Sequence[Recall]) -> tuple[float, Interval]:
    """The mean recall, and its 95 % interval.

    The interval is normal, with a right and a wrong sample added to each class, so that it has a width where all of a
    class are right: Agresti and Caffo, Am. Stat. 54, 280 (2000), do so for a difference of two shares.
    """
    mean = sum(one.recall for one in found) / len(found)
    shrunk = [((one.recall * one.n_samples + 1) / (one.n_samples + 2), one.n_samples + 2) for one in found]
    centre = sum(share for share, _ in shrunk) / len(found)
    margin = _Z * math.sqrt(sum(share * (1 - share) / n for share, n in shrunk)) / len(found)
    return mean, (max(0.0, centre - margin), min(1.0, centre + margin))
