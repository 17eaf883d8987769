"""Samples of rows: drawn at random from one seed, each class in its share, none lost."""

from __future__ import annotations

import numpy as np

from qcsearch.data.dataset import IntArray

__all__ = ["stratified_rows"]

_LEAST = 5
"""Rows that a class keeps if it has them, however small its share."""


def stratified_rows(y: IntArray, n: int, seed: int = 0) -> IntArray:
    """About `n` rows of the samples with the classes `y` `(n_samples,)`, rising; all if there are no more than `n`.

    Args:
        y: class numbers.
        n: how many to take; a little fewer or more are taken where shares are no whole numbers or classes are small.
        seed: equal seeds, equal rows.
    """
    if len(y) <= n:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]  # class by class, at random within each
    counts = np.bincount(y)
    quotas = np.minimum(counts, np.maximum(np.round(counts * (n / len(y))).astype(np.int64), _LEAST))
    place = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[place < np.repeat(quotas, counts)])
