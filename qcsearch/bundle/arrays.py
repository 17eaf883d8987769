"""Arrays as JSON: readable, exact to the bit, and no larger in memory than in the file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import BundleError
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_LEARNED

__all__ = ["from_json", "to_json"]

_TYPES = {"float64": float, "int64": int}


def to_json(array: NDArray[Any], largest: float = MAX_LEARNED) -> dict[str, Json]:
    """Return `{"dtype", "shape", "data"}`; floats in the shortest spelling that reads back to the same bits.

    Raises:
        BundleError: if the array is neither float64 nor int64, not finite, or holds a number beyond `largest`.
    """
    if array.dtype.name not in _TYPES:
        raise BundleError(f"A bundle holds arrays of float64 or int64. Got {array.dtype}.")
    if not np.isfinite(array).all():
        raise BundleError("A bundle holds finite numbers only. Got NaN or infinity in an array.")
    if np.abs(array).max(initial=0) > largest:
        raise BundleError(f"A bundle holds no such numbers beyond ±{largest:g}. Got one in an array.")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": array.ravel().tolist()}


def from_json(data: Json, name: str, largest: float = MAX_LEARNED) -> NDArray[Any]:
    """Rebuild what `to_json` returned.

    Args:
        data: its answer.
        name: name of the array, for messages.
        largest: size that a number may have.

    Raises:
        BundleError: if a number is too large, or type, shape and numbers do not fit together.
    """
    try:
        dtype, shape, numbers = data["dtype"], data["shape"], data["data"]
        wanted = _TYPES[dtype]
        if set(data) != {"dtype", "shape", "data"} or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError("shape and keys")
        if len(numbers) != math.prod(shape) or any(type(number) is not wanted for number in numbers):
            raise ValueError("numbers that do not fit type and shape")
        array: NDArray[Any] = np.array(numbers, dtype=dtype).reshape(shape)
        if np.abs(array).max(initial=0) > largest:
            raise ValueError(f"numbers beyond ±{largest:g}")
        return array
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"The array '{name}' of the bundle is malformed: {str(error)[:100]}.") from None
