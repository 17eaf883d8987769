"""One light cone of a compiled circuit: its tapes and tables, and the three sections in the order of the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.cones import Cone, split
from qcsearch.simulation.fuse import Fuser
from qcsearch.simulation.kernels import Floats
from qcsearch.simulation.lanes import LANE_BYTES
from qcsearch.simulation.matrices import Step, bind, bind_samples, collect, collect_samples
from qcsearch.simulation.observables import Observable
from qcsearch.simulation.sweep import (
    Gradients,
    Matrices,
    backward_marked,
    forward,
    forward_marked,
    middle_gradient,
    middle_states,
    middle_values,
)

__all__ = ["CHUNK_BLOCKS", "STORED_BYTES", "Bound", "Part"]

STORED_BYTES = 512 * 2**20
"""Bound on the states one backward pass stores; beyond it they are computed again from marks."""
CHUNK_BLOCKS = 16
"""Blocks of samples (4 or 8 each) that are one piece of work; the sum over pieces has a fixed order."""


@dataclass
class Bound:
    """A part with its weights bound: what one step computes once for all samples.

    Attributes:
        step: shared angles and matrices.
        matrices: the same as the sweeps read them, without samples.
        first: state after the prefix, one register a Pauli string, all lanes alike.
        observables: after the suffix, `(n_parts, 4**n, lanes)`, flat.
    """

    step: Step
    matrices: Matrices
    first: Floats
    observables: Floats


class Part:
    """The observables of one light cone.

    Args:
        cone: qubits, elements, numbers of the observables.
        observables: all observables of the program.
        n_weights: of the program.
        dtype: of the states.
    """

    def __init__(
        self, cone: Cone, observables: Sequence[Observable], n_weights: int, dtype: np.dtype[Any]
    ) -> None:
        self.columns = list(cone.observables)
        self.dtype = dtype
        self.lanes = LANE_BYTES // dtype.itemsize
        self.n_weights = n_weights
        fuser = Fuser(cone.qubits, dtype)
        sections = split(cone.elements)
        ops = [
            fuser.fuse(sections.prefix),
            fuser.fuse(sections.middle),
            fuser.fuse(sections.suffix, transposed=True),
        ]
        self.n = fuser.n
        self.size = 4**self.n * self.lanes
        self.prefix, self.middle, self.suffix = (fuser.tape(part) for part in ops)
        self.recipe = fuser.recipe()
        self.tables = fuser.pair_tables()
        self.n_parts = -(-len(self.columns) // self.lanes)
        self._observed = _observable_vectors(cone, observables, self.n_parts, self.lanes, dtype)
        self.prefix_trained = bool(self.prefix[:, 7].any())
        self.suffix_trained = bool(self.suffix[:, 7].any())
        self.fixed_states = not self.prefix_trained and not self.middle[:, 7].any()
        """Whether the states before the suffix depend on no weight, so that they can be kept."""

    @cached_property
    def support(self) -> NDArray[np.int64]:
        """Pauli strings that the observables before the suffix may hold."""
        if len(self.suffix):
            return np.arange(4**self.n)
        vectors = self._observed.reshape(self.n_parts, -1, self.lanes)
        return np.flatnonzero(vectors.any(axis=(0, 2))).astype(np.int64)

    # one step, shared by all samples

    def bind(self, weights: Floats) -> Bound:
        """Build the shared matrices, the state after the prefix and the observables before the suffix."""
        recipe, empty = self.recipe, np.empty(0, self.dtype)
        n_angles, n_segments = recipe.angle_constants.size, recipe.segment_start.size - 1
        step = Step(
            partial=np.empty((recipe.element_axis.size, 4, 4)),
            segments=np.empty((n_segments, 4, 4)),
            cosines=np.empty(n_angles),
            sines=np.empty(n_angles),
            factors=np.empty(len(recipe.factors) * 36 * self.lanes, self.dtype),
            scales=np.empty(len(recipe.sample_terms)),
        )
        runs = np.empty(n_segments * 12 * self.lanes, self.dtype)
        bind(recipe, weights, step, runs)
        cosines, sines = step.cosines.astype(self.dtype), step.sines.astype(self.dtype)
        matrices = Matrices(runs, cosines, sines, empty, empty, empty)
        return Bound(step, matrices, self._first(matrices), self._observables(matrices))

    def _first(self, matrices: Matrices) -> Floats:
        if self.prefix_trained or self._kept_first is None:
            slots = np.empty(2 * self.size, self.dtype)
            slots[: self.size] = self._ground
            slot = forward(self.prefix, 0, len(self.prefix), slots, 0, self.n, self.tables, matrices, 0)
            self._kept_first = slots[slot * self.size : (slot + 1) * self.size].copy()
        return self._kept_first

    _kept_first: Floats | None = None

    @cached_property
    def _ground(self) -> Floats:
        """|0…0⟩: 1 on every string of I and Z."""
        one = np.ones(1)
        for _ in range(self.n):
            one = np.kron([1.0, 0, 0, 1], one)
        return np.repeat(one, self.lanes).astype(self.dtype)

    def _observables(self, matrices: Matrices) -> Floats:
        if not len(self.suffix):
            return self._observed
        result = np.empty_like(self._observed)
        slots = np.empty(2 * self.size, self.dtype)
        for start in range(0, self.n_parts * self.size, self.size):
            slots[: self.size] = self._observed[start : start + self.size]
            slot = forward(self.suffix, 0, len(self.suffix), slots, 0, self.n, self.tables, matrices, 0)
            result[start : start + self.size] = slots[slot * self.size : (slot + 1) * self.size]
        return result

    # samples

    def states(self, features: Floats, n_samples: int, bound: Bound) -> Floats:
        """States before the suffix, `(n_samples, 4**n)`."""
        result = np.empty((n_samples, 4**self.n), self.dtype)
        step = CHUNK_BLOCKS * self.lanes
        slots = np.empty(2 * self.size, self.dtype)
        for start in range(0, n_samples, step):
            rows = result[start : start + step]
            matrices = self._sample_matrices(features, start, len(rows), bound)
            middle_states(self.middle, bound.first, self.n, self.tables, matrices, slots, rows)
        return result

    def _sample_matrices(self, features: Floats, start: int, n_samples: int, bound: Bound) -> Matrices:
        """Matrices of one chunk; `features` `(n_blocks, n_features, lanes)`."""
        blocks = self._chunk_features(features, start, n_samples)
        n_blocks = -(-n_samples // self.lanes)
        n_runs, n_angles = self.recipe.sample_run_start.size - 1, self.recipe.sample_angle_constants.size
        matrices = bound.matrices._replace(
            sample_runs=np.empty(n_blocks * n_runs * 12 * self.lanes, self.dtype),
            sample_cosines=np.empty(n_blocks * n_angles * self.lanes, self.dtype),
            sample_sines=np.empty(n_blocks * n_angles * self.lanes, self.dtype),
        )
        if n_angles:
            bind_samples(self.recipe, bound.step, blocks, matrices)
        return matrices

    def _chunk_features(self, features: Floats, start: int, n_samples: int) -> Floats:
        first = start // self.lanes
        return features[first : first + -(-n_samples // self.lanes)].reshape(-1)

    def dense(self, bound: Bound) -> Floats:
        """The observables before the suffix as columns, `(4**n, n_parts * lanes)`."""
        if self.n_parts == 1:
            return bound.observables.reshape(-1, self.lanes)
        parts = bound.observables.reshape(self.n_parts, -1, self.lanes)
        return parts.transpose(1, 0, 2).reshape(4**self.n, -1)

    def values(self, features: Floats, n_samples: int, bound: Bound, run: Callable[..., Any]) -> Floats:
        """Expectation values `(n_samples, n_observables)` through the middle section."""
        values = np.empty((features.shape[0] * self.lanes, self.n_parts * self.lanes), self.dtype)

        def work(start: int, stop: int) -> None:
            matrices = self._sample_matrices(features, start, stop - start, bound)
            slots = np.empty(2 * self.size, self.dtype)
            middle_values(
                self.middle, bound.first, bound.observables, self.support, self.n, self.tables, matrices, slots,
                values[start:stop],
            )  # fmt: skip

        run(work, self._chunks(len(values)))
        return values[:n_samples, : len(self.columns)]

    def _chunks(self, n_rows: int) -> list[tuple[int, int]]:
        step = CHUNK_BLOCKS * self.lanes
        return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]

    # gradients

    def gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Callable[..., Any]
    ) -> tuple[Floats, Floats]:
        """Values `(n_samples, n_observables)` and gradient `(n_weights,)` through all sections."""
        n_samples = len(cotangent)
        rows = features.shape[0] * self.lanes
        wide = np.zeros((rows, self.n_parts * self.lanes), self.dtype)
        wide[:n_samples, : len(self.columns)] = cotangent
        values = np.empty_like(wide)

        def work(start: int, stop: int) -> _Collected:
            return self._chunk_gradient(features, start, stop, wide[start:stop], values[start:stop], bound)

        total = _Collected.sum(run(work, self._chunks(rows)))
        shared = Gradients(total.runs, total.angles, total.runs[:0], total.runs[:0])
        if self.suffix_trained:
            self._suffix_gradient(total.effective, bound, shared)
        if self.prefix_trained:
            self._prefix_gradient(total.first, bound, shared)
        return values[:n_samples, : len(self.columns)], self._weights(bound, total)

    def state_gradient(self, states: Floats, cotangent: Floats, bound: Bound) -> NDArray[np.float64]:
        """Gradient `(n_weights,)` when the states before the suffix are known."""
        total = _Collected.zeros(self)
        if self.suffix_trained:
            wide = np.zeros((len(states), self.n_parts * self.lanes), self.dtype)
            wide[:, : len(self.columns)] = cotangent
            product = (states.T @ wide).reshape(4**self.n, self.n_parts, self.lanes)
            effective = np.ascontiguousarray(product.transpose(1, 0, 2)).reshape(-1)
            shared = Gradients(total.runs, total.angles, total.runs[:0], total.runs[:0])
            self._suffix_gradient(effective, bound, shared)
        return self._weights(bound, total)

    def _chunk_gradient(
        self, features: Floats, start: int, stop: int, cotangent: Floats, values: Floats, bound: Bound
    ) -> _Collected:
        matrices = self._sample_matrices(features, start, stop - start, bound)
        total = _Collected.zeros(self)
        gradients = Gradients(
            total.runs,
            total.angles,
            np.zeros_like(matrices.sample_runs),
            np.zeros_like(matrices.sample_cosines),
        )
        stride, marks, slots = self._storage(len(self.middle))
        middle_gradient(
            self.middle, stride, bound.first, bound.observables, self.support, len(self.columns), self.n,
            self.tables, matrices, gradients, marks, slots, np.empty(2 * self.size, self.dtype), cotangent,
            values, total.effective, total.first,
        )  # fmt: skip
        if self.recipe.sample_angle_constants.size:
            blocks = self._chunk_features(features, start, stop - start)
            collect_samples(self.recipe, bound.step, matrices, gradients, blocks, total.factors, total.scales)
        return total

    def _suffix_gradient(self, effective: Floats, bound: Bound, gradients: Gradients) -> None:
        stride, marks, slots = self._storage(len(self.suffix))
        moving = np.empty(2 * self.size, self.dtype)
        for start in range(0, self.n_parts * self.size, self.size):
            slots[: self.size] = self._observed[start : start + self.size]
            moving[: self.size] = effective[start : start + self.size]
            shared = (self.n, self.tables, bound.matrices)
            forward_marked(self.suffix, stride, marks, slots, *shared, 0)
            backward_marked(self.suffix, stride, marks, slots, moving, *shared, gradients, 0)

    def _prefix_gradient(self, first: Floats, bound: Bound, gradients: Gradients) -> None:
        stride, marks, slots = self._storage(len(self.prefix))
        slots[: self.size] = self._ground
        moving = np.zeros(2 * self.size, self.dtype)
        moving[: self.size : self.lanes] = first.reshape(-1, self.lanes).sum(axis=1)
        shared = (self.n, self.tables, bound.matrices)
        forward_marked(self.prefix, stride, marks, slots, *shared, 0)
        backward_marked(self.prefix, stride, marks, slots, moving, *shared, gradients, 0)

    def _storage(self, n_ops: int) -> tuple[int, Floats, Floats]:
        """Stride of the marks, and room for marks and states."""
        stride = max(n_ops, 1)
        if (n_ops + 1) * self.size * self.dtype.itemsize > STORED_BYTES:
            stride = isqrt(n_ops - 1) + 1
        n_marks = -(-n_ops // stride) if n_ops > stride else 0
        return (
            stride,
            np.empty(n_marks * self.size, self.dtype),
            np.empty((stride + 1) * self.size, self.dtype),
        )

    def _weights(self, bound: Bound, total: _Collected) -> NDArray[np.float64]:
        gradient = np.zeros(self.n_weights)
        collect(self.recipe, bound.step, total.runs, total.angles, total.factors, total.scales, gradient)
        return gradient


@dataclass
class _Collected:
    """Sums over samples: cotangents of shared matrices, angles, factors and scales, and at both ends of the middle."""

    runs: Floats
    angles: Floats
    factors: Floats
    scales: Floats
    effective: Floats
    first: Floats

    @classmethod
    def zeros(cls, part: Part) -> _Collected:
        recipe, lanes, dtype = part.recipe, part.lanes, part.dtype
        return cls(
            runs=np.zeros((recipe.segment_start.size - 1) * 12 * lanes, dtype),
            angles=np.zeros(recipe.angle_constants.size * lanes, dtype),
            factors=np.zeros(len(recipe.factors) * 36 * lanes, dtype),
            scales=np.zeros(len(recipe.sample_terms)),
            effective=np.zeros(part.n_parts * part.size if part.suffix_trained else 0, dtype),
            first=np.zeros(part.size if part.prefix_trained else 0, dtype),
        )

    @classmethod
    def sum(cls, pieces: list[_Collected]) -> _Collected:
        total = pieces[0]
        for piece in pieces[1:]:
            for name in cls.__slots__ if hasattr(cls, "__slots__") else cls.__dataclass_fields__:
                getattr(total, name).__iadd__(getattr(piece, name))
        return total


def _observable_vectors(
    cone: Cone, observables: Sequence[Observable], n_parts: int, lanes: int, dtype: np.dtype[Any]
) -> Floats:
    """`(n_parts, 4**n, lanes)`, flat: each observable in a lane."""
    local = {qubit: index for index, qubit in enumerate(cone.qubits)}
    vectors = np.zeros((n_parts, 4 ** len(cone.qubits), lanes), dtype)
    for position, number in enumerate(cone.observables):
        for factors, coefficient in observables[number].terms.items():
            string = sum(digit << 2 * local[qubit] for qubit, digit in factors)
            vectors[position // lanes, string, position % lanes] += coefficient
    return vectors.reshape(-1)


def run_in_order(threads: int) -> Callable[..., Any]:
    """A function that runs work on chunks, on so many threads, and returns the results in the order of the chunks."""

    def run(work: Callable[[int, int], Any], chunks: list[tuple[int, int]]) -> list[Any]:
        if threads == 1 or len(chunks) == 1:
            return [work(*chunk) for chunk in chunks]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda chunk: work(*chunk), chunks))

    return run
