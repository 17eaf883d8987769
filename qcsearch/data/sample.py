"""Samples of rows, of data that are too large to search with: at random from one seed, each class in its share.

A circuit of some dozens of weights learns no more from a million rows than from some thousands, but every trial would
take a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Hashable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.values import IntArray

__all__ = [
    "MAX_NUMBERS",
    "MAX_ROWS",
    "drawn_notice",
    "drawn_rows",
    "kept_rows",
    "sample_notice",
    "sample_rows",
    "stratified_rows",
]

MAX_ROWS = 10_000
"""Of a data set that is searched with."""

MAX_NUMBERS = 10_000_000
"""In all its features."""

_LEAST = 5
"""Rows that a class keeps if it has them, however small its share."""


def kept_rows(shape: tuple[int, ...], y: Any, max_rows: int = MAX_ROWS) -> IntArray | None:
    """Rows of a stratified sample of what is too large; None if it is not, or labels and samples do not match.

    Args:
        shape: of the samples, `(n_samples, …)`.
        y: labels `(n_samples,)`, not yet checked; numbers that hardly repeat are sampled as if of one class.
        max_rows: how many are kept, at most; fewer where a row holds many numbers.
    """
    labels = np.asarray(y)
    if len(shape) < 2 or labels.shape not in ((shape[0],), (shape[0], 1)):
        return None
    most = min(max_rows, max(1, MAX_NUMBERS // max(1, prod(shape[1:]))))
    return None if shape[0] <= most else stratified_rows(_codes(labels.ravel()), most)


def sample_rows(X: Any, y: Any, what: str, max_rows: int = MAX_ROWS) -> tuple[Any, Any, tuple[str, ...]]:
    """The samples that are kept, their labels, and a sentence if these are not all; arguments as for `kept_rows`."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    rows = kept_rows(shape, y, max_rows)
    if rows is None:
        return X, y, ()
    return X[rows], np.asarray(y)[rows], (sample_notice(len(rows), shape[0], what),)


def sample_notice(n_kept: int, n_all: int, what: str) -> str:
    """The sentence that says so."""
    return (
        f"{what} is too large to be searched with whole: {n_kept:,} of its {n_all:,} rows are used, drawn at random, "
        "each class in its share."
    )


def drawn_rows(n_all: int, n: int) -> IntArray:
    """`n` different rows of `n_all`, rising, whatever their class: for what is too large to be looked at whole."""
    return np.sort(np.random.default_rng(0).choice(n_all, n, replace=False, shuffle=False))


def drawn_notice(n_kept: int, n_all: int, what: str) -> str:
    """The sentence that says so."""
    return (
        f"{what} is too large to be read whole: {n_kept:,} of its {n_all:,} rows are read, drawn at random."
    )


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


def _codes(labels: NDArray[Any]) -> IntArray:
    """Class numbers of labels of any kind; all 0 if there is hardly a label that stands twice."""
    if labels.dtype.kind in "OSU":
        seen: dict[Hashable, int] = {}
        codes = np.array([seen.setdefault(label, len(seen)) for label in labels.tolist()], dtype=np.int64)
    else:
        codes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return codes if 2 * _LEAST * (int(codes.max(initial=0)) + 1) < len(codes) else np.zeros_like(codes)
