"""Fusion of elements into tapes: one matrix a qubit between two-qubit gates, and the tables behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation import ptm
from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.kernels import PairTables
from qcsearch.simulation.lanes import LANE_BYTES
from qcsearch.simulation.lower import Element, Fixed, Turn
from qcsearch.simulation.matrices import Recipe
from qcsearch.simulation.ptm import Matrix
from qcsearch.simulation.sweep import PAIR, RUN, SAMPLE_RUN, SAMPLE_TURN, TURN

__all__ = ["Fuser"]

_ABSORB = 24
"""A constant one-qubit matrix is multiplied into the next two-qubit matrix if that adds at most so many
non-zeros (a pass of its own costs as much as 48)."""
_TINY = 1e-15


@dataclass
class _Run:
    """Elements on one qubit that wait for the next two-qubit gate."""

    elements: list[Fixed | Turn] = field(default_factory=list)

    def add(self, element: Element) -> None:
        last = self.elements[-1] if self.elements else None
        if isinstance(element, Fixed) and isinstance(last, Fixed):
            self.elements[-1] = Fixed(element.qubits, element.matrix @ last.matrix)
        else:
            self.elements.append(element)


class Fuser:
    """Collects the tables of one circuit while its sections are fused one after the other.

    Args:
        qubits: the circuit's qubits of the cone; they become 0 … n-1.
        dtype: of the states.
    """

    def __init__(self, qubits: Sequence[int], dtype: np.dtype[Any]) -> None:
        self.n = len(qubits)
        self.dtype = dtype
        self._local = {qubit: index for index, qubit in enumerate(qubits)}
        self._segments: list[list[tuple[int, int]]] = [[]]  # segment 0 is the identity
        self._constants: list[Matrix] = []
        self._factors: list[tuple[int, int, int, int]] = []
        self._sample_runs: list[int] = [0]
        self._angles: list[AngleSum] = []
        self._sample_angles: list[AngleSum] = []
        self._pairs: list[Matrix] = []
        self._pair_numbers: dict[bytes, int] = {}
        self._turns: dict[tuple[int, int], int] = {}
        self._places: dict[tuple[int, int], int] = {}

    def fuse(self, elements: list[Element], *, transposed: bool = False) -> list[list[int]]:
        """Operations of one section; with `transposed` in reverse order, each flipped, for observables."""
        waiting = [_Run() for _ in range(self.n)]
        ops: list[list[int]] = []
        for element in elements:
            on = [self._local[qubit] for qubit in element.qubits]
            if len(on) == 1:
                waiting[on[0]].add(element)
                continue
            element = self._absorb(element, on, waiting)
            for qubit in on:
                self._flush(waiting, qubit, ops)
            ops.append(self._two_qubit(element, on))
        for qubit in range(self.n):
            self._flush(waiting, qubit, ops)
        if transposed:
            ops.reverse()
            for op in ops:
                op[6] = 1
        return ops

    def _absorb(self, element: Element, on: list[int], waiting: list[_Run]) -> Element:
        """Multiply waiting constant matrices into a constant two-qubit matrix while it stays sparse."""
        if isinstance(element, Turn):
            return element
        matrix = element.matrix
        for place, qubit in enumerate(on):
            run = waiting[qubit].elements
            if len(run) == 1 and isinstance(run[0], Fixed):
                eye = np.eye(4)
                wide = np.kron(eye, run[0].matrix) if place == 0 else np.kron(run[0].matrix, eye)
                product = matrix @ wide
                if _count(product) <= _count(matrix) + _ABSORB:
                    matrix = product
                    run.clear()
        return Fixed(element.qubits, matrix)

    def _flush(self, waiting: list[_Run], qubit: int, ops: list[list[int]]) -> None:
        run = waiting[qubit].elements
        if not run:
            return
        gradient = int(any(isinstance(element, Turn) and element.angle.has_weight for element in run))
        segment: list[tuple[int, int]] = []
        cuts: list[tuple[int, int, int]] = []  # segment before, axis, sample angle
        for element in run:
            if isinstance(element, Fixed):
                self._constants.append(element.matrix)
                segment.append((0, len(self._constants) - 1))
            elif element.angle.has_feature:
                cuts.append((self._segment(segment), element.axes[0], self._sample_angle(element.angle)))
                segment = []
            else:
                self._angles.append(element.angle)
                segment.append((element.axes[0], len(self._angles) - 1))
        waiting[qubit] = _Run()
        last = self._segment(segment)
        if not cuts:
            ops.append([RUN, qubit, 0, last, 0, 0, 0, gradient, 0])
            return
        for number, (before, axis, angle) in enumerate(cuts):
            left = last if number == len(cuts) - 1 else cuts[number + 1][0]
            self._factors.append((left, before if number == 0 else 0, axis, angle))
        self._sample_runs.append(len(self._factors))
        ops.append([SAMPLE_RUN, qubit, 0, len(self._sample_runs) - 2, 0, 0, 0, gradient, 0])

    def _segment(self, elements: list[tuple[int, int]]) -> int:
        if not elements:
            return 0
        self._segments.append(elements)
        return len(self._segments) - 1

    def _sample_angle(self, angle: AngleSum) -> int:
        self._sample_angles.append(angle)
        return len(self._sample_angles) - 1

    def _two_qubit(self, element: Element, on: list[int]) -> list[int]:
        a, b = min(on), max(on)
        place = self._places.setdefault((a, b), len(self._places))
        if isinstance(element, Fixed):
            matrix = element.matrix if on[0] == a else ptm.swapped(element.matrix)
            return [PAIR, a, b, self._pair(matrix), 0, place, 0, 0, 0]
        axes = (element.axes[0], element.axes[1]) if on[0] == a else (element.axes[1], element.axes[0])
        turn = self._turns.setdefault(axes, len(self._turns))
        gradient = int(element.angle.has_weight)
        if element.angle.has_feature:
            return [SAMPLE_TURN, a, b, turn, self._sample_angle(element.angle), place, 0, gradient, 0]
        self._angles.append(element.angle)
        return [TURN, a, b, turn, len(self._angles) - 1, place, 0, gradient, 0]

    def _pair(self, matrix: Matrix) -> int:
        key = matrix.tobytes()
        if key not in self._pair_numbers:
            self._pair_numbers[key] = len(self._pairs)
            self._pairs.append(matrix)
        return self._pair_numbers[key]

    def tape(self, ops: list[list[int]]) -> NDArray[np.int64]:
        """The operations as an array, after all sections are fused: now the counts a block are known."""
        for op in ops:
            if op[0] == SAMPLE_RUN:
                op[8] = len(self._sample_runs) - 1
            elif op[0] == SAMPLE_TURN:
                op[8] = len(self._sample_angles)
        return np.array(ops, dtype=np.int64).reshape(-1, 9)

    def recipe(self) -> Recipe:
        """Tables from which the one-qubit matrices are built."""
        elements = [element for segment in self._segments for element in segment]
        terms = [
            (number, weight, coefficient)
            for number, angle in enumerate(self._angles)
            for coefficient, weight, _ in angle.terms
        ]
        sample_terms = [
            (number, weight, feature, coefficient)
            for number, angle in enumerate(self._sample_angles)
            for coefficient, weight, feature in angle.terms
        ]
        return Recipe(
            segment_start=_ints(np.cumsum([0, *map(len, self._segments)])),
            element_axis=_ints([axis for axis, _ in elements]),
            element_index=_ints([index for _, index in elements]),
            constants=np.array(self._constants, dtype=np.float64).reshape(-1, 4, 4),
            factors=_ints(self._factors).reshape(-1, 4),
            sample_run_start=_ints(self._sample_runs),
            angle_constants=np.array([angle.constant for angle in self._angles], dtype=np.float64),
            terms=_ints([term[:2] for term in terms]).reshape(-1, 2),
            term_coefficients=np.array([term[2] for term in terms], dtype=np.float64),
            sample_angle_constants=np.array(
                [angle.constant for angle in self._sample_angles], dtype=np.float64
            ),
            sample_terms=_ints([term[:3] for term in sample_terms]).reshape(-1, 3),
            sample_term_coefficients=np.array([term[3] for term in sample_terms], dtype=np.float64),
        )

    def pair_tables(self) -> PairTables:
        """Tables of the two-qubit operations."""
        lanes = LANE_BYTES // self.dtype.itemsize
        rows = np.zeros((len(self._pairs), 2, 17), dtype=np.int64)
        columns: list[NDArray[np.int64]] = []
        values: list[Matrix] = []
        start = 0
        for number, matrix in enumerate(self._pairs):
            for side, part in enumerate((matrix, matrix.T)):
                present = np.abs(part) > _TINY
                rows[number, side] = start + np.concatenate([[0], np.cumsum(present.sum(axis=1))])
                start = rows[number, side, -1]
                columns.append(np.nonzero(present)[1])
                values.append(part[present])
        turns = [ptm.rotation_pairs(axes) for axes in self._turns]
        bases = [_bases(self.n, a, b) * lanes for a, b in self._places]
        return PairTables(
            pair_rows=rows,
            pair_columns=_ints(np.concatenate([*columns, []])),
            pair_values=np.concatenate([*values, []]).astype(self.dtype),
            turn_pairs=_ints(turns).reshape(-1, 16),
            bases=np.array(bases, dtype=np.int32).reshape(len(bases), 4 ** max(self.n - 2, 0)),
        )


def _ints(values: Any) -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)


def _count(matrix: Matrix) -> int:
    return int((np.abs(matrix) > _TINY).sum())


def _bases(n: int, a: int, b: int) -> NDArray[np.int64]:
    """The Pauli strings with I on qubits a < b, ascending."""
    index = np.arange(4 ** (n - 2))
    for qubit in (a, b):
        low = index & (4**qubit - 1)
        index = (index - low) * 4 + low
    return index
