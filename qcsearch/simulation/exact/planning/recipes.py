"""What one-qubit matrices are made of: segments, angles and factors, numbered as they are met, and where they go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.exact.kernels.records import Recipe, Step
from qcsearch.simulation.exact.kernels.tape import (
    AT,
    COLUMNS,
    KIND,
    ROTATION,
    RUN,
    SAMPLE_ROTATION,
    SAMPLE_RUN,
)
from qcsearch.simulation.exact.runtime.workspace import aligned
from qcsearch.simulation.lower import Element, FixedChannel
from qcsearch.simulation.ptm import Matrix

__all__ = ["RecipeBuilder"]


class RecipeBuilder:
    """Collects the matrices and angles of one light cone while its sections are fused.

    A run without data is one segment, built once a step. A run with data is cut at each of its rotations by data into
    factors: the rotation with the segment after it, the first of them with the segment before it too.
    """

    def __init__(self) -> None:
        self._segments: list[list[tuple[int, int]]] = [[]]  # segment 0 is the identity
        self._constants: list[Matrix] = []
        self._factors: list[tuple[int, int, int, int]] = []
        self._runs: list[int] = []
        self._sample_runs: list[int] = [0]
        self._rotations: list[int] = []
        self._angles: list[AngleSum] = []
        self._sample_angles: list[AngleSum] = []

    def add_run(self, run: Sequence[Element]) -> tuple[int, int]:
        """Note down elements on one qubit, in the order of time; returns the kind of the run and its number."""
        segment: list[tuple[int, int]] = []
        cuts: list[tuple[int, int, int]] = []  # segment before, axis, sample angle
        for element in run:
            if isinstance(element, FixedChannel):
                self._constants.append(element.matrix)
                segment.append((0, len(self._constants) - 1))
            elif element.angle.has_feature:
                cuts.append((self._segment(segment), element.axes[0], self._sample_angle(element.angle)))
                segment = []
            else:
                self._angles.append(element.angle)
                segment.append((element.axes[0], len(self._angles) - 1))
        last = self._segment(segment)
        if not cuts:
            self._runs.append(last)
            return RUN, len(self._runs) - 1
        for number, (before, axis, angle) in enumerate(cuts):
            left = last if number == len(cuts) - 1 else cuts[number + 1][0]
            self._factors.append((left, before if number == 0 else 0, axis, angle))
        self._sample_runs.append(len(self._factors))
        return SAMPLE_RUN, len(self._sample_runs) - 2

    def add_rotation(self, angle: AngleSum) -> tuple[int, int]:
        """Note down the angle of a two-qubit rotation; returns the kind of the rotation and its number."""
        if angle.has_feature:
            return SAMPLE_ROTATION, self._sample_angle(angle)
        self._angles.append(angle)
        self._rotations.append(len(self._angles) - 1)
        return ROTATION, len(self._rotations) - 1

    def _segment(self, elements: list[tuple[int, int]]) -> int:
        if not elements:
            return 0
        self._segments.append(elements)
        return len(self._segments) - 1

    def _sample_angle(self, angle: AngleSum) -> int:
        self._sample_angles.append(angle)
        return len(self._sample_angles) - 1

    def tape(self, rows: list[list[int]], n_statics: int, lanes: int) -> NDArray[np.int64]:
        """The rows `(n_ops, COLUMNS)` with numbers of runs and angles made offsets in `values`, once all is fused."""
        runs, head = n_statics + 12 * len(self._runs) * lanes, self.head(n_statics, lanes)
        for row in rows:
            if row[KIND] == RUN:
                row[AT] = n_statics + 12 * row[AT] * lanes
            elif row[KIND] == ROTATION:
                row[AT] = runs + 2 * row[AT] * lanes
            elif row[KIND] == SAMPLE_RUN:
                row[AT] = head + (2 * len(self._sample_angles) + 12 * row[AT]) * lanes
            elif row[KIND] == SAMPLE_ROTATION:
                row[AT] = head + 2 * row[AT] * lanes
        return np.array(rows, dtype=np.int64).reshape(-1, COLUMNS)

    def head(self, n_statics: int, lanes: int) -> int:
        """Length of the shared part of `values`."""
        return n_statics + (12 * len(self._runs) + 2 * len(self._rotations)) * lanes

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
        rotations = 12 * len(self._runs)
        placed = [(0, segment, n_statics + 12 * k * lanes) for k, segment in enumerate(self._runs)]
        placed += [
            (1, angle, n_statics + (rotations + 2 * k) * lanes) for k, angle in enumerate(self._rotations)
        ]
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
