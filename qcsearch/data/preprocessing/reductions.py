"""Reductions: fewer features than were measured, one class an alternative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import check_X
from qcsearch.data.preprocessing.steps import Step
from qcsearch.data.values import FloatArray
from qcsearch.errors import CandidateError, DataError
from qcsearch.registry import Registry
from qcsearch.storage.limits import MAX_NUMBERS

__all__ = ["REDUCTIONS", "AveragePool", "LinearDiscriminants", "PrincipalComponents", "Reduction"]

ImageShape = tuple[int, int] | None


class Reduction(Step):
    """A step that turns raw features into fewer.

    A new one subclasses this, registers in `REDUCTIONS` (entry points `qcsearch.reductions`), sets `learned`,
    and writes `n_outputs`, `_learn` and `_apply`.

    Attributes:
        needs: which of `image_shape` and `seed` its constructor takes besides its settings.
        whole: whether it reads all features; if not, constant ones are dropped before.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    whole: ClassVar[bool] = False

    def transform(self, X: FloatArray) -> FloatArray:
        """Return reduced samples `(n_samples, n_outputs)`.

        Raises:
            DataError: if they are no table of finite numbers: sums of huge features overflow, and a plugin may err.
        """
        return check_X(super().transform(X))[0]

    def n_outputs(self, n_features: int, n_classes: int) -> int:
        """Number of features that come out, known before anything is fitted.

        Raises:
            CandidateError: if the settings are wrong or do not suit the data.
        """
        raise NotImplementedError  # every reduction has its own

    def seconds(self, n_samples: int, n_features: int) -> float:
        """About how long a fit to so many samples takes, where that may be long; it cannot be interrupted."""
        return 0.0


REDUCTIONS: Registry[Reduction] = Registry("qcsearch.reductions", CandidateError)
"""`pool`, `pca`, `lda`, `tsne`, `autoencoder`, and what plugins add; `none` is the absence of one."""


@REDUCTIONS.register("pool")
class AveragePool(Reduction):
    """Average pooling: each output pixel is the mean of the area it covers, parts of pixels included.

    Args:
        size: `(height, width)` of the small image, or one number for both.
        image_shape: `(height, width)` of the images.
    """

    needs: ClassVar[tuple[str, ...]] = ("image_shape",)
    whole: ClassVar[bool] = True

    def __init__(self, size: int | Sequence[int], image_shape: ImageShape = None) -> None:
        self.size = size
        self.image_shape = image_shape

    def n_outputs(self, n_features: int, n_classes: int) -> int:
        """Height × width of the small image."""
        height, width = self.small_shape()
        return height * width

    def small_shape(self) -> tuple[int, int]:
        """`(height, width)` of the small image.

        Raises:
            CandidateError: if the setting is wrong, or there are no images.
        """
        image = check_image("pool", self.image_shape)
        size = tuple(self.size) if isinstance(self.size, list | tuple) else (self.size, self.size)
        if len(size) != 2 or not all(_is_count(s) and s <= full for s, full in zip(size, image, strict=True)):
            raise CandidateError(
                "The 'size' of the reduction 'pool' must be a number or [height, width], each 1 or more and "
                f"at most the image's {image[0]}×{image[1]} pixels. Got {self.size!r}."
            )
        if sum(s * full for s, full in zip(size, image, strict=True)) > MAX_NUMBERS:
            raise CandidateError(
                f"The 'size' of the reduction 'pool' is too large for {image[0]}×{image[1]} pixels. Got {self.size!r}."
            )
        return int(size[0]), int(size[1])

    def fitted_outputs(self) -> int:
        """See `Step`: the image has as many pixels as there are features."""
        height, width = self.small_shape()
        check_pixels(self.n_features_in_, check_image("pool", self.image_shape))
        return height * width

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        self.small_shape()
        check_pixels(X.shape[1], check_image("pool", self.image_shape))

    def _apply(self, X: FloatArray) -> FloatArray:
        small, image = self.small_shape(), check_image("pool", self.image_shape)
        rows, columns = (_overlaps(s, full) for s, full in zip(small, image, strict=True))
        pooled: FloatArray = rows @ X.reshape(-1, *image) @ columns.T
        return pooled.reshape(len(X), -1)


@REDUCTIONS.register("pca")
class PrincipalComponents(Reduction):
    """The directions of greatest variance (scikit-learn's PCA).

    Directions beyond the rank of the training split are 0, so that rounding is never scaled up to a feature.

    Args:
        n_components: how many, at most the number of features.
        seed: for the randomised solver that scikit-learn takes for large tables.

    Attributes:
        mean_: `(n_features,)`.
        axes_: orthonormal columns `(n_features, n_components)`.
    """

    needs: ClassVar[tuple[str, ...]] = ("seed",)
    learned: ClassVar[dict[str, int]] = {"mean_": 1, "axes_": 2}
    mean_: FloatArray
    axes_: FloatArray

    def __init__(self, n_components: int, seed: int = 0) -> None:
        self.n_components = n_components
        self.seed = seed

    def n_outputs(self, n_features: int, n_classes: int) -> int:
        """`n_components`."""
        return check_count("pca", self.n_components, n_features, "number of features")

    def seconds(self, n_samples: int, n_features: int) -> float:
        """Of the randomised solver, on two cores: a few passes over the samples for each direction."""
        return 1e-8 * n_samples * n_features * (self.n_components + 10)

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        from sklearn.decomposition import PCA

        self.mean_ = X.mean(axis=0)
        found = PCA(min(self.n_components, *X.shape), random_state=self.seed).fit(X)
        deviation = np.sqrt(found.explained_variance_)
        real = found.components_[deviation > 1e-7 * max(deviation.max(), np.finfo(np.float64).tiny)]
        self.axes_ = _padded(real.T, self.n_components)

    def fitted_outputs(self) -> int:
        """See `Step`."""
        return _projected(self, self.n_components)

    def _apply(self, X: FloatArray) -> FloatArray:
        return (X - self.mean_) @ self.axes_


@REDUCTIONS.register("lda")
class LinearDiscriminants(Reduction):
    """The directions that separate the classes best (scikit-learn's linear discriminant analysis).

    Args:
        n_components: at most the number of classes less one; None for all of them.

    Attributes:
        mean_: `(n_features,)`.
        axes_: columns `(n_features, n_components)`, each scaled to variance 1 within a class.
    """

    learned: ClassVar[dict[str, int]] = {"mean_": 1, "axes_": 2}
    mean_: FloatArray
    axes_: FloatArray

    def __init__(self, n_components: int | None = None) -> None:
        self.n_components = n_components

    def n_outputs(self, n_features: int, n_classes: int) -> int:
        """`n_components`, or the number of classes less one if that is None."""
        if n_classes == 0:
            raise CandidateError("The reduction 'lda' is for classes.", fix="take the reduction 'pca'.")
        most = min(n_classes - 1, n_features)
        if self.n_components is None:
            return most
        return check_count("lda", self.n_components, most, "number of classes less one")

    def seconds(self, n_samples: int, n_features: int) -> float:
        """Of two singular value decompositions, on two cores."""
        return 3e-9 * n_samples * n_features * min(n_samples, n_features)

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        if y is None or y.ndim != 1:
            raise DataError(
                "The reduction 'lda' needs the labels of the training split, which must be classes. Got none."
            )
        n_outputs = self.n_outputs(X.shape[1], len(np.unique(y)))
        found = LinearDiscriminantAnalysis(solver="svd").fit(X, y)
        self.mean_ = found.xbar_
        self.axes_ = _padded(found.scalings_[:, :n_outputs], n_outputs)

    def fitted_outputs(self) -> int:
        """See `Step`."""
        return _projected(self, self.n_components)

    def _apply(self, X: FloatArray) -> FloatArray:
        return (X - self.mean_) @ self.axes_


def _projected(step: PrincipalComponents | LinearDiscriminants, n_components: Any) -> int:
    """Number of columns of a step that subtracts a mean and multiplies by axes, see `Step.fitted_outputs`."""
    n, n_axes = step.n_features_in_, int(step.axes_.shape[1])
    good = step.mean_.shape == (n,) and len(step.axes_) == n and n_components in (None, n_axes)
    step._check_fit(good and n_axes > 0, f"a mean of {n} features and as many axes as components")
    return n_axes


def check_count(reduction: str, count: Any, most: int, of_what: str) -> int:
    """Return `count` if it is a whole number in 1 … `most`.

    Args:
        reduction: its name.
        count: what was set as its `n_components`.
        most: how many there can be.
        of_what: what sets that bound, for the message.

    Raises:
        CandidateError: if not.
    """
    if not _is_count(count) or count > most:
        raise CandidateError(
            f"The 'n_components' of the reduction '{reduction}' must be an int in [1, {most}] ({of_what}). "
            f"Got {count!r}."
        )
    return int(count)


def check_image(reduction: str, image_shape: ImageShape) -> tuple[int, int]:
    """Return `image_shape` if there is one.

    Raises:
        CandidateError: if not.
    """
    if image_shape is None:
        raise CandidateError(
            f"The reduction '{reduction}' needs images. Got samples without a height and a width.",
            "give X as (n, height, width), or choose pca or lda.",
        )
    return int(image_shape[0]), int(image_shape[1])


def check_pixels(n_features: int, image: tuple[int, int]) -> None:
    """Pass if `n_features` is the number of pixels.

    Raises:
        DataError: if not.
    """
    if n_features != image[0] * image[1]:
        raise DataError(
            f"Images of {image[0]}×{image[1]} pixels have {image[0] * image[1]} features. Got {n_features}."
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 1)


def _padded(axes: FloatArray, n_columns: int) -> FloatArray:
    """`axes` with columns of 0 up to `n_columns`."""
    return np.pad(axes, ((0, 0), (0, n_columns - axes.shape[1])))


def _overlaps(n_small: int, n_full: int) -> FloatArray:
    """Matrix `(n_small, n_full)`: the share of each pixel in each equal segment; rows sum to 1."""
    edges = np.arange(n_small + 1) * (n_full / n_small)
    pixels = np.arange(n_full)
    left = np.maximum(edges[:-1, None], pixels)
    right = np.minimum(edges[1:, None], pixels + 1)
    shares: FloatArray = np.maximum(right - left, 0.0) * (n_small / n_full)
    return shares
