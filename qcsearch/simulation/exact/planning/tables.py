"""The integers and constants that the kernels work with: structure of matrices, groups of strings."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation import ptm
from qcsearch.simulation.exact.kernels.tape import PERMUTATION, RUN, SAMPLE_RUN, SPARSE
from qcsearch.simulation.exact.planning.layout import Layout
from qcsearch.simulation.exact.planning.operations import Operation
from qcsearch.simulation.exact.planning.pairs import find_permutation
from qcsearch.simulation.exact.planning.supports import ALL, product
from qcsearch.simulation.ptm import Matrix

__all__ = ["Tables"]

_TINY = 1e-15
_FULL = product((ALL, ALL))


class Tables:
    """The array `tables` of `tape` and the constants of its `values`, filled as operations are added.

    Args:
        layout: of the states.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._ints: list[NDArray[np.int64]] = []
        self._floats: list[Matrix] = []
        self._n_ints = 0
        self._n_floats = 0
        self._known: dict[object, tuple[int, ...]] = {}

    @property
    def tables(self) -> NDArray[np.int64]:
        """Structure of matrices and groups of strings."""
        return np.concatenate([*self._ints, np.zeros(0, dtype=np.int64)])

    @property
    def statics(self) -> Matrix:
        """Values of the matrices, all lanes alike: the head of `values`."""
        return np.concatenate([*self._floats, np.zeros(0)])

    @property
    def n_statics(self) -> int:
        """Length of `statics`."""
        return self._n_floats

    def row(self, operation: Operation) -> list[int]:
        """KIND, OTHER, AT, TABLE, GROUPS of an operation; AT is the operation's number but for constants."""
        local_before = tuple([operation.before[qubit] for qubit in operation.on])
        local_after = tuple([operation.after[qubit] for qubit in operation.on])
        content = b"" if operation.matrix is None else operation.matrix.tobytes()
        key = (operation.kind, operation.axes, operation.on, local_before, local_after, content)
        if key not in self._known:
            self._known[key] = self._structure(operation, local_before, local_after)
        kind, other, at, table = self._known[key]
        if operation.matrix is None:
            at = operation.number
        return [kind, other, at, table, self._groups(operation)]

    def _groups(self, operation: Operation) -> int:
        if len(operation.on) == 1 and {*operation.before, *operation.after} == {ALL}:
            key: tuple[object, ...] = ("everywhere", operation.on)
        else:
            key = tuple([0 if qubit in operation.on else mask for qubit, mask in enumerate(operation.after)])
        if key not in self._known:
            table = self._layout.groups(operation.after, operation.on)
            if key[0] == "everywhere":
                table = np.array([0, operation.on[0], len(operation.after)])
            self._known[key] = (self._add_ints(table),)
        return self._known[key][0]

    def _structure(
        self, operation: Operation, before: tuple[int, ...], after: tuple[int, ...]
    ) -> tuple[int, ...]:
        """KIND, OTHER, AT, TABLE."""
        if operation.kind in (RUN, SAMPLE_RUN):
            qubit = operation.on[0]
            run = [
                self._layout.steps[qubit],
                self._layout.z_offset(qubit),
                before[0] == ALL,
                after[0] == ALL,
            ]
            return operation.kind, 0, 0, self._add_ints(np.array(run, dtype=np.int64))
        places = self._places(operation.on)
        if operation.matrix is None:
            table, transposed = self._rotation(operation.axes, before, after, places)
            return operation.kind, transposed, 0, table
        return self._fixed(operation.matrix, product(before), product(after), places)

    def _fixed(self, matrix: Matrix, before: int, after: int, places: NDArray[np.int64]) -> tuple[int, ...]:
        permutation = find_permutation(matrix) if before == after == _FULL else None
        if permutation is not None:
            table = self._add_ints(np.concatenate([places[[1, 4]], places[permutation.columns]]))
            return PERMUTATION, 0, self._add_floats(np.repeat(permutation.values, self._layout.lanes)), table
        at, table = self._sparse(matrix, before, after, places)
        transposed = self._add_ints(np.array(self._sparse(matrix.T, after, before, places)))
        return SPARSE, transposed, at, table

    def _sparse(self, matrix: Matrix, before: int, after: int, places: NDArray[np.int64]) -> tuple[int, int]:
        """AT and TABLE of a matrix in fours of non-zeros, filled up with zeros."""
        rows, columns, values = _fours(matrix.tobytes(), before, after)
        table = np.empty((len(rows), 6), dtype=np.int64)
        table[:, 0], table[:, 1], table[:, 2:] = places[rows[:, 0]], rows[:, 1], places[columns]
        header = np.concatenate([[len(rows)], table.reshape(-1)])
        return self._add_floats(np.repeat(values, self._layout.lanes)), self._add_ints(header)

    def _rotation(
        self,
        axes: tuple[int, ...],
        before: tuple[int, ...],
        after: tuple[int, ...],
        places: NDArray[np.int64],
    ) -> tuple[int, int]:
        """Tables of a rotation about a two-qubit Pauli string and of its transpose."""
        pairs = ptm.rotation_pairs((axes[0], axes[1]))
        partner: dict[int, tuple[int, int]] = {}
        for p, q in zip(pairs[:8:2].tolist(), pairs[1:8:2].tolist(), strict=True):
            partner[q], partner[p] = (p, 1), (q, -1)
        early, late = product(before), product(after)
        forwards = self._rotation_table(partner, early, late, 1, places)
        return forwards, self._rotation_table(partner, late, early, -1, places)

    def _rotation_table(
        self,
        partner: dict[int, tuple[int, int]],
        given: int,
        wanted: int,
        sign: int,
        places: NDArray[np.int64],
    ) -> int:
        kinds: dict[int, list[int]] = {1: [], -1: [], 0: []}
        for row in range(16):
            if wanted >> row & 1:
                other, sense = partner.get(row, (row, 0))
                found = [int(places[string]) if given >> string & 1 else -1 for string in (row, other)]
                kinds[sense * sign] += [int(places[row]), *found]
        header = [len(kinds[sense]) // 3 for sense in (1, -1, 0)]
        return self._add_ints(np.array(header + kinds[1] + kinds[-1] + kinds[0], dtype=np.int64))

    def _places(self, on: tuple[int, ...]) -> NDArray[np.int64]:
        """Offsets of the 16 strings on two qubits; meaningless for digits that the layout lacks."""
        a, b = ([self._layout.digit(qubit, digit) for digit in range(4)] for qubit in on)
        return np.array([low + high for high in b for low in a], dtype=np.int64)

    def _add_ints(self, values: NDArray[np.int64]) -> int:
        self._ints.append(values)
        self._n_ints += len(values)
        return self._n_ints - len(values)

    def _add_floats(self, values: Matrix) -> int:
        self._floats.append(values)
        self._n_floats += len(values)
        return self._n_floats - len(values)


@lru_cache(maxsize=8192)
def _fours(content: bytes, before: int, after: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Matrix]:
    """The non-zeros of a `(16, 16)` matrix in fours of one row, filled up with zeros.

    Args:
        content: of the matrix.
        before: strings that are not zero before it, as bits.
        after: strings that are wanted after it.

    Returns:
        Row, and 1 if it has begun before, `(n_fours, 2)`; columns `(n_fours, 4)`; values, flat.
    """
    matrix = np.frombuffer(content).reshape(16, 16)
    rows: list[tuple[int, int]] = []
    columns: list[list[int]] = []
    values: list[float] = []
    for row in range(16):
        if not after >> row & 1:
            continue
        taken = [int(k) for k in np.flatnonzero(np.abs(matrix[row]) > _TINY) if before >> int(k) & 1]
        for first in range(0, max(len(taken), 1), 4):
            some = taken[first : first + 4]
            rows.append((row, int(first > 0)))
            columns.append(some + [0] * (4 - len(some)))
            values += [*matrix[row, some].tolist(), *[0.0] * (4 - len(some))]
    return np.array(rows), np.array(columns), np.array(values)
