"""Kernel t-SNE: an embedding that keeps neighbours together, and a map that places new samples in it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.checks import integer, number
from qcsearch.data.preprocessing.reductions import REDUCTIONS, PrincipalComponents, Reduction, check_count
from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError

__all__ = ["KernelTSNE"]

_OWNER = "the reduction 'tsne'"
_MOST_COMPONENTS = 3
"""scikit-learn's Barnes–Hut trees end here; without them the time grows with the square of the samples."""

_DIRECTIONS = 30
"""Principal components that distances are taken in, as in the experiments of van der Maaten and Hinton."""

_FEWEST_SAMPLES = 10
_MOST_SAMPLES = 5000

_WIDTH = 0.1
"""Of a kernel, in distances to the nearest centre. Of 0.1, 0.15, 0.2 and 0.3 never worse on validation parts of
digits, and far better on those of MNIST: wider ones leave samples between islands, where nothing is."""

_CLOSEST = 1e-7
_FAR = 1e6
"""In typical distances of neighbours: below the one and beyond the other, distances are rounding."""

_BLOCK = 2_000_000
"""Distances in memory at a time, while samples are mapped."""


@REDUCTIONS.register("tsne")
class KernelTSNE(Reduction):
    """t-distributed stochastic neighbour embedding (t-SNE), with a map for samples that it has not seen.

    scikit-learn's Barnes–Hut t-SNE (van der Maaten and Hinton, JMLR 9, 2579, 2008) embeds training samples, without
    their labels. As in kernel t-SNE (Gisbrecht, Schulz and Hammer, Neurocomputing 147, 71, 2015), a normalised
    Gaussian kernel then takes any sample `x` to the mean of the embedding's points `y_j`, weighted by
    `p_j ∝ exp(-|x - x_j|² / 2σ²)`. Where the paper gives each `x_j` a width, and solves for weights that undo what
    wide kernels blur, here `σ` belongs to `x`, as in the similarities of t-SNE itself: a tenth of the distance to the
    nearest `x_j`, or of the typical distance between neighbours if that is smaller. So an embedded sample is mapped to
    its own point exactly, however unevenly the samples lie; a new one almost to the point of its nearest neighbour;
    and one far from all of them to the nearest one's, too.

    Distances are Euclidean, between features as they are measured, like those of `pca`.

    A fitted step holds the embedded samples (of more than 30 features, their principal components): who is given the
    model is given them.

    Args:
        n_components: 1, 2 or 3, at most the number of features.
        perplexity: about how many neighbours of each sample are to stay its neighbours; a third of the other samples
            at most.
        samples: how many training samples are embedded at most, drawn at random; the others are mapped like new ones.
        seed: of the draw and of scikit-learn's randomised solver; equal seeds, equal maps.

    Attributes:
        mean_: `(n_features,)`.
        axes_: principal components `(n_features, n_directions)`, scaled so that the median distance between nearest
            neighbours is 1.
        centres_: the embedded samples along these axes `(n_centres, n_directions)`.
        embedding_: their points `(n_centres, n_components)`.
    """

    needs: ClassVar[tuple[str, ...]] = ("seed",)
    learned: ClassVar[dict[str, int]] = {"mean_": 1, "axes_": 2, "centres_": 2, "embedding_": 2}
    mean_: FloatArray
    axes_: FloatArray
    centres_: FloatArray
    embedding_: FloatArray

    def __init__(
        self, n_components: int, perplexity: float = 30.0, samples: int = 2000, seed: int = 0
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.samples = samples
        self.seed = seed

    def n_outputs(self, n_features: int, n_classes: int) -> int:
        """`n_components`."""
        number(_OWNER, "perplexity", self.perplexity, 1.0)
        integer(_OWNER, "samples", self.samples, _FEWEST_SAMPLES, _MOST_SAMPLES)
        if n_features < _MOST_COMPONENTS:
            return check_count("tsne", self.n_components, n_features, "number of features")
        return check_count("tsne", self.n_components, _MOST_COMPONENTS, "what Barnes–Hut t-SNE can embed in")

    def seconds(self, n_samples: int, n_features: int) -> float:
        """Of t-SNE's thousand steps, and of mapping all samples, on one core."""
        n_centres = min(n_samples, self.samples)
        a_centre = 4e-3 if self.n_components < _MOST_COMPONENTS else 1e-2
        return n_centres * (a_centre + 5e-8 * n_samples + 4e-7 * n_features)

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        from threadpoolctl import threadpool_limits

        self.n_outputs(X.shape[1], 2)
        drawn = np.random.default_rng(self.seed).permutation(len(X))[: self.samples]
        samples = np.unique(X[drawn], axis=0)
        if len(samples) < _FEWEST_SAMPLES:
            raise DataError(
                f"The reduction 'tsne' needs {_FEWEST_SAMPLES} training samples that differ. Got {len(samples)}."
            )
        self.mean_ = samples.mean(axis=0)
        samples -= self.mean_
        largest = np.abs(samples).max()
        samples /= largest  # so that no square overflows or vanishes
        # Threads decide the order of sums, and t-SNE makes another embedding of another last digit.
        with threadpool_limits(1):
            axes = PrincipalComponents(min(_DIRECTIONS, X.shape[1]), self.seed).fit(samples).axes_
            points = samples @ axes
            points /= (spread := np.sqrt(points.var(axis=0).sum()))
            typical = max(_typical_distance(points), np.sqrt(len(points)) / _FAR)
            self.embedding_ = _embedded(points, self.n_components, self.perplexity, self.seed)
        self.axes_ = axes / (largest * spread * typical)
        self.centres_ = points / typical

    def fitted_outputs(self) -> int:
        """See `Step`: as many points as centres, as many axes as directions."""
        n = self.n_outputs(self.n_features_in_, 2)
        n_centres, n_directions = self.centres_.shape
        self._check_fit(
            self.mean_.shape == (self.n_features_in_,)
            and self.axes_.shape == (self.n_features_in_, n_directions)
            and self.embedding_.shape == (n_centres, n)
            and 0 < n_centres <= _MOST_SAMPLES
            and 0 < n_directions <= _DIRECTIONS,
            f"a mean of {self.n_features_in_} features, axes, and {n} coordinates of each of its centres",
        )
        self._check_fit(bool((np.abs(self.centres_) <= _FAR).all()), f"centres within ±{_FAR:g}")
        return n

    def _apply(self, X: FloatArray) -> FloatArray:
        points = np.clip((X - self.mean_) @ self.axes_, -_FAR, _FAR)
        mapped = np.empty((len(X), self.embedding_.shape[1]))
        n_rows = max(1, _BLOCK // len(self.centres_))
        for start in range(0, len(X), n_rows):
            rows = slice(start, start + n_rows)
            mapped[rows] = self._mapped(points[rows])
        return mapped

    def _mapped(self, points: FloatArray) -> FloatArray:
        """Where samples along the axes, `(n_samples, n_directions)`, go in the embedding."""
        from scipy.spatial.distance import cdist

        squares = cdist(points, self.centres_, "sqeuclidean")
        nearest = squares.min(axis=1, keepdims=True)
        variance = _WIDTH**2 * np.clip(nearest, _CLOSEST**2, 1.0)
        # Less the nearest one's, so that one share at least is not 0, however far the sample is.
        shares = np.exp((nearest - squares) / (2 * variance))
        shares /= shares.sum(axis=1, keepdims=True)
        mapped: FloatArray = shares @ self.embedding_
        return mapped


def _embedded(points: FloatArray, n_components: int, perplexity: float, seed: int) -> FloatArray:
    from sklearn.manifold import TSNE

    perplexity = min(perplexity, (len(points) - 1) / 3)  # a step looks at three times as many neighbours
    found = TSNE(n_components, perplexity=perplexity, init="pca", random_state=seed).fit_transform(points)
    return np.asarray(found, dtype=np.float64)


def _typical_distance(points: FloatArray) -> float:
    """The median distance of a point to its nearest neighbour."""
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=1).fit(points).kneighbors()
    return float(np.median(distances))
