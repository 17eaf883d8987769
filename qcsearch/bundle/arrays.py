"""Arrays as JSON: readable, exact to the bit, and no larger in memory than in the file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.canonical import Json
from qcsearch.errors import BundleError

__all__ = ["from_json", "to_json"]

_TYPES = {"float64": float, "int64": int}


def to_json(array: NDArray[Any]) -> dict[str, Json]:
    """Return `{"dtype", "shape", "data"}`; floats in the shortest spelling that reads back to the same bits.

    Raises:
        BundleError: if the array is neither float64 nor int64, or not finite.
    """
    if array.dtype.name not in _TYPES:
        raise BundleError(f"A bundle holds arrays of float64 or int64. Got {array.dtype}.")
    if not np.isfinite(array).all():
        raise BundleError("A bundle holds finite numbers only. Got NaN or infinity in an array.")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": array.ravel().tolist()}


def from_json(data: Json, name: str) -> NDArray[Any]:
    """Rebuild what `to_json` returned.

    Args:
        data: its answer.
        name: for messages.

    Raises:
        BundleError: if type, shape and numbers do not fit together.
    """
    try:
        dtype, shape, numbers = data["dtype"], data["shape"], data["data"]
        wanted = _TYPES[dtype]
        if set(data) != {"dtype", "shape", "data"} or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError("shape and keys")
        if len(numbers) != math.prod(shape) or any(type(number) is not wanted for number in numbers):
            raise ValueError("numbers that do not fit type and shape")
        return np.array(numbers, dtype=dtype).reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"The array '{name}' of the bundle is malformed: {error}.") from None
