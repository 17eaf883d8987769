"""Memory of the kernels: arrays that begin on a cache line, kept from one step to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from qcsearch.simulation.exact.kernels.jit import Floats

__all__ = ["Pool", "aligned", "as_aligned"]

T = TypeVar("T")
_LINE = 64


def aligned(size: int, dtype: np.dtype[Any]) -> Floats:
    """A flat array, not filled, from a multiple of 64 bytes on: no register lies across cache lines."""
    array = np.empty(size + _LINE // dtype.itemsize, dtype)
    start = -array.ctypes.data % _LINE // dtype.itemsize
    return array[start : start + size]


def as_aligned(array: Floats) -> Floats:
    """A flat copy that begins at a multiple of 64 bytes."""
    result = aligned(array.size, array.dtype)
    result[:] = array.reshape(-1)
    return result


class Pool(Generic[T]):
    """Workspaces that are used again; safe among threads, because each is taken by one at a time.

    Args:
        make: makes a new one.
        keep: whether those given back are kept; large ones are not.
    """

    def __init__(self, make: Callable[[], T], *, keep: bool) -> None:
        self._make = make
        self._keep = keep
        self._spare: list[T] = []

    def take(self) -> T:
        """A workspace nobody else has; its content is anything."""
        try:
            return self._spare.pop()
        except IndexError:
            return self._make()

    def give(self, workspace: T) -> None:
        """Hand it back."""
        if self._keep:
            self._spare.append(workspace)
