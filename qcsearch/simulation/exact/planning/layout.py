"""Where the Pauli strings of a light cone lie in a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.planning.supports import ALL, DIAGONAL, ONE

__all__ = ["Layout", "Masks", "offsets"]

Masks = tuple[int, ...]
"""For each qubit which digits matter, see `supports`."""

_DIGITS = {ONE: (0,), DIAGONAL: (0, 3), ALL: (0, 1, 2, 3)}
_LOWS = 64
"""Groups of the lower qubits at most: their offsets (512 bytes) stay in the processor's first cache beside states."""


@dataclass(frozen=True)
class Layout:
    """Mixed radix: qubit 0 the least significant digit, each digit as wide as it ever gets.

    Attributes:
        widths: for each qubit how many digits it has: 1 (I alone), 2 (I, Z) or 4 (I, X, Y, Z).
        lanes: how many numbers a SIMD register holds.
        dtype: type of the states' numbers, float64 or float32.
    """

    widths: tuple[int, ...]
    lanes: int
    dtype: np.dtype[Any]

    @cached_property
    def size(self) -> int:
        """Numbers of a state."""
        return prod(self.widths) * self.lanes

    @cached_property
    def room(self) -> int:
        """Numbers from slot to slot, as `tape.room`."""
        return self.size + 32 * self.lanes

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Offset of the second digit of each qubit."""
        return _steps(self.widths, self.lanes)

    def z_offset(self, qubit: int) -> int:
        """Offset of the digit Z."""
        return self.steps[qubit] * (self.widths[qubit] - 1)

    def digit(self, qubit: int, digit: int) -> int:
        """Offset of a digit that the layout holds."""
        return self.z_offset(qubit) if digit == 3 else self.steps[qubit] * digit

    def support(self, masks: Masks) -> NDArray[np.int64]:
        """Offsets of all strings within the masks, qubit 0 running fastest."""
        return offsets(self.widths, self.lanes, masks)

    def groups(self, masks: Masks, on: Sequence[int]) -> NDArray[np.int64]:
        """The table of groups, see `one_qubit`: strings within the masks with I on some qubits."""
        others = tuple([ONE if qubit in on else mask for qubit, mask in enumerate(masks)])
        return _groups(self.widths, self.lanes, others)


@lru_cache(maxsize=4096)
def _steps(widths: tuple[int, ...], lanes: int) -> tuple[int, ...]:
    return tuple(np.cumprod([lanes, *widths[:-1]]).tolist())


@lru_cache(maxsize=1024)
def offsets(widths: tuple[int, ...], lanes: int, masks: Masks) -> NDArray[np.int64]:
    """Offsets of the strings within `masks` in a layout; not to be written to."""
    found = np.zeros(1, dtype=np.int64)
    for width, step, mask in zip(widths, _steps(widths, lanes), masks, strict=True):
        places = [min(digit, width - 1) * step for digit in _DIGITS[mask]]
        found = (np.array(places)[:, None] + found).reshape(-1)
    return found


@lru_cache(maxsize=16384)
def _groups(widths: tuple[int, ...], lanes: int, masks: Masks) -> NDArray[np.int64]:
    # as many lower qubits as there is room for: a group is at the sum of two offsets, so two short lists do for all
    cut, count = 0, 1
    while cut < len(masks) and count * len(_DIGITS[masks[cut]]) <= _LOWS:
        count *= len(_DIGITS[masks[cut]])
        cut += 1
    rest = (ONE,) * len(masks)
    lows = offsets(widths, lanes, masks[:cut] + rest[cut:])
    highs = offsets(widths, lanes, rest[:cut] + masks[cut:])
    return np.concatenate([[len(highs), len(lows)], lows, highs])
