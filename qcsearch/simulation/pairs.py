"""Two-qubit matrices as the kernels want them: scaled permutations with relaxation, and any other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation import ptm
from qcsearch.simulation.ptm import Matrix
from qcsearch.simulation.sweep import PERMUTATION, SPARSE

__all__ = ["RUN_COST", "PairTables", "cost", "find_permutation"]

_TINY = 1e-15
RUN_COST = 48
"""Multiply-adds of a one-qubit matrix on 16 strings: what absorbing it into a two-qubit matrix saves."""


def find_permutation(matrix: Matrix) -> tuple[NDArray[np.int64], Matrix] | None:
    """Write a PTM as `(1 + h |Z⟩⟨I|) ⊗ (1 + g |Z⟩⟨I|) · S`, S a scaled permutation, if it is that.

    Returns:
        Column of each row of S `(16,)`; the scales, then g (first qubit) and h, `(18,)`.
    """
    g, h = matrix[3, 0], matrix[12, 0]
    rest = matrix.copy()
    rest[3::4] -= g * rest[::4]
    rest[12:] -= h * rest[:4]
    present = np.abs(rest) > _TINY
    if present.sum(axis=0).max() > 1 or present.sum(axis=1).max() > 1:
        return None
    columns = np.where(present.any(axis=1), present.argmax(axis=1), -1)
    columns[columns < 0] = np.flatnonzero(~present.any(axis=0))
    return columns.astype(np.int64), np.concatenate([rest[np.arange(16), columns], [g, h]])


def cost(matrix: Matrix) -> int:
    """Rough work of a two-qubit matrix on 16 strings, in the multiply-adds of a one-qubit one."""
    if find_permutation(matrix) is not None:
        return 24
    return 64 + 4 * int((np.abs(matrix) > _TINY).sum())


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
                table = self._add_ints(np.concatenate([places[[1, 4]], places[permutation[0]]]))
                at = self._add_floats(np.repeat(permutation[1], self._lanes))
                op = [PERMUTATION, 0, at, table]
            else:
                at, table = self._sparse(matrix, a, b)
                transposed = self._add_ints(np.array(self._sparse(matrix.T, a, b)))
                op = [SPARSE, transposed, at, table]
            self._fixed[key] = [*op, self._base(a, b), 0, 0]
        return list(self._fixed[key])

    def _sparse(self, matrix: Matrix, a: int, b: int) -> tuple[int, int]:
        present = np.abs(matrix) > _TINY
        places = self._places(a, b)
        rows = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
        table = self._add_ints(np.concatenate([places, rows, places[np.nonzero(present)[1]]]))
        return self._add_floats(np.repeat(matrix[present], self._lanes)), table

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
