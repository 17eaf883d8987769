"""Two-qubit matrices as the kernels want them: scaled permutations with relaxation, and any other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation import ptm
from qcsearch.simulation.ptm import Matrix
from qcsearch.simulation.sweep import PERMUTATION, SPARSE

__all__ = ["RUN_COST", "PairTables", "Permutation", "cost", "find_permutation"]

_TINY = 1e-15
RUN_COST = 48
"""Work of a one-qubit matrix on 16 strings in multiply-adds, the unit of `cost`."""
_PERMUTATION_COST = 44
_FOUR_COST = 5


@dataclass(frozen=True)
class Permutation:
    """A relaxed permutation: the form of a Clifford gate with Pauli noise and thermal relaxation.

    With S a scaled permutation of the 16 strings, digits u of the first and v of the second qubit:

    - `m = S x`;
    - `y_uv = m_uv`, but `y_Zv = m_Zv + g_v m_Iv` and `y_uZ = m_uZ + h_u y_uI` for u ≠ Z;
    - `y_ZZ = m_ZZ + g_Z m_IZ + h_Z y_ZI + c y_II`.

    Attributes:
        columns: what each row of S takes, `(16,)`.
        values: 16 scales, g for v = I X Y Z, h for u = I X Y Z, c; `(25,)`.
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


class PairTables:
    """The array `tables` of `sweep` and the constants of its `values`, filled as operations are added.

    Args:
        n: number of qubits.
        lanes: numbers in a register; offsets are in numbers.
    """

    def __init__(self, n: int, lanes: int) -> None:
        self._n = n
        self._lanes = lanes
        self._ints: list[NDArray[np.int64]] = []
        self._floats: list[Matrix] = []
        self._n_ints = 0
        self._n_floats = 0
        self._bases: dict[tuple[int, int], int] = {}
        self._turns: dict[tuple[int, ...], int] = {}
        self._fixed: dict[tuple[bytes, int, int], list[int]] = {}

    @property
    def tables(self) -> NDArray[np.int64]:
        """Offsets of strings and structure of matrices."""
        return np.concatenate([*self._ints, np.zeros(0, dtype=np.int64)])

    @property
    def statics(self) -> Matrix:
        """Values of the matrices, all lanes alike: the head of `values`."""
        return np.concatenate([*self._floats, np.zeros(0)])

    @property
    def n_statics(self) -> int:
        """Length of `statics`."""
        return self._n_floats

    def turn(self, axes: tuple[int, ...], on: tuple[int, ...]) -> tuple[int, int]:
        """TABLE and BASE of a rotation about a two-qubit Pauli string."""
        a, b = on
        key = (*axes, a, b)
        if key not in self._turns:
            pairs = ptm.rotation_pairs((axes[0], axes[1]))
            self._turns[key] = self._add_ints(self._places(a, b)[pairs])
        return self._turns[key], self._base(a, b)

    def fixed(self, matrix: Matrix, on: tuple[int, ...]) -> list[int]:
        """The operation of a constant matrix; equal ones share their tables."""
        a, b = min(on), max(on)  # the outer loop of the kernel is over the larger step
        matrix = matrix if on == (a, b) else ptm.swapped(matrix)
        key = (matrix.tobytes(), a, b)
        if key not in self._fixed:
            permutation = find_permutation(matrix)
            if permutation is not None:
                places = self._places(a, b)
                table = self._add_ints(np.concatenate([places[[1, 4]], places[permutation.columns]]))
                op = [PERMUTATION, 0, self._add_floats(np.repeat(permutation.values, self._lanes)), table]
            else:
                at, table = self._sparse(matrix, a, b)
                transposed = self._add_ints(np.array(self._sparse(matrix.T, a, b)))
                op = [SPARSE, transposed, at, table]
            self._fixed[key] = [*op, self._base(a, b), 0, 0]
        return list(self._fixed[key])

    def _sparse(self, matrix: Matrix, a: int, b: int) -> tuple[int, int]:
        """AT and TABLE of a matrix in fours of non-zeros, filled up with zeros."""
        places = self._places(a, b)
        table: list[int] = []
        values: list[float] = []
        for row in range(16):
            columns = np.flatnonzero(np.abs(matrix[row]) > _TINY)
            for first in range(0, max(len(columns), 1), 4):
                some = columns[first : first + 4]
                filled = np.concatenate([some, np.zeros(4 - len(some), dtype=np.int64)])
                table += [int(places[row]), int(first > 0), *map(int, places[filled])]
                values += [*matrix[row, some], *[0.0] * (4 - len(some))]
        header = np.array([len(table) // 6, *table], dtype=np.int64)
        return self._add_floats(np.repeat(np.array(values), self._lanes)), self._add_ints(header)

    def _places(self, a: int, b: int) -> NDArray[np.int64]:
        """Offsets of the 16 strings on qubits a and b, a the less significant digit."""
        digits = np.arange(16)
        places: NDArray[np.int64] = ((digits & 3) * 4**a + (digits >> 2) * 4**b) * self._lanes
        return places

    def _base(self, a: int, b: int) -> int:
        """Where the offsets of the strings with I on both qubits stand, ascending."""
        key = (min(a, b), max(a, b))
        if key not in self._bases:
            self._bases[key] = self._add_ints(_bases(self._n, *key) * self._lanes)
        return self._bases[key]

    def _add_ints(self, values: NDArray[np.int64]) -> int:
        self._ints.append(values)
        self._n_ints += len(values)
        return self._n_ints - len(values)

    def _add_floats(self, values: Matrix) -> int:
        self._floats.append(values)
        self._n_floats += len(values)
        return self._n_floats - len(values)


@lru_cache(maxsize=256)
def _bases(n: int, a: int, b: int) -> NDArray[np.int64]:
    index = np.arange(4 ** (n - 2))
    for qubit in (a, b):
        low = index & (4**qubit - 1)
        index = (index - low) * 4 + low
    return index
