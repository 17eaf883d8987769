"""Six recipes for data sets of two classes, after J. Bowles, S. Ahmed, M. Schuld, arXiv 2403.07059, section IV.

What the paper leaves open is as in the study's repository, XanaduAI/qml-benchmarks (Apache-2.0), folders
`src/qml_benchmarks/data` and `paper/benchmarks`: sizes, margins, and the order in which random numbers are drawn, so
that its seeds give its very data sets. That order is why each recipe takes a `RandomState` and not a `Generator`.

Each returns `X` of shape `(n_samples, n_features)` and `y` of shape `(n_samples,)`, -1 or 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

__all__ = [
    "bars_and_stripes",
    "hidden_manifold",
    "hyperplanes",
    "linearly_separable",
    "two_curves",
]

Floats = NDArray[np.float64]
Samples = tuple[Floats, NDArray[Any]]

N_SAMPLES = 300
"""Of a set that is split at random afterwards, a fifth of it for the test."""

PIXEL_NOISE = 0.5
"""Standard deviation, where black is -1 and white 1."""

CURVE_NOISE = 0.01
HYPERPLANE_DIMENSION = 3


def linearly_separable(rng: RandomState, n_features: int, n_samples: int = N_SAMPLES) -> Samples:
    """Points of the cube [-1, 1]^d, but for those with |Σ x_i| <= 0.02 d; class -1 is where Σ x_i > 0."""
    X = 2 * rng.rand(2 * n_samples, n_features) - 1
    X = X[np.abs(X.sum(axis=1)) > 0.02 * n_features][:n_samples]
    return X, np.where(X.sum(axis=1) > 0, -1, 1)


def bars_and_stripes(rng: RandomState, size: int, n_samples: int) -> Samples:
    """Images of `size` × `size` pixels of ±1: each column, or each row, is white with probability 1/2; then noise.

    Whether columns (class -1) or rows (class 1) is a coin of its own, so classes are balanced on the mean alone, and
    an image that is all black or all white belongs to either.
    """
    X, y = np.empty((n_samples, size, size)), np.empty(n_samples, dtype=int)
    for image in range(n_samples):
        y[image] = 1 if rng.rand() > 0.5 else -1
        lines = np.where(rng.rand(size) > 0.5, 1.0, -1.0)
        X[image] = lines[:, None] if y[image] == 1 else lines
        X[image] += rng.normal(0, PIXEL_NOISE, (size, size))
    return X.reshape(n_samples, -1), y


def hidden_manifold(rng: RandomState, n_features: int, dimension: int, n_samples: int = N_SAMPLES) -> Samples:
    """Gaussian points c of a hidden space, seen as tanh(c F / √m - b), labelled by v · tanh(W c) against its median.

    The model of S. Goldt et al., arXiv 1909.11500; F, W and v are Gaussian, b is drawn evenly from [-1, 1).

    Args:
        rng: the source.
        n_features: that are seen.
        dimension: m, of the hidden space.
        n_samples: how many.
    """
    embedding = rng.normal(size=(dimension, n_features))
    hidden = rng.normal(size=(n_samples, dimension))
    bias = 2 * rng.uniform(size=n_features) - 1
    X = np.tanh(hidden @ embedding / np.sqrt(dimension) - bias)
    inner, outer = rng.normal(size=(dimension, dimension)), rng.normal(size=dimension)
    score = np.tanh(hidden @ inner.T) @ outer
    return X, np.where(score < np.median(score), -1, 1)


def two_curves(
    rng: RandomState, n_features: int, degree: int, offset: float, n_samples: int = N_SAMPLES
) -> Samples:
    """Noisy points of a curve (class -1) and of the same curve moved by `offset` along each axis (class 1).

    Each coordinate is a Fourier series of t in [0, 1) with base frequency π, so the curve is open; all coefficients
    are drawn evenly from [0, 1), then scaled to norm 1 together. In the end features get mean 0 and variance 1, over
    test rows too.

    Args:
        rng: the source.
        n_features: one Fourier series each.
        degree: of the highest frequency.
        offset: of each coordinate.
        n_samples: how many, half of them on each curve.
    """
    cosines, sines = np.moveaxis(rng.uniform(size=(n_features, degree + 1, 2)), -1, 0)
    norm = np.sqrt(np.sum(cosines**2) + np.sum(sines**2))
    waves = np.pi * np.arange(degree + 1)
    X = np.empty((n_samples, n_features))
    for sample in range(n_samples):
        phases = waves * rng.rand()
        # degree 0 counts both of its coefficients
        point = cosines @ np.cos(phases) + sines @ np.sin(phases) + sines[:, 0]
        X[sample] = point / norm + rng.normal(0, CURVE_NOISE, n_features)
    X[n_samples // 2 :] += offset
    return StandardScaler().fit_transform(X), _halves(n_samples)


def hyperplanes(rng: RandomState, n_hyperplanes: int, n_features: int, n_samples: int = N_SAMPLES) -> Samples:
    """Gaussian points of three dimensions, labelled by the parity of the hyperplanes on whose upper side they are.

    A hyperplane's normal and bias are drawn evenly from [0, 1). An even number of them is class -1, and as many
    points of either class are kept. They are seen through a linear map, drawn evenly from [0, 1); in the end features
    get mean 0 and variance 1, over test rows too.
    """
    normals = rng.uniform(size=(n_hyperplanes, HYPERPLANE_DIMENSION))
    biases = rng.uniform(size=n_hyperplanes)
    points = rng.normal(size=(4 * n_samples, HYPERPLANE_DIMENSION))
    odd = np.sum(points @ normals.T + biases > 0, axis=1) % 2 == 1
    kept = np.concatenate([points[~odd][: n_samples // 2], points[odd][: n_samples // 2]])
    seen = kept @ rng.uniform(size=(HYPERPLANE_DIMENSION, n_features))
    return StandardScaler().fit_transform(seen), _halves(n_samples)


def _halves(n_samples: int) -> NDArray[Any]:
    return np.repeat([-1, 1], n_samples // 2)
