"""Fusion of elements into tapes: one matrix a qubit between two-qubit gates, and the tables behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation import ptm
from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.exact.matrices import Recipe, Step
from qcsearch.simulation.exact.operations import Operation
from qcsearch.simulation.exact.pairs import RUN_COST, cost
from qcsearch.simulation.exact.supports import Pattern, element_pattern, matrix_pattern
from qcsearch.simulation.exact.sweep import AT, COLUMNS, KIND, PERMUTATION, RUN, SAMPLE_RUN, SAMPLE_TURN, TURN
from qcsearch.simulation.exact.workspace import aligned
from qcsearch.simulation.lower import Element, Fixed, Turn
from qcsearch.simulation.ptm import Matrix

__all__ = ["Fuser"]


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

    @property
    def constant(self) -> bool:
        """Whether it depends on nothing (an empty one does not)."""
        return not any(isinstance(element, Turn) for element in self.elements)


class _Block:
    """Constant operations on one pair of qubits, one after the other, that may become a single matrix.

    Attributes:
        on: the two qubits.
        items: matrices of both qubits, and of one qubit with its place.
    """

    def __init__(self, on: tuple[int, ...]) -> None:
        self.on = on
        self.items: list[tuple[Matrix, int | None]] = []

    def add(self, matrix: Matrix, place: int | None = None) -> None:
        """Append an operation, of one qubit if its place is given."""
        self.items.append((matrix, place))

    def cheapest(self) -> list[tuple[Matrix, int | None]]:
        """The operations, or their product if that is less work."""
        if len(self.items) == 1:
            return self.items
        merged = _product(tuple((matrix.tobytes(), place) for matrix, place in self.items))
        apart = sum(RUN_COST if place is not None else cost(matrix) for matrix, place in self.items)
        return [(merged, None)] if cost(merged) <= apart else self.items


@lru_cache(maxsize=1024)
def _product(items: tuple[tuple[bytes, int | None], ...]) -> Matrix:
    """Of matrices on both qubits and, where a place is given, on one of them."""
    merged: Matrix = np.eye(16)
    for content, place in items:
        matrix = np.frombuffer(content)
        if place is None:
            merged = matrix.reshape(16, 16) @ merged
        else:
            one, eye = matrix.reshape(4, 4), np.eye(4)
            merged = (np.kron(one, eye) if place else np.kron(eye, one)) @ merged
    return merged


class _Open:
    """A section in the making.

    Attributes:
        waiting: for each qubit the elements since its last two-qubit operation.
        blocks: for each qubit the block that its last two-qubit operation is in, if that is open.
        ops: the operations so far.
    """

    def __init__(self, n: int) -> None:
        self.waiting = [_Run() for _ in range(n)]
        self.blocks: list[_Block | None] = [None] * n
        self.ops: list[Operation] = []


class Fuser:
    """Collects the matrices of one circuit while its sections are fused one after the other.

    Args:
        qubits: the circuit's qubits of the cone; they become 0 … n-1.

    Attributes:
        n: number of qubits.
    """

    def __init__(self, qubits: Sequence[int]) -> None:
        self.n = len(qubits)
        self._local = {qubit: index for index, qubit in enumerate(qubits)}
        self._segments: list[list[tuple[int, int]]] = [[]]  # segment 0 is the identity
        self._constants: list[Matrix] = []
        self._factors: list[tuple[int, int, int, int]] = []
        self._runs: list[int] = []
        self._sample_runs: list[int] = [0]
        self._turns: list[int] = []
        self._angles: list[AngleSum] = []
        self._sample_angles: list[AngleSum] = []

    def fuse(self, elements: list[Element]) -> list[Operation]:
        """Operations of one section, in the order of time."""
        state = _Open(self.n)
        for element in elements:
            on = tuple([self._local[qubit] for qubit in element.qubits])
            if len(on) == 1:
                state.waiting[on[0]].add(element)
            elif isinstance(element, Turn):
                self._flush(state, on)
                state.ops.append(self._turn_pair(element, on))
            else:
                self._append(state, element.matrix, on)
        self._flush(state, range(self.n))
        return state.ops

    def _append(self, state: _Open, matrix: Matrix, on: tuple[int, ...]) -> None:
        """Put a constant two-qubit matrix into a block, with the constants that wait before it."""
        constant = [state.waiting[qubit].constant for qubit in on]
        block = state.blocks[on[0]]
        if block is None or block is not state.blocks[on[1]] or not all(constant):
            for qubit, keep in zip(on, constant, strict=True):
                self._close(state, qubit)
                if not keep:
                    self._flush(state, (qubit,))
            block = _Block((min(on), max(on)))
        for place, qubit in enumerate(block.on):
            for element in state.waiting[qubit].elements:
                if isinstance(element, Fixed):
                    block.add(element.matrix, place)
            state.waiting[qubit] = _Run()
            state.blocks[qubit] = block
        block.add(matrix if on == block.on else ptm.swapped(matrix))

    def _close(self, state: _Open, qubit: int) -> None:
        """Turn the open block of a qubit into operations."""
        block = state.blocks[qubit]
        if block is None:
            return
        for matrix, place in block.cheapest():
            if place is None:
                state.ops.append(Operation(PERMUTATION, block.on, 0, matrix_pattern(matrix), matrix=matrix))
            else:
                on = block.on[place]
                state.ops.append(self._run([Fixed((on,), matrix)], on))
        for on in block.on:
            state.blocks[on] = None

    def _flush(self, state: _Open, qubits: Iterable[int]) -> None:
        """Close the blocks and the runs on these qubits."""
        for qubit in qubits:
            self._close(state, qubit)
            if state.waiting[qubit].elements:
                state.ops.append(self._run(state.waiting[qubit].elements, qubit))
                state.waiting[qubit] = _Run()

    def _run(self, run: list[Fixed | Turn], qubit: int) -> Operation:
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
        last = self._segment(segment)
        pattern, trained = _run_pattern(run), any(map(_has_weight, run))
        if not cuts:
            self._runs.append(last)
            return Operation(RUN, (qubit,), len(self._runs) - 1, pattern, trained)
        for number, (before, axis, angle) in enumerate(cuts):
            left = last if number == len(cuts) - 1 else cuts[number + 1][0]
            self._factors.append((left, before if number == 0 else 0, axis, angle))
        self._sample_runs.append(len(self._factors))
        return Operation(SAMPLE_RUN, (qubit,), len(self._sample_runs) - 2, pattern, trained, data=True)

    def _segment(self, elements: list[tuple[int, int]]) -> int:
        if not elements:
            return 0
        self._segments.append(elements)
        return len(self._segments) - 1

    def _sample_angle(self, angle: AngleSum) -> int:
        self._sample_angles.append(angle)
        return len(self._sample_angles) - 1

    def _turn_pair(self, element: Turn, on: tuple[int, ...]) -> Operation:
        if on[0] > on[1]:
            element, on = Turn(element.qubits[::-1], element.axes[::-1], element.angle), on[::-1]
        pattern, trained = element_pattern(element), element.angle.has_weight
        if element.angle.has_feature:
            number, kind = self._sample_angle(element.angle), SAMPLE_TURN
        else:
            self._angles.append(element.angle)
            self._turns.append(len(self._angles) - 1)
            number, kind = len(self._turns) - 1, TURN
        return Operation(
            kind, on, number, pattern, trained, data=element.angle.has_feature, axes=element.axes
        )

    def tape(self, rows: list[list[int]], n_statics: int, lanes: int) -> NDArray[np.int64]:
        """The rows `(n_ops, COLUMNS)` with numbers of runs and angles made offsets in `values`, once all is fused."""
        runs, head = n_statics + 12 * len(self._runs) * lanes, self.head(n_statics, lanes)
        for row in rows:
            if row[KIND] == RUN:
                row[AT] = n_statics + 12 * row[AT] * lanes
            elif row[KIND] == TURN:
                row[AT] = runs + 2 * row[AT] * lanes
            elif row[KIND] == SAMPLE_RUN:
                row[AT] = head + (2 * len(self._sample_angles) + 12 * row[AT]) * lanes
            elif row[KIND] == SAMPLE_TURN:
                row[AT] = head + 2 * row[AT] * lanes
        return np.array(rows, dtype=np.int64).reshape(-1, COLUMNS)

    def head(self, n_statics: int, lanes: int) -> int:
        """Length of the shared part of `values`."""
        return n_statics + (12 * len(self._runs) + 2 * len(self._turns)) * lanes

    def stride(self, lanes: int) -> int:
        """Length of the part of `values` for one block of samples."""
        return (2 * len(self._sample_angles) + 12 * (len(self._sample_runs) - 1)) * lanes

    def new_step(self, statics: Matrix, dtype: np.dtype[Any], lanes: int) -> Step:
        """Room for the numbers of one step; the constants are in their places."""
        n_angles, n_elements = len(self._angles), sum(map(len, self._segments))
        values = aligned(self.head(len(statics), lanes), dtype)
        values[: len(statics)] = statics
        return Step(
            partial=np.empty((n_elements, 4, 4)),
            segments=np.empty((len(self._segments), 4, 4)),
            cosines=np.empty(n_angles),
            sines=np.empty(n_angles),
            scales=np.empty(sum(len(angle.terms) for angle in self._sample_angles)),
            factors=aligned(len(self._factors) * 36 * lanes, dtype),
            values=values,
        )

    def recipe(self, n_statics: int, lanes: int) -> Recipe:
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
        turns = 12 * len(self._runs)
        placed = [(0, segment, n_statics + 12 * k * lanes) for k, segment in enumerate(self._runs)]
        placed += [(1, angle, n_statics + (turns + 2 * k) * lanes) for k, angle in enumerate(self._turns)]
        return Recipe(
            segment_start=_ints(np.cumsum([0, *map(len, self._segments)])),
            element_axis=_ints([axis for axis, _ in elements]),
            element_index=_ints([index for _, index in elements]),
            constants=np.array(self._constants, dtype=np.float64).reshape(-1, 4, 4),
            factors=_ints(self._factors).reshape(-1, 4),
            sample_run_start=_ints(self._sample_runs),
            placed=_ints(placed).reshape(-1, 3),
            angle_constants=_floats([angle.constant for angle in self._angles]),
            terms=_ints([term[:2] for term in terms]).reshape(-1, 2),
            term_coefficients=_floats([term[2] for term in terms]),
            sample_angle_constants=_floats([angle.constant for angle in self._sample_angles]),
            sample_terms=_ints([term[:3] for term in sample_terms]).reshape(-1, 3),
            sample_term_coefficients=_floats([term[3] for term in sample_terms]),
        )


def _has_weight(element: Element) -> bool:
    return isinstance(element, Turn) and element.angle.has_weight


def _run_pattern(run: list[Fixed | Turn]) -> Pattern:
    pattern = element_pattern(run[0])
    for element in run[1:]:
        pattern = element_pattern(element).after(pattern)
    return pattern


def _ints(values: Any) -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)


def _floats(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
