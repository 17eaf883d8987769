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
    GRADIENT,
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
KEPT_BYTES = 64 * 2**20
"""Bound on the sample matrices kept from the values to the gradient."""
CHUNK_BLOCKS = 16
"""Blocks of samples (4 or 8 each) that are one piece of work; the sum over pieces has a fixed order."""


@dataclass
class Bound:
    """A part with its weights bound: what one step computes once for all samples.

    Attributes:
        step: shared angles and matrices.
        first: state after the prefix, one register a Pauli string, all lanes alike.
        observables: before the suffix, `(n_parts, 4**n, lanes)`, flat.
        samples: matrices of each chunk, where they are kept from the values to the gradient.
    """

    step: Step
    first: Floats
    observables: Floats
    samples: dict[int, Floats]


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
        fuser = Fuser(cone.qubits, self.lanes)
        sections = split(cone.elements)
        ops = [
            fuser.fuse(sections.prefix),
            fuser.fuse(sections.middle),
            fuser.fuse(sections.suffix, transposed=True),
        ]
        self.n = fuser.n
        self.size = 4**self.n * self.lanes
        self.room = self.size + 2 * self.lanes
        self.prefix, self.middle, self.suffix = (fuser.tape(part) for part in ops)
        self.recipe = fuser.recipe()
        self.n_numbers, self.stride = fuser.n_numbers, fuser.stride
        self._tables = (self.n, fuser.pairs.tables, as_aligned(fuser.pairs.statics.astype(dtype)))
        self.n_parts = -(-len(self.columns) // self.lanes)
        self._observed = _observable_vectors(cone, observables, self.n_parts, self.lanes, dtype)
        self.prefix_trained = bool(self.prefix[:, GRADIENT].any())
        self.suffix_trained = bool(self.suffix[:, GRADIENT].any())
        self.fixed_states = not self.prefix_trained and not self.middle[:, GRADIENT].any()
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
        recipe = self.recipe
        n_angles = recipe.angle_constants.size
        step = Step(
            partial=np.empty((recipe.element_axis.size, 4, 4)),
            segments=np.empty((recipe.segment_start.size - 1, 4, 4)),
            cosines=np.empty(n_angles),
            sines=np.empty(n_angles),
            scales=np.empty(len(recipe.sample_terms)),
            factors=aligned(len(recipe.factors) * 36 * self.lanes, self.dtype),
            numbers=aligned(self.n_numbers, self.dtype),
        )
        bind(tuple(recipe), weights, tuple(step))
        return Bound(step, self._first(step.numbers), self._observables(step.numbers), {})

    def _first(self, numbers: Floats) -> Floats:
        if self.prefix_trained or self._kept_first is None:
            slots = self._slots(2)
            slots[: self.size] = self._ground
            slot = forward(self.prefix, 0, len(self.prefix), slots, 0, *self._tables, numbers, numbers, 0)
            self._kept_first = as_aligned(slots[slot * self.room : slot * self.room + self.size])
        return self._kept_first

    _kept_first: Floats | None = None

    @cached_property
    def _ground(self) -> Floats:
        """|0…0⟩: 1 on every string of I and Z."""
        one = np.ones(1)
        for _ in range(self.n):
            one = np.kron([1.0, 0, 0, 1], one)
        return np.repeat(one, self.lanes).astype(self.dtype)

    def _observables(self, numbers: Floats) -> Floats:
        if not len(self.suffix):
            return self._observed
        result = aligned(self._observed.size, self.dtype)
        slots = self._slots(2)
        for start in range(0, self.n_parts * self.size, self.size):
            slots[: self.size] = self._observed[start : start + self.size]
            slot = forward(self.suffix, 0, len(self.suffix), slots, 0, *self._tables, numbers, numbers, 0)
            result[start : start + self.size] = slots[slot * self.room : slot * self.room + self.size]
        return result

    # samples

    def states(self, features: Floats, n_samples: int, bound: Bound) -> Floats:
        """States before the suffix, `(n_samples, 4**n)`."""
        result = np.empty(n_samples * 4**self.n, self.dtype)
        step = CHUNK_BLOCKS * self.lanes
        slots = self._slots(2)
        for start in range(0, n_samples, step):
            stop = min(start + step, n_samples)
            samples = self._samples(features, start, stop, bound)
            rows = result[start * 4**self.n : stop * 4**self.n]
            middle_states(
                self.middle, bound.first, *self._tables, bound.step.numbers, samples, self.stride, slots, rows
            )
        return result.reshape(n_samples, 4**self.n)

    def _samples(self, features: Floats, start: int, stop: int, bound: Bound) -> Floats:
        """Matrices of one chunk; `features` `(n_blocks, n_features, lanes)`."""
        if start in bound.samples:
            return bound.samples[start]
        n_blocks = -(-(stop - start) // self.lanes)
        samples = aligned(n_blocks * self.stride, self.dtype)
        if self.stride:
            blocks = self._chunk_features(features, start, stop)
            bind_samples(
                tuple(self.recipe), tuple(bound.step), blocks, features.shape[1], samples, self.stride
            )
            if features.shape[0] * self.stride * samples.itemsize <= KEPT_BYTES:
                bound.samples[start] = samples
        return samples

    def _chunk_features(self, features: Floats, start: int, stop: int) -> Floats:
        return features[start // self.lanes : -(-stop // self.lanes)].reshape(-1)

    def dense(self, bound: Bound) -> Floats:
        """The observables before the suffix as columns, `(4**n, n_parts * lanes)`."""
        if self.n_parts == 1:
            return bound.observables.reshape(-1, self.lanes)
        parts = bound.observables.reshape(self.n_parts, -1, self.lanes)
        return parts.transpose(1, 0, 2).reshape(4**self.n, -1)

    def values(self, features: Floats, n_samples: int, bound: Bound, run: Callable[..., Any]) -> Floats:
        """Expectation values `(n_samples, n_observables)` through the middle section."""
        values = np.empty((features.shape[0] * self.lanes, self.n_parts * self.lanes), self.dtype)

        row = values.shape[1]

        def work(start: int, stop: int) -> None:
            samples = self._samples(features, start, stop, bound)
            slots = self._slots(2)
            out = values[start:stop].reshape(-1)
            middle_values(
                self.middle, bound.first, bound.observables, self.support, *self._tables, bound.step.numbers,
                samples, self.stride, slots, out, row,
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
        if self.suffix_trained:
            self._suffix_gradient(total.effective, bound, total.numbers)
        if self.prefix_trained:
            self._prefix_gradient(total.first, bound, total.numbers)
        return values[:n_samples, : len(self.columns)], self._weights(bound, total)

    def state_gradient(self, states: Floats, cotangent: Floats, bound: Bound) -> NDArray[np.float64]:
        """Gradient `(n_weights,)` when the states before the suffix are known."""
        total = _Collected.zeros(self)
        if self.suffix_trained:
            wide = np.zeros((len(states), self.n_parts * self.lanes), self.dtype)
            wide[:, : len(self.columns)] = cotangent
            product = (states.T @ wide).reshape(4**self.n, self.n_parts, self.lanes)
            effective = np.ascontiguousarray(product.transpose(1, 0, 2)).reshape(-1)
            self._suffix_gradient(effective, bound, total.numbers)
        return self._weights(bound, total)

    def _chunk_gradient(
        self, features: Floats, start: int, stop: int, cotangent: Floats, values: Floats, bound: Bound
    ) -> _Collected:
        samples = self._samples(features, start, stop, bound)
        d_samples = aligned(samples.size, self.dtype, 0.0)
        total = _Collected.zeros(self)
        every, marks, slots = self._storage(self.middle)
        middle_gradient(
            self.middle, every, bound.first, bound.observables, self.support, len(self.columns), *self._tables,
            bound.step.numbers, samples, self.stride, total.numbers, d_samples, marks, slots,
            self._slots(2), cotangent.reshape(-1), values.reshape(-1), values.shape[1],
            total.effective, total.first,
        )  # fmt: skip
        if self.stride:
            blocks = self._chunk_features(features, start, stop)
            collect_samples(
                tuple(self.recipe), tuple(bound.step), blocks, features.shape[1], samples, d_samples, self.stride, total.factors,
                total.scales,
            )  # fmt: skip
        return total

    def _suffix_gradient(self, effective: Floats, bound: Bound, d_numbers: Floats) -> None:
        for start in range(0, self.n_parts * self.size, self.size):
            observed, state = self._observed[start : start + self.size], effective[start : start + self.size]
            self._shared_gradient(self.suffix, observed, state, bound, d_numbers)

    def _prefix_gradient(self, first: Floats, bound: Bound, d_numbers: Floats) -> None:
        cotangent = np.zeros_like(first)
        cotangent[:: self.lanes] = first.reshape(-1, self.lanes).sum(axis=1)
        self._shared_gradient(self.prefix, self._ground, cotangent, bound, d_numbers)

    def _shared_gradient(
        self, tape: NDArray[np.int64], start: Floats, cotangent: Floats, bound: Bound, d_numbers: Floats
    ) -> None:
        """Forwards from `start` and back with `cotangent` through a tape without samples."""
        every, marks, slots = self._storage(tape)
        moving = self._slots(2)
        slots[: self.size], moving[: self.size] = start, cotangent
        rest = (*self._tables, bound.step.numbers, bound.step.numbers, 0)
        forward_marked(tape, every, marks, slots, *rest)
        backward_marked(tape, every, marks, slots, moving, *rest, d_numbers, d_numbers)

    def _storage(self, tape: NDArray[np.int64]) -> tuple[int, Floats, Floats]:
        """Stride of the marks, and room for marks and states."""
        n_ops = len(tape)
        stride, kept = max(n_ops, 1), int(tape[:, GRADIENT].sum())
        if kept * self.size * self.dtype.itemsize > STORED_BYTES:
            stride = kept = isqrt(n_ops - 1) + 1
        n_marks = -(-n_ops // stride) if n_ops > stride else 0
        return stride, self._slots(n_marks), self._slots(kept + 2)

    def _slots(self, count: int) -> Floats:
        return aligned(count * self.room, self.dtype)

    def _weights(self, bound: Bound, total: _Collected) -> NDArray[np.float64]:
        gradient = np.zeros(self.n_weights)
        collect(tuple(self.recipe), tuple(bound.step), total.numbers, total.factors, total.scales, gradient)
        return gradient


@dataclass
class _Collected:
    """Sums over samples: cotangents of the shared numbers, factors and scales, and at both ends of the middle."""

    numbers: Floats
    factors: Floats
    scales: Floats
    effective: Floats
    first: Floats

    @classmethod
    def zeros(cls, part: Part) -> _Collected:
        recipe, lanes, dtype = part.recipe, part.lanes, part.dtype
        return cls(
            numbers=aligned(part.n_numbers, dtype, 0.0),
            factors=aligned(len(recipe.factors) * 36 * lanes, dtype, 0.0),
            scales=np.zeros(len(recipe.sample_terms)),
            effective=aligned(part.n_parts * part.size if part.suffix_trained else 0, dtype, 0.0),
            first=aligned(part.size if part.prefix_trained else 0, dtype, 0.0),
        )

    @classmethod
    def sum(cls, pieces: list[_Collected]) -> _Collected:
        total = pieces[0]
        for piece in pieces[1:]:
            for name in cls.__dataclass_fields__:
                array = getattr(total, name)
                array += getattr(piece, name)
        return total


def aligned(size: int, dtype: np.dtype[Any], fill: float | None = None) -> Floats:
    """A flat array that begins at a multiple of 64 bytes, so that no register lies across two cache lines."""
    array = np.empty(size + 64 // dtype.itemsize, dtype)
    start = -array.ctypes.data % 64 // dtype.itemsize
    array = array[start : start + size]
    if fill is not None:
        array[:] = fill
    return array


def as_aligned(array: Floats) -> Floats:
    """A copy that begins at a multiple of 64 bytes."""
    result = aligned(array.size, array.dtype)
    result[:] = array
    return result


def _observable_vectors(
    cone: Cone, observables: Sequence[Observable], n_parts: int, lanes: int, dtype: np.dtype[Any]
) -> Floats:
    """`(n_parts, 4**n, lanes)`, flat: each observable in a lane."""
    local = {qubit: index for index, qubit in enumerate(cone.qubits)}
    shape = (n_parts, 4 ** len(cone.qubits), lanes)
    vectors = aligned(n_parts * shape[1] * lanes, dtype, 0.0).reshape(shape)
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
