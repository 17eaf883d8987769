"""Pipelines, the base of their steps, and the steps that every one has.

They look like scikit-learn's and are not: to import its base class takes most of a second, and whoever predicts needs
none of it. What learns with its estimators imports them then.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.constant import constant_features
from qcsearch.data.values import FloatArray
from qcsearch.errors import BundleError
from qcsearch.storage.limits import MAX_PARAMETER

__all__ = ["SCALINGS", "AngleRange", "DropConstant", "Pipeline", "Scaler", "Step"]

SCALINGS = {"minmax": (0.0, 1.0), "maxabs": (-1.0, 1.0), "standard": (-3.0, 3.0), "none": (0.0, 0.0)}
"""Each scaling, and the interval of scaled values that becomes the angle range: for `standard`, three
standard deviations to either side of the mean, which holds 99.7 % of a normal distribution. With `none` there is no
such interval: features stay as they are."""


class Step:
    """A transformer whose settings are what its constructor stores, and whose fitted state is a few plain arrays.

    That makes it savable without pickle and exact to the bit: a step restored from its settings and its
    `learned` arrays computes the same numbers. It takes float64 samples in C order that the door (`load_dataset`,
    `train`, `TrainedModel.features`) has checked, and gives such samples to the step after it.

    Attributes:
        learned: names of the fitted arrays (each ends in `_`) and their number of dimensions.
        n_features_in_: number of features it was fitted on.
    """

    learned: ClassVar[dict[str, int]] = {}
    n_features_in_: int

    @property
    def settings(self) -> dict[str, Any]:
        """What its constructor was given."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def fit(self, X: FloatArray, y: NDArray[Any] | None = None) -> Self:
        """Learn from samples `(n_samples, n_features)`, and from class indices `(n_samples,)` if needed.

        Raises:
            DataError: if the step cannot learn from such samples.
            CandidateError: if the settings do not suit them.
        """
        self.n_features_in_ = X.shape[1]
        self._learn(X, y)
        for name in self.learned:
            setattr(self, name, np.ascontiguousarray(getattr(self, name)))
        return self

    def transform(self, X: FloatArray) -> FloatArray:
        """Return transformed samples `(n_samples, n_outputs)`."""
        # The order in memory decides the order of sums, and so the last digit of what the next step learns.
        return np.ascontiguousarray(self._apply(X))

    def fitted_outputs(self) -> int:
        """Number of features that come out of the fitted step, once its arrays are seen to fit together.

        A step may have been read from a file that somebody made, so its shapes are compared before any number of
        them is used.

        Raises:
            BundleError: if they do not fit.
        """
        return int(self._apply(np.zeros((1, self.n_features_in_))).shape[1])

    def _check_fit(self, fits: bool, what: str) -> None:
        if not fits:
            raise BundleError(f"The preprocessing step {type(self).__name__} must have {what}.")

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        """Set the `learned` arrays."""

    def _apply(self, X: FloatArray) -> FloatArray:
        """Transform samples; every step has its own."""
        raise NotImplementedError


class Pipeline:
    """Steps by name; each takes what the one before it gives.

    Args:
        steps: in their order.
    """

    def __init__(self, steps: Sequence[tuple[str, Step]]) -> None:
        self.steps = tuple(steps)

    @property
    def first(self) -> Step:
        """The step that takes raw features."""
        return self.steps[0][1]

    @property
    def last(self) -> Step:
        """The step that gives angles."""
        return self.steps[-1][1]

    def fit(self, X: FloatArray, y: NDArray[Any] | None = None) -> Self:
        """Have each step learn from what the one before it makes of samples `(n_samples, n_features)`.

        Raises:
            DataError: if a step cannot learn from such samples.
            CandidateError: if its settings do not suit them.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: FloatArray, y: NDArray[Any] | None = None) -> FloatArray:
        """Fit, and return the samples transformed, `(n_samples, n_outputs)`; raises as `fit`."""
        for _, step in self.steps:
            X = step.fit(X, y).transform(X)
        return X

    def transform(self, X: FloatArray) -> FloatArray:
        """Return transformed samples `(n_samples, n_outputs)`."""
        for _, step in self.steps:
            X = step.transform(X)
        return X


class DropConstant(Step):
    """Drops features that are constant in the training split.

    Attributes:
        kept_: indices of the features that vary `(n_kept,)`.
    """

    learned: ClassVar[dict[str, int]] = {"kept_": 1}
    kept_: NDArray[np.int64]

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        constant = constant_features(X, "the training split")
        self.kept_ = np.setdiff1d(np.arange(X.shape[1]), np.array(constant, dtype=np.int64))

    def fitted_outputs(self) -> int:
        """See `Step`: each kept feature stands once."""
        kept = self.kept_
        good = kept.dtype == np.int64 and len(kept) > 0 and kept[0] >= 0 and kept[-1] < self.n_features_in_
        self._check_fit(good and bool((np.diff(kept) > 0).all()), "the numbers of features, each once")
        return len(kept)

    def _apply(self, X: FloatArray) -> FloatArray:
        return X[:, self.kept_]


class Scaler(Step):
    """Scales each feature linearly: `(x - offset_) / scale_`.

    `minmax` takes the training split to [0, 1], `maxabs` to [-1, 1] with 0 kept, `standard` to mean 0 and
    standard deviation 1. A feature without extent keeps scale 1.

    Args:
        kind: one of `SCALINGS`.

    Attributes:
        offset_: in units of the feature `(n_features,)`.
        scale_: in units of the feature `(n_features,)`, > 0.
    """

    learned: ClassVar[dict[str, int]] = {"offset_": 1, "scale_": 1}
    offset_: FloatArray
    scale_: FloatArray

    def __init__(self, kind: str = "minmax") -> None:
        self.kind = kind

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        if self.kind == "minmax":
            self.offset_ = X.min(axis=0)
            extent = X.max(axis=0) - self.offset_
        elif self.kind == "maxabs":
            self.offset_ = np.zeros(X.shape[1])
            extent = np.abs(X).max(axis=0)
        else:
            self.offset_, extent = X.mean(axis=0), X.std(axis=0)
        # Below the smallest normal number a quotient can overflow.
        self.scale_ = np.where(extent > np.finfo(np.float64).tiny, extent, 1.0)

    def fitted_outputs(self) -> int:
        """See `Step`: one offset and one scale a feature."""
        n = self.n_features_in_
        self._check_fit(
            self.offset_.shape == self.scale_.shape == (n,) and bool((self.scale_ > 0).all()),
            f"{n} offsets and scales above 0",
        )
        return n

    def _apply(self, X: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):  # far outside the training's extent: ±inf, which AngleRange clips
            return np.clip((X - self.offset_) / self.scale_, -1e9, 1e9)


class AngleRange(Step):
    """Maps scaled values linearly to angles; what lies outside the fitted range is clipped, never wrapped.

    With the scaling `none` it is the only step, and changes nothing.

    Args:
        low: angle of the lowest scaled value, in radians.
        high: angle of the highest, in radians.
        kind: the scaling before it, one of `SCALINGS`, which sets what is lowest and highest.
    """

    def __init__(self, low: float = -math.pi / 2, high: float = math.pi / 2, kind: str = "minmax") -> None:
        self.low = low
        self.high = high
        self.kind = kind

    def fitted_outputs(self) -> int:
        """See `Step`: two angles in order."""
        good = all(
            type(angle) in (float, int) and abs(angle) <= MAX_PARAMETER for angle in (self.low, self.high)
        )
        self._check_fit(good and self.low < self.high, "two angles, low < high")
        return self.n_features_in_

    def _apply(self, X: FloatArray) -> FloatArray:
        if self.kind == "none":
            return X
        first, last = SCALINGS[self.kind]
        share = np.clip((X - first) / (last - first), 0.0, 1.0)
        return np.clip(self.low + share * (self.high - self.low), self.low, self.high)
