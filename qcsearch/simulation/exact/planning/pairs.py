"""Constant two-qubit matrices that are permutations of the strings, with scales and relaxation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.ptm import Matrix

__all__ = ["RUN_COST", "Permutation", "cost", "find_permutation"]

_TINY = 1e-15
RUN_COST = 48
"""Work of a one-qubit matrix on 16 strings in multiply-adds, the unit of `cost`."""
_PERMUTATION_COST = 44
"""Work of a relaxed permutation: 16 scales, 12 relaxations, and what they load."""
_FOUR_COST = 5
"""Work of four non-zeros of a sparse matrix: four multiply-adds, and the load of their offsets."""


@dataclass(frozen=True)
class Permutation:
    """A relaxed permutation: the form of a Clifford gate with Pauli noise and thermal relaxation.

    With S a scaled permutation of the 16 strings, digits u of the first and v of the second qubit:

    - `m = S x`;
    - `y_uv = m_uv`, but `y_Zv = m_Zv + g_v m_Iv` and `y_uZ = m_uZ + h_u y_uI` for u ≠ Z;
    - `y_ZZ = m_ZZ + g_Z m_IZ + h_Z y_ZI + c y_II`.

    Attributes:
        columns: `(16,)`, the string that each row of S takes.
        values: `(25,)`, 16 scales, g for v = I X Y Z, h for u = I X Y Z, and c.
    """

    columns: NDArray[np.int64]
    values: Matrix


def find_permutation(matrix: Matrix) -> Permutation | None:
    """Write a two-qubit PTM as a relaxed permutation, if it is one."""
    return _find_permutation(matrix.tobytes())


@lru_cache(maxsize=4096)
def _find_permutation(content: bytes) -> Permutation | None:
    matrix = np.frombuffer(content).reshape(16, 16)
    rest = np.where(np.abs(matrix) > _TINY, matrix, 0.0)
    columns, scales, g, h = np.full(16, -1), np.zeros(16), np.zeros(4), np.zeros(4)
    for row in _SIMPLE_ROWS_FIRST:
        u, v = row % 4, row // 4
        if u == 3:
            g[v] = _take(rest, row, columns[4 * v], scales[4 * v])
        if v == 3:
            h[u] = _take(rest, row, columns[u], scales[u])
        c = rest[row, 0] - h[3] * g[0] if row == 15 else 0.0
        if row == 15:
            rest[row, 0] = 0.0
        present = np.flatnonzero(rest[row])
        if len(present) > 1:
            return None
        if len(present):
            columns[row], scales[row] = present[0], rest[row, present[0]]
    used = columns[columns >= 0]
    if len(set(used)) < len(used):
        return None
    columns[columns < 0] = sorted(set(range(16)) - set(used))
    return Permutation(columns.astype(np.int64), np.concatenate([scales, g, h, [c]]))


_SIMPLE_ROWS_FIRST = sorted(range(16), key=lambda row: (row % 4 == 3) + (row // 4 == 3))


def _take(rest: Matrix, row: int, column: int, scale: float) -> float:
    """The entry of a row in the column of another row's main entry, as a multiple of that one; it is taken out."""
    if column < 0 or not scale:
        return 0.0
    found = float(rest[row, column]) / scale
    rest[row, column] = 0.0
    return found


def cost(matrix: Matrix) -> int:
    """Rough work of a two-qubit matrix on 16 strings, in the multiply-adds of a one-qubit one."""
    if find_permutation(matrix) is not None:
        return _PERMUTATION_COST
    fours = -(-(np.abs(matrix) > _TINY).sum(axis=1) // 4)
    return 10 + _FOUR_COST * int(np.maximum(fours, 1).sum())
