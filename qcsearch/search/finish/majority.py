"""The majority class: what knows nothing reaches."""

from __future__ import annotations

import numpy as np

from qcsearch.training.expectations import Ints

__all__ = ["MAJORITY", "majority_accuracy", "majority_class"]

MAJORITY = "majority class"


def majority_class(y: Ints) -> int:
    """The class that is most common among class numbers; of equals the first."""
    return int(np.bincount(y).argmax())


def majority_accuracy(y: Ints, y_part: Ints) -> float:
    """Share of a part's samples that are of the class most common in the training part.

    Args:
        y: class numbers of the training part.
        y_part: those of the part.
    """
    return float(np.mean(y_part == majority_class(y)))
