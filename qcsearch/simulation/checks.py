"""Checks of what is given to a program: shapes and finite numbers."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.errors import InputError

__all__ = ["check_cotangent", "check_features", "check_weights"]


def check_features(X: ArrayLike, n_features: int) -> NDArray[np.float64]:
    """`X` as an array `(n, n_features)`.

    Raises:
        InputError: if the shape is another, there is no row, or a number is not finite.
    """
    array = np.asarray(X, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != n_features or not len(array):
        raise InputError(f"X must have shape (n, {n_features}) with n ≥ 1. Got {array.shape}.")
    if not np.isfinite(array).all():
        raise InputError("X must hold finite numbers. Got NaN or infinity.")
    return array


def check_weights(w: ArrayLike, n_weights: int) -> NDArray[np.float64]:
    """`w` as a contiguous array `(n_weights,)`.

    Raises:
        InputError: if the shape is another or a number is not finite.
    """
    array = np.ascontiguousarray(w, dtype=np.float64)
    if array.shape != (n_weights,):
        raise InputError(f"w must have shape ({n_weights},). Got {array.shape}.")
    if not isfinite(array.sum()) and not np.isfinite(array).all():
        raise InputError("w must hold finite numbers. Got NaN or infinity.")
    return array


def check_cotangent(cotangent: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The cotangent as an array of the values' shape.

    Raises:
        InputError: if the shape is another.
    """
    array = np.asarray(cotangent, dtype=np.float64)
    if array.shape != shape:
        raise InputError(f"The cotangent must have the values' shape {shape}. Got {array.shape}.")
    return array
