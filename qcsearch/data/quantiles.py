"""Where the features of the training samples lie, and how far those of others are from there.

A model keeps no training sample, but the deciles of each raw feature and how many samples lay between them. New samples
are counted in the same bins, and the two sets of counts compared by the population stability index (N. Siddiqi, Credit
Risk Scorecards, Wiley 2006): the sum over bins of `(a − e) · ln(a / e)`, with shares `a` of the new samples and `e` of
those of the training. Between samples that are alike it is about `χ²(n_bins − 1) · (1/N + 1/M)` (B. Yurdakul,
Statistical Properties of Population Stability Index, Western Michigan University 2018), so an index means little
without the numbers of samples, N and M.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import DataError

__all__ = ["N_BINS", "Drift", "Quantiles", "count"]

_N_EDGES = 9
N_BINS = _N_EDGES + 2
"""Between the deciles and beyond them, and one for gaps."""

_FEWEST, _MOST_FEATURES = 50, 2048
_LARGE = 0.25
"""An index from which a population is customarily said to have changed (Siddiqi)."""
_LEVEL = 1e-3
"""How often samples that are alike may be taken for others, all features together."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Drift:
    """How far samples are from those of the training, by the feature in which they are farthest.

    Attributes:
        feature: its number.
        index: its population stability index.
        threshold: from which that is worth a warning: what is customary, and beyond chance.
    """

    feature: int
    index: float
    threshold: float

    @property
    def ratio(self) -> float:
        """Index by threshold: from 1 on it is worth a warning."""
        return self.index / self.threshold


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Deciles of raw features, and the training samples between them.

    Attributes:
        edges: `(n_features, 9)`, ascending in each row; equal ones where many samples have one value.
        counts: `(n_features, 11)`: samples up to the first edge, from there up to the second, and so on; gaps at last.

    Raises:
        DataError: if they do not fit together.
    """

    edges: Floats
    counts: Ints

    def __post_init__(self) -> None:
        n_features = len(self.edges) if self.edges.ndim == 2 else 0
        fits = self.edges.shape == (n_features, _N_EDGES) and self.counts.shape == (n_features, N_BINS)
        if not fits or not 1 <= n_features <= _MOST_FEATURES:
            raise DataError(
                f"Quantiles must have {_N_EDGES} edges and {N_BINS} counts of each feature. They have not."
            )
        if not np.isfinite(self.edges).all() or (np.diff(self.edges) < 0).any() or (self.counts < 0).any():
            raise DataError("Quantiles must have edges that ascend and no counts below 0. They have not.")
        if self.counts.max() > 2**40 or self.n_samples < 1 or len(np.unique(self.counts.sum(1))) > 1:
            raise DataError("Quantiles must have the same number of samples of each feature. They have not.")

    @classmethod
    def of(cls, X: Floats) -> Quantiles | None:
        """Those of training samples `(n_samples, n_features)`, NaN for gaps; None of few samples or many features."""
        if len(X) < _FEWEST or not 1 <= X.shape[1] <= _MOST_FEATURES:
            return None
        edges = np.zeros((X.shape[1], _N_EDGES))
        for j, column in enumerate(X.T):
            if len(known := column[~np.isnan(column)]):
                edges[j] = np.quantile(known, np.arange(1, 10) / 10, method="inverted_cdf")
        return cls(edges, count(_bins(X, edges)))

    @property
    def n_samples(self) -> int:
        """Of the training."""
        return int(self.counts[0].sum())

    def bins(self, X: Floats) -> NDArray[np.uint8]:
        """The bin of each number of samples `(n_samples, n_features)`, of the same shape."""
        return _bins(X, self.edges)

    def drift(self, counts: Ints) -> Drift:
        """How far other samples are, of which there are `counts`, `(n_features, 11)`.

        Half a sample is added to each bin in which there is any, so that no logarithm is of nothing.
        """
        from scipy.special import chdtri  # here, so that to read a model takes no longer

        used = (self.counts + counts) > 0
        n_bins = used.sum(axis=1, keepdims=True)
        e = (self.counts + 0.5) / (self.n_samples + 0.5 * n_bins)
        a = (counts + 0.5) / (counts[0].sum() + 0.5 * n_bins)
        index = np.where(used, (a - e) * np.log(a / e), 0.0).sum(axis=1)
        by_chance = chdtri(np.maximum(n_bins[:, 0] - 1, 1), _LEVEL / len(index))
        threshold = np.maximum(_LARGE, by_chance * (1 / self.n_samples + 1 / counts[0].sum()))
        worst = int(np.argmax(index / threshold))
        return Drift(worst, float(index[worst]), float(threshold[worst]))


def _bins(X: Floats, edges: Floats) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = (X[:, :, None] > edges).sum(axis=2, dtype=np.uint8)
    found[np.isnan(X)] = N_BINS - 1
    return found


def count(bins: NDArray[np.uint8]) -> Ints:
    """How many of samples are in each bin, `(n_features, 11)`, of what `Quantiles.bins` returned."""
    n_features = bins.shape[1]
    flat = bins + N_BINS * np.arange(n_features)
    return np.bincount(flat.ravel(), minlength=N_BINS * n_features).reshape(n_features, N_BINS)
