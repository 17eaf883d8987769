"""Few samples, some of which stand there several times, or count as if they did."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.values import FloatArray, IntArray

__all__ = ["FEW", "counted", "without_copies"]

FEW = 50
"""Different samples, below which a fifth of them, a part of a split, is less than ten."""


def without_copies(
    X: FloatArray, y: NDArray[Any], weight: FloatArray | None
) -> tuple[IntArray, FloatArray | None]:
    """Of few samples one row of each that is different, and how much it counts: all of its copies together.

    Split one by one, copies of a sample would stand in the training and in the test part; and of so few samples the
    places of the copies decide what is learnt. This way a sample of weight 2 is the same as two of weight 1. The order
    is that of the samples' own bytes, whatever order they came in. Samples that are many, or all different and all of
    the same weight, stay as they are.

    Args:
        X: `(n_samples, n_features)`.
        y: what is to be learnt of them, `(n_samples,)` or `(n_samples, n_outputs)`.
        weight: how much each counts, `(n_samples,)`; None if all count alike.

    Returns:
        Rows of `X`, and their weights; None if all count alike.
    """
    seen: dict[bytes, list[int]] = {}
    for row, (features, said) in enumerate(zip(X, y, strict=True)):
        sample = features.astype(">f8").tobytes() + np.asarray(said, dtype=">f8").tobytes()
        seen.setdefault(sample, []).append(row)
        if len(seen) >= FEW:
            return np.arange(len(y)), weight
    if weight is None and len(seen) == len(y):
        return np.arange(len(y)), None
    given = np.ones(len(y)) if weight is None else weight
    copies = [seen[key] for key in sorted(seen)]
    return np.array([rows[0] for rows in copies]), np.array([float(given[rows].sum()) for rows in copies])


def counted(y: NDArray[Any], weight: FloatArray | None) -> NDArray[Any]:
    """Of few samples the classes by which there are enough of each: every sample up to three times, as it counts.

    Args:
        y: class numbers `(n_samples,)`; anything else stays as it is.
        weight: how much each counts; None if all count alike.
    """
    if weight is None or y.ndim > 1 or len(y) >= FEW:
        return y
    return np.repeat(y, np.clip(weight, 1, 3).astype(np.int64))
