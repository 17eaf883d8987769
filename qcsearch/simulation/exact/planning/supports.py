"""Which Pauli strings matter where: products of sets of digits, one set a qubit, walked through a circuit.

A *mask* is a set of the digits I X Y Z of one qubit as four bits, and one of three: `ONE` {I}, `DIAGONAL` {I, Z},
`ALL`. An observable sees the past of its support only; the ground state holds I and Z alone; what lies outside either
is neither computed nor read. A *pattern* says where a matrix is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from qcsearch.simulation import ptm
from qcsearch.simulation.lower import Element, FixedChannel
from qcsearch.simulation.ptm import Matrix

__all__ = [
    "ALL",
    "DIAGONAL",
    "ONE",
    "Pattern",
    "acts",
    "after",
    "before",
    "element_pattern",
    "matrix_pattern",
    "product",
    "widened",
]

ONE, DIAGONAL, ALL = 0b0001, 0b1001, 0b1111
_TINY = 1e-14
_DIGITS = range(4)


class Pattern(NamedTuple):
    """Where the matrix of an operation on one or two qubits is not zero.

    Attributes:
        rows: for each string after the operation, the strings before it that it takes from, as bits.
        still: strings whose row is that of the identity, as bits.
    """

    rows: tuple[int, ...]
    still: int

    def after(self, other: Pattern) -> Pattern:
        """Of the product: `other` comes first."""
        return _product(self, other)


@lru_cache(maxsize=16384)
def _product(late: Pattern, early: Pattern) -> Pattern:
    rows = tuple(_union(early.rows, row) for row in late.rows)
    return Pattern(rows, late.still & early.still)


def _union(rows: Sequence[int], chosen: int) -> int:
    result = 0
    while chosen:
        low = chosen & -chosen
        result |= rows[low.bit_length() - 1]
        chosen ^= low
    return result


def matrix_pattern(matrix: Matrix) -> Pattern:
    """Of a constant PTM `(4, 4)` or `(16, 16)`."""
    return _matrix_pattern(matrix.tobytes())


@lru_cache(maxsize=16384)
def _matrix_pattern(content: bytes) -> Pattern:
    flat = np.frombuffer(content)
    side = 4 if flat.size == 16 else 16
    matrix = flat.reshape(side, side)
    bits = 1 << np.arange(side)
    rows = (np.abs(matrix) > _TINY) @ bits
    still = (np.abs(matrix - np.eye(side)).max(axis=1) <= _TINY) @ bits
    return Pattern((1, *rows.tolist()[1:]), int(still) | 1)  # channels keep the trace


def element_pattern(element: Element) -> Pattern:
    """Of one element of a circuit."""
    return (
        matrix_pattern(element.matrix)
        if isinstance(element, FixedChannel)
        else _rotation_pattern(element.axes)
    )


@cache
def _rotation_pattern(axes: tuple[int, ...]) -> Pattern:
    generic = (
        ptm.one_qubit_rotation(axes[0], 1.0)
        if len(axes) == 1
        else ptm.two_qubit_rotation((axes[0], axes[1]), 1.0)
    )
    return matrix_pattern(generic)


def widened(digits: int) -> int:
    """The mask that holds these digits and I."""
    return ONE if digits & ~ONE == 0 else DIAGONAL if digits & ~DIAGONAL == 0 else ALL


@cache
def product(masks: tuple[int, ...]) -> int:
    """The strings of one or two qubits with these masks, as bits; the first qubit is the less significant digit."""
    if len(masks) == 1:
        return masks[0]
    return sum(masks[0] << 4 * digit for digit in _DIGITS if masks[1] >> digit & 1)


@cache
def _projected(strings: int, n: int) -> tuple[int, ...]:
    if n == 1:
        return (widened(strings),)
    digits = [strings >> 4 * digit & ALL for digit in _DIGITS]
    low = digits[0] | digits[1] | digits[2] | digits[3]
    return widened(low), widened(sum(1 << digit for digit in _DIGITS if digits[digit]))


@lru_cache(maxsize=65536)
def before(rows: tuple[int, ...], masks: tuple[int, ...]) -> tuple[int, ...]:
    """Masks of what strings within `masks`, after an operation with these rows, take from."""
    return _projected(_union(rows, product(masks)), len(masks))


@lru_cache(maxsize=65536)
def after(rows: tuple[int, ...], masks: tuple[int, ...]) -> tuple[int, ...]:
    """Masks of what can differ from zero after an operation on a state within `masks`."""
    given = product(masks)
    return _projected(sum(1 << row for row, taken in enumerate(rows) if taken & given), len(masks))


def acts(pattern: Pattern, masks: tuple[int, ...]) -> bool:
    """Whether the operation changes anything on strings within `masks` after it."""
    return bool(product(masks) & ~pattern.still)
