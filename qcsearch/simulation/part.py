"""One light cone of a compiled circuit: values and gradients of its observables, section by section."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.bound import Bound, Chunk, Sums
from qcsearch.simulation.cones import Cone, split
from qcsearch.simulation.cotangents import collect, collect_samples
from qcsearch.simulation.fuse import Fuser
from qcsearch.simulation.kernels import Floats
from qcsearch.simulation.lanes import LANE_BYTES
from qcsearch.simulation.matrices import bind, bind_samples
from qcsearch.simulation.middle import middle_gradient, middle_states, middle_values
from qcsearch.simulation.observables import Observable
from qcsearch.simulation.section import STORED_BYTES, Layout, Section
from qcsearch.simulation.workspace import Pool, aligned, as_aligned

__all__ = ["Part", "Run"]

_CHUNK_BLOCKS = 16
"""Blocks of samples (4 or 8 each) that are one piece of work; the sum over pieces has a fixed order."""
_KEPT_BYTES = 64 * 2**20
"""Bound on a workspace that is kept for the next step."""

Run = Callable[[Callable[[int, int], Any], list[tuple[int, int]]], list[Any]]
"""Runs work on chunks `(start, stop)` of rows and returns the results in their order."""


class Part:
    """The observables of one light cone.

    Args:
        cone: qubits, elements, numbers of the observables.
        observables: all observables of the program.
        n_weights: of the program.
        dtype: of the states.

    Attributes:
        columns: numbers of its observables among the program's.
        lanes: samples in a register.
        fixed_states: whether the states before the suffix depend on no weight, so that they can be kept.
    """

    def __init__(
        self,
        cone: Cone,
        observables: Sequence[Observable],
        n_weights: int,
        dtype: np.dtype[Any],
    ) -> None:
        self.columns = _as_slice(cone.observables)
        self._n_columns = len(cone.observables)
        self.lanes = LANE_BYTES // dtype.itemsize
        self.dtype = dtype
        self._n_weights = n_weights
        fuser = Fuser(cone.qubits, self.lanes)
        sections = split(cone.elements)
        ops = (
            fuser.fuse(sections.prefix),
            fuser.fuse(sections.middle),
            fuser.fuse(sections.suffix, transposed=True),
        )
        self.n = fuser.n
        self._layout = Layout(self.n, fuser.pairs.tables, self.lanes, dtype)
        self._size = self._layout.size
        self._prefix, self._middle, self._suffix = (Section(fuser.tape(part), self._layout) for part in ops)
        recipe = fuser.recipe()
        self._recipe = tuple(recipe)
        self._n_factors, self._n_scales = len(recipe.factors), len(recipe.sample_terms)
        self._fuser = fuser
        self._head, self._stride = fuser.head, fuser.stride
        self._n_registers = -(-self._n_columns // self.lanes)
        self._row = self._n_registers * self.lanes
        self._observed = _observable_vectors(cone, observables, self._n_registers, self._layout)
        self.fixed_states = not self._prefix.trained and not self._middle.trained
        small = self._suffix.n_bytes * self._n_registers < _KEPT_BYTES
        self._bounds: Pool[Bound] = Pool(self._new_bound, keep=small)
        self._chunks: Pool[Chunk] = Pool(self._new_chunk, keep=self._middle.n_bytes < _KEPT_BYTES)
        self._hot_chunks: Pool[Chunk] = Pool(lambda: self._new_chunk(hot=True), keep=True)

    @property
    def state_bytes(self) -> int:
        """Memory of one sample's state."""
        return (1 << 2 * self.n) * self.dtype.itemsize

    # workspaces

    def _new_bound(self) -> Bound:
        fits = self._suffix.n_bytes * self._n_registers <= STORED_BYTES
        return Bound(
            step=self._fuser.new_step(self.dtype),
            suffix=[self._suffix.states() for _ in range(self._n_registers if fits else 1)],
            observables=aligned(self._observed.size, self.dtype) if len(self._suffix) else self._observed,
            sums=self._new_sums(aligned(self._head, self.dtype)),
        )

    def _new_chunk(self, *, hot: bool = False) -> Chunk:
        size = self._head + _CHUNK_BLOCKS * self._stride
        values, d_values = aligned(size, self.dtype), aligned(size, self.dtype)
        states = self._middle.states(_CHUNK_BLOCKS if hot else 1)
        return Chunk(states, hot, values, d_values, self._new_sums(d_values[: self._head]))

    def _new_sums(self, values: Floats) -> Sums:
        return Sums(
            values=values,
            factors=aligned(self._n_factors * 36 * self.lanes, self.dtype),
            scales=np.empty(self._n_scales),
            effective=aligned(self._observed.size if self._suffix.trained else 0, self.dtype),
            first=aligned(self._size if self._prefix.trained else 0, self.dtype),
        )

    # one step, shared by all samples

    def bind(self, weights: Floats) -> Bound:
        """Build the shared matrices, the state after the prefix and the observables before the suffix."""
        bound = self._bounds.take()
        bind(self._recipe, weights, tuple(bound.step))
        bound.first = self._first(bound.step.values)
        for register in range(self._n_registers if len(self._suffix) else 0):
            part, states = self._register(bound, register)
            bound.observables[part] = self._suffix.run(
                self._observed[part], states, bound.step.values, keep=self._suffix.trained
            )
        return bound

    def release(self, bound: Bound) -> None:
        """Hand the workspace back; what was computed from it stays valid."""
        for chunk in bound.chunks.values():
            self._give(chunk)
        bound.chunks.clear()
        self._bounds.give(bound)

    def _give(self, chunk: Chunk) -> None:
        (self._hot_chunks if chunk.hot else self._chunks).give(chunk)

    def _register(self, bound: Bound, register: int) -> tuple[slice, Floats]:
        """Where a register of observables lies, and the states of its suffix."""
        part = slice(register * self._size, (register + 1) * self._size)
        return part, bound.suffix[register if len(bound.suffix) > 1 else 0]

    def _first(self, values: Floats) -> Floats:
        if self._prefix.trained:
            return self._prefix.run(self._ground, self._prefix.states(), values, keep=False)
        if self._kept_first is None:
            first = self._prefix.run(self._ground, self._prefix.states(), values, keep=False)
            self._kept_first = as_aligned(first)
        return self._kept_first

    _kept_first: Floats | None = None

    @cached_property
    def _ground(self) -> Floats:
        """|0…0⟩: 1 on every string of I and Z."""
        state: NDArray[np.float64] = np.ones(1)
        for _ in range(self.n):
            state = np.concatenate([state, 0 * state, 0 * state, state])
        return as_aligned(np.repeat(state, self.lanes).astype(self.dtype))

    @cached_property
    def _support(self) -> NDArray[np.int64]:
        """Pauli strings that the observables before the suffix may hold."""
        if len(self._suffix):
            return np.arange(4**self.n)
        vectors = self._observed.reshape(self._n_registers, -1, self.lanes)
        return np.flatnonzero(vectors.any(axis=(0, 2))).astype(np.int64)

    # samples

    def states(self, features: Floats, n_samples: int, bound: Bound) -> Floats:
        """States before the suffix, `(n_samples, 4**n)`; `features` `(n_blocks, n_features, lanes)`."""
        result = np.empty((n_samples, 4**self.n), self.dtype)
        chunk = self._chunks.take()
        for start, stop in self._pieces(n_samples):
            self._bind_samples(chunk, features, start, stop, bound)
            middle_states(
                self._middle.tape, bound.first, self.n, self._layout.tables, chunk.values, self._stride,
                chunk.states, result[start:stop].reshape(-1),
            )  # fmt: skip
        self._give(chunk)
        return result

    def values_of(self, states: Floats, bound: Bound) -> Floats:
        """Values `(n_samples, n_observables)` of the states before the suffix."""
        vectors = bound.observables.reshape(self._n_registers, -1, self.lanes)
        dense = vectors[0] if self._n_registers == 1 else vectors.transpose(1, 0, 2).reshape(4**self.n, -1)
        values: Floats = states @ dense
        return values[:, : self._n_columns]

    def values(
        self, features: Floats, n_samples: int, bound: Bound, run: Run, *, keep: bool = False
    ) -> Floats:
        """Values `(n_samples, n_observables)` through the middle section.

        With `keep` the states of the last chunks stay for `gradient`: as many as the processor's cache holds.
        """
        found = np.empty((features.shape[0] * self.lanes, self._row), self.dtype)
        pieces = self._pieces(len(found))
        n_hot = self._middle.n_hot(_CHUNK_BLOCKS) if keep else 0
        hot = {start for start, _ in pieces[max(0, len(pieces) - n_hot) :]}

        def work(start: int, stop: int) -> None:
            chunk = (self._hot_chunks if start in hot else self._chunks).take()
            self._bind_samples(chunk, features, start, stop, bound)
            chunk.end = middle_values(
                self._middle.tape, bound.first, bound.observables, self._support, self.n, self._layout.tables,
                chunk.values, self._stride, chunk.states, self._middle.apart if chunk.hot else 0,
                found[start:stop].reshape(-1), self._row,
            )  # fmt: skip
            if chunk.hot:
                bound.chunks[start] = chunk
            else:
                self._give(chunk)

        run(work, pieces)
        return found[:n_samples, : self._n_columns]

    def _pieces(self, n_rows: int) -> list[tuple[int, int]]:
        step = _CHUNK_BLOCKS * self.lanes
        return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]

    def _bind_samples(self, chunk: Chunk, features: Floats, start: int, stop: int, bound: Bound) -> None:
        """Fill the matrices of a chunk."""
        chunk.values[: self._head] = bound.step.values
        if self._stride:
            bind_samples(
                self._recipe, tuple(bound.step), self._blocks(features, start, stop), features.shape[1],
                chunk.values, self._head, self._stride,
            )  # fmt: skip

    def _blocks(self, features: Floats, start: int, stop: int) -> Floats:
        return features[start // self.lanes : -(-stop // self.lanes)].reshape(-1)

    # gradients

    def gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Values `(n_samples, n_observables)` and gradient `(n_weights,)` through all sections."""
        wide = np.zeros((features.shape[0] * self.lanes, self._row), self.dtype)
        wide[: len(cotangent), : self._n_columns] = cotangent
        found = np.empty_like(wide)

        def work(start: int, stop: int) -> Chunk:
            return self._chunk_gradient(features, start, stop, wide[start:stop], found[start:stop], bound)

        sums = bound.sums.clear()
        # those whose states are still in the cache first, the sum in the order of the samples all the same
        for chunk in reversed(run(work, self._pieces(len(wide))[::-1])):
            sums.add(chunk.sums)
            self._give(chunk)
        self._suffix_gradient(bound)
        if self._prefix.trained:
            states, values = self._prefix.states(), bound.step.values
            end = np.zeros_like(sums.first)
            end[:: self.lanes] = sums.first.reshape(-1, self.lanes).sum(axis=1)
            self._prefix.run(self._ground, states, values, keep=True)
            self._prefix.back(end, states, values, sums.values)
        return found[: len(cotangent), : self._n_columns], self._weights(bound)

    def state_gradient(self, states: Floats, cotangent: Floats, bound: Bound) -> NDArray[np.float64]:
        """Gradient `(n_weights,)` when the states before the suffix are known."""
        sums = bound.sums.clear()
        if self._suffix.trained:
            vectors = sums.effective.reshape(self._n_registers, -1, self.lanes)
            for register in range(self._n_registers):
                columns = cotangent[:, register * self.lanes : (register + 1) * self.lanes]
                vectors[register, :, : columns.shape[1]] = states.T @ columns.astype(self.dtype, copy=False)
            self._suffix_gradient(bound)
        return self._weights(bound)

    def _chunk_gradient(
        self, features: Floats, start: int, stop: int, cotangent: Floats, found: Floats, bound: Bound
    ) -> Chunk:
        chunk = bound.chunks.pop(start, None)
        if chunk is None:
            chunk = self._chunks.take()
            self._bind_samples(chunk, features, start, stop, bound)
        chunk.sums.clear()
        chunk.d_values.fill(0)
        middle_gradient(
            self._middle.tape, self._middle.every, self._middle.marks, bound.first, bound.observables,
            self._support, self._n_columns, self.n, self._layout.tables, chunk.values, chunk.d_values,
            self._stride, chunk.states, self._middle.apart if chunk.hot else 0, chunk.end,
            cotangent.reshape(-1), found.reshape(-1), self._row, chunk.sums.effective, chunk.sums.first,
        )  # fmt: skip
        if self._stride:
            collect_samples(
                self._recipe, tuple(bound.step), self._blocks(features, start, stop), features.shape[1],
                chunk.values, chunk.d_values, self._head, self._stride, chunk.sums.factors, chunk.sums.scales,
            )  # fmt: skip
        return chunk

    def _suffix_gradient(self, bound: Bound) -> None:
        """From the effective states to the suffix's matrices."""
        values, sums = bound.step.values, bound.sums
        for register in range(self._n_registers if self._suffix.trained else 0):
            part, states = self._register(bound, register)
            if len(bound.suffix) < self._n_registers:
                self._suffix.run(self._observed[part], states, values, keep=True)
            self._suffix.back(sums.effective[part], states, values, sums.values)

    def _weights(self, bound: Bound) -> NDArray[np.float64]:
        gradient = np.zeros(self._n_weights)
        sums = bound.sums
        collect(self._recipe, tuple(bound.step), sums.values, sums.factors, sums.scales, gradient)
        return gradient


def _as_slice(numbers: tuple[int, ...]) -> slice | list[int]:
    """Successive numbers as a slice: arrays then need no copy."""
    if numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return slice(numbers[0], numbers[-1] + 1)
    return list(numbers)


def _observable_vectors(
    cone: Cone, observables: Sequence[Observable], n_registers: int, layout: Layout
) -> Floats:
    """`(n_registers, 4**n, lanes)`, flat: each observable in a lane."""
    local = {qubit: index for index, qubit in enumerate(cone.qubits)}
    flat = aligned(n_registers * layout.size, layout.dtype)
    flat.fill(0)
    vectors = flat.reshape(n_registers, 4**layout.n, layout.lanes)
    for position, number in enumerate(cone.observables):
        register, lane = divmod(position, layout.lanes)
        for factors, coefficient in observables[number].terms.items():
            string = sum(digit << 2 * local[qubit] for qubit, digit in factors)
            vectors[register, string, lane] += coefficient
    return flat
