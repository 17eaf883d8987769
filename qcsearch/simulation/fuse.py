"""Fusion of elements into tapes: one matrix a qubit between two-qubit gates, and the tables behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.lower import Element, Fixed, Turn
from qcsearch.simulation.matrices import Recipe, Step
from qcsearch.simulation.pairs import RUN_COST, PairTables, cost
from qcsearch.simulation.ptm import Matrix
from qcsearch.simulation.sweep import (
    AT,
    COLUMNS,
    FLIP,
    KIND,
    RUN,
    SAMPLE_RUN,
    SAMPLE_TURN,
    TURN,
)

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


class Fuser:
    """Collects the tables of one circuit while its sections are fused one after the other.

    Args:
        qubits: the circuit's qubits of the cone; they become 0 … n-1.
        lanes: numbers in a register.

    Attributes:
        n: number of qubits.
        pairs: tables of the two-qubit operations.
    """

    def __init__(self, qubits: Sequence[int], lanes: int) -> None:
        self.n = len(qubits)
        self.lanes = lanes
        self.pairs = PairTables(self.n, lanes)
        self._local = {qubit: index for index, qubit in enumerate(qubits)}
        self._segments: list[list[tuple[int, int]]] = [[]]  # segment 0 is the identity
        self._constants: list[Matrix] = []
        self._factors: list[tuple[int, int, int, int]] = []
        self._runs: list[int] = []
        self._sample_runs: list[int] = [0]
        self._turns: list[int] = []
        self._angles: list[AngleSum] = []
        self._sample_angles: list[AngleSum] = []

    def fuse(self, elements: list[Element], *, transposed: bool = False) -> list[list[int]]:
        """Operations of one section; with `transposed` in reverse order, each flipped, for observables."""
        waiting = [_Run() for _ in range(self.n)]
        ops: list[list[int]] = []
        for element in elements:
            on = [self._local[qubit] for qubit in element.qubits]
            if len(on) == 1:
                waiting[on[0]].add(element)
                continue
            if isinstance(element, Turn):
                self._flush(waiting, on, ops)
                ops.append(self._turn_pair(element, on))
            else:
                matrix = self._absorb(element.matrix, on, waiting)
                self._flush(waiting, on, ops)
                ops.append(self.pairs.fixed(matrix, on))
        self._flush(waiting, list(range(self.n)), ops)
        if transposed:
            ops.reverse()
            for op in ops:
                op[FLIP] = 1
        return ops

    def _absorb(self, matrix: Matrix, on: list[int], waiting: list[_Run]) -> Matrix:
        """Multiply waiting constant matrices into a constant two-qubit matrix where that saves work."""
        for place, qubit in enumerate(on):
            run = waiting[qubit].elements
            if len(run) == 1 and isinstance(run[0], Fixed):
                eye = np.eye(4)
                product = matrix @ (np.kron(run[0].matrix, eye) if place else np.kron(eye, run[0].matrix))
                if cost(product) <= cost(matrix) + RUN_COST:
                    matrix = product
                    run.clear()
        return matrix

    def _flush(self, waiting: list[_Run], on: list[int], ops: list[list[int]]) -> None:
        """Turn what waits on these qubits into operations."""
        for qubit in on:
            self._flush_qubit(waiting, qubit, ops)

    def _flush_qubit(self, waiting: list[_Run], qubit: int, ops: list[list[int]]) -> None:
        run = waiting[qubit].elements
        if not run:
            return
        waiting[qubit] = _Run()
        gradient = int(any(isinstance(element, Turn) and element.angle.has_weight for element in run))
        segment: list[tuple[int, int]] = []
        cuts: list[tuple[int, int, int]] = []  # segment before, axis, sample angle
        for element in run:
            if isinstance(element, Fixed):
                self._constants.append(element.matrix)
                segment.append((0, len(self._constants) - 1))
            elif element.angle.has_feature:
                cuts.append(
                    (
                        self._segment(segment),
                        element.axes[0],
                        self._sample_angle(element.angle),
                    )
                )
                segment = []
            else:
                self._angles.append(element.angle)
                segment.append((element.axes[0], len(self._angles) - 1))
        last = self._segment(segment)
        if not cuts:
            self._runs.append(last)
            ops.append([RUN, qubit, len(self._runs) - 1, 0, 0, 0, gradient])
            return
        for number, (before, axis, angle) in enumerate(cuts):
            left = last if number == len(cuts) - 1 else cuts[number + 1][0]
            self._factors.append((left, before if number == 0 else 0, axis, angle))
        self._sample_runs.append(len(self._factors))
        ops.append([SAMPLE_RUN, qubit, len(self._sample_runs) - 2, 0, 0, 0, gradient])

    def _segment(self, elements: list[tuple[int, int]]) -> int:
        if not elements:
            return 0
        self._segments.append(elements)
        return len(self._segments) - 1

    def _sample_angle(self, angle: AngleSum) -> int:
        self._sample_angles.append(angle)
        return len(self._sample_angles) - 1

    def _turn_pair(self, element: Turn, on: list[int]) -> list[int]:
        table, base = self.pairs.turn(element.axes, on)
        gradient = int(element.angle.has_weight)
        if element.angle.has_feature:
            return [
                SAMPLE_TURN,
                0,
                self._sample_angle(element.angle),
                table,
                base,
                0,
                gradient,
            ]
        self._angles.append(element.angle)
        self._turns.append(len(self._angles) - 1)
        return [TURN, 0, len(self._turns) - 1, table, base, 0, gradient]

    def tape(self, ops: list[list[int]]) -> NDArray[np.int64]:
        """The operations as an array, once all sections are fused and the offsets are known."""
        samples = 2 * len(self._sample_angles) * self.lanes
        for op in ops:
            if op[KIND] == RUN:
                op[AT] *= 12 * self.lanes
            elif op[KIND] == TURN:
                op[AT] = (12 * len(self._runs) + 2 * op[AT]) * self.lanes
            elif op[KIND] == SAMPLE_RUN:
                op[AT] = samples + 12 * op[AT] * self.lanes
            elif op[KIND] == SAMPLE_TURN:
                op[AT] *= 2 * self.lanes
        return np.array(ops, dtype=np.int64).reshape(-1, COLUMNS)

    def shapes(self) -> Step:
        """Shape and dtype (None: of the states) of each array of a `Step`."""
        double = np.dtype(np.float64)
        n_elements, n_angles = sum(map(len, self._segments)), len(self._angles)
        n_terms = sum(len(angle.terms) for angle in self._sample_angles)
        arrays: dict[str, Any] = {
            "partial": ((n_elements, 4, 4), double),
            "segments": ((len(self._segments), 4, 4), double),
            "cosines": ((n_angles,), double),
            "sines": ((n_angles,), double),
            "scales": ((n_terms,), double),
            "factors": ((len(self._factors) * 36 * self.lanes,), None),
            "numbers": (((12 * len(self._runs) + 2 * len(self._turns)) * self.lanes,), None),
        }
        return Step(**arrays)

    @property
    def stride(self) -> int:
        """Length of `samples` for one block."""
        return (2 * len(self._sample_angles) + 12 * (len(self._sample_runs) - 1)) * self.lanes

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
        turns = 12 * len(self._runs)
        placed = [(0, segment, 12 * k * self.lanes) for k, segment in enumerate(self._runs)]
        placed += [(1, angle, (turns + 2 * k) * self.lanes) for k, angle in enumerate(self._turns)]
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


def _ints(values: Any) -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)


def _floats(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
