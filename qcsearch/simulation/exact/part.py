"""One light cone of a compiled circuit: values and gradients of its observables, section by section."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.bound import Bound, Chunk, Sums
from qcsearch.simulation.exact.cones import Cone
from qcsearch.simulation.exact.coordinates import States
from qcsearch.simulation.exact.cotangents import collect, collect_samples
from qcsearch.simulation.exact.kernels import Floats
from qcsearch.simulation.exact.matrices import bind, bind_samples
from qcsearch.simulation.exact.memory import Memory
from qcsearch.simulation.exact.middle import middle_gradient, middle_states, middle_values
from qcsearch.simulation.exact.plan import make_plan
from qcsearch.simulation.exact.section import Section
from qcsearch.simulation.exact.sweep import COLUMNS, GRADIENT
from qcsearch.simulation.exact.threads import Run, run_in_order
from qcsearch.simulation.exact.workspace import Pool, aligned, as_aligned
from qcsearch.simulation.observables import Observable

__all__ = ["Part"]

_CHUNK_BLOCKS = 16
"""Blocks of samples (4 or 8 each) that are one piece of work; the sum over pieces has a fixed order."""
_PIECE = 2**18
"""Multiply-adds of registers that are one piece of work where states are known."""


class Part:
    """The observables of one light cone.

    Args:
        cone: qubits, elements, numbers of the observables.
        observables: all observables of the program.
        n_weights: of the program.
        dtype: of the states.
        memory: what it may use.

    Attributes:
        columns: numbers of its observables among the program's.
        lanes: samples in a register.
        plan: what is the same in every step.

    Raises:
        CircuitError: if the states do not fit into the memory.
    """

    def __init__(
        self,
        cone: Cone,
        observables: Sequence[Observable],
        n_weights: int,
        dtype: np.dtype[Any],
        memory: Memory,
    ) -> None:
        plan = self.plan = make_plan(cone, observables, dtype, memory)
        self.columns = _as_slice(cone.observables)
        self._n_columns = len(cone.observables)
        self.dtype = dtype
        self.lanes = plan.layout.lanes
        self._n_weights = n_weights
        self._row = plan.n_registers * self.lanes
        self._size = plan.layout.size
        per_row = plan.coordinates.size * plan.n_registers // self.lanes
        self._known_step = max(64, _PIECE // per_row // 4 * 4)
        self._memory = memory
        small = self.bound_bytes < memory.kept
        self._bounds: Pool[Bound] = Pool(self._new_bound, keep=small)
        self._chunks: Pool[Chunk] = Pool(
            lambda: self._new_chunk(plan.middle), keep=plan.middle.n_bytes < memory.kept
        )
        self._hot_chunks: Pool[Chunk] = Pool(lambda: self._new_chunk(plan.middle, hot=True), keep=True)

    # workspaces

    @property
    def _all_fit(self) -> bool:
        """Whether the suffix states of all registers of observables may be kept at once."""
        return self.plan.suffix.n_bytes * self.plan.n_registers <= self.plan.share.outer

    @property
    def bound_bytes(self) -> int:
        """Memory of a step's shared part."""
        vectors = 4 * self.plan.n_registers * self._size * self.dtype.itemsize
        return vectors + self.plan.suffix.n_bytes * (self.plan.n_registers if self._all_fit else 1)

    def work(self, n_rows: int) -> int:
        """Rough work of a step with so many samples, in multiply-adds of registers."""
        registers = self._size // self.lanes
        suffix = 8 * self.plan.n_registers * len(self.plan.suffix) * registers
        if self.plan.fixed_states:
            return suffix + 2 * self.plan.n_registers * n_rows * self.plan.coordinates.size // self.lanes
        return suffix + 8 * (n_rows // self.lanes + 1) * len(self.plan.middle) * registers

    def _new_bound(self) -> Bound:
        registers = self.plan.n_registers
        return Bound(
            step=tuple(self.plan.new_step()),
            suffix=[self.plan.suffix.states() for _ in range(registers if self._all_fit else 1)],
            observables=aligned(self.plan.observed.size, self.dtype)
            if len(self.plan.suffix)
            else self.plan.observed,
            coordinates=aligned(registers * self.plan.coordinates.size, self.dtype),
            work=self.plan.coordinates.work(),
            sums=self._new_sums(),
        )

    def _new_chunk(self, middle: Section, *, hot: bool = False) -> Chunk:
        size = self.plan.head + _CHUNK_BLOCKS * self.plan.stride
        values, d_values = aligned(size, self.dtype), aligned(size, self.dtype)
        states = middle.states(_CHUNK_BLOCKS if hot else 1)
        return Chunk(states, hot, values, d_values, self._new_sums())

    def _new_sums(self) -> Sums:
        return Sums(
            values=self.plan.head,
            factors=len(self.plan.recipe[4]) * 36 * self.lanes,
            effective=self.plan.observed.size if self.plan.suffix.trained else 0,
            first=self._size if self.plan.prefix.trained else 0,
            scales=len(self.plan.recipe[11]),
            dtype=self.dtype,
        )

    # one step, shared by all samples

    def bind(self, weights: Floats, run: Run) -> Bound:
        """Build the shared matrices, the state after the prefix and the observables before the suffix."""
        bound = self._bounds.take()
        bind(self.plan.recipe, weights, bound.step)
        if not self.plan.fixed_states:
            bound.first = self._first(bound.values)
        trained = self.plan.suffix.trained

        def propagate(register: int, _: int) -> None:
            part, states = self._register(bound, register)
            bound.observables[part] = self.plan.suffix.run(
                self.plan.observed[part], states, bound.values, keep=trained
            )

        if len(self.plan.suffix):
            for_all = run if len(bound.suffix) > 1 else run_in_order
            for_all(propagate, [(register, register + 1) for register in range(self.plan.n_registers)])
        if self.plan.fixed_states:
            self.plan.coordinates.of_observables(bound.observables, bound.coordinates, bound.work)
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
        if self.plan.prefix.trained:
            return self.plan.prefix.run(self._ground, self.plan.prefix.states(), values, keep=False)
        if self._kept_first is None:
            first = self.plan.prefix.run(self._ground, self.plan.prefix.states(), values, keep=False)
            self._kept_first = as_aligned(first)
        return self._kept_first

    _kept_first: Floats | None = None

    @cached_property
    def _ground(self) -> Floats:
        """|0…0⟩: 1 on every string of I and Z."""
        state = aligned(self._size, self.dtype)
        state.fill(0)
        for lane in range(self.lanes):
            state[self.plan.ground + lane] = 1
        return state

    # samples

    def states(self, X: NDArray[np.float64], features: Floats, run: Run) -> States:
        """States before the suffix in coordinates; `features` as `X`, `(n_blocks, n_features, lanes)`."""
        if self.plan.coordinates.masks:
            return self.plan.coordinates.states(X)
        result = np.empty((len(X), len(self.plan.support)), self.dtype)
        bound = self._bounds.take()
        bind(self.plan.recipe, np.zeros(self._n_weights), bound.step)
        bound.first = self._first(bound.values)

        def work(start: int, stop: int) -> None:
            chunk = self._chunks.take()
            self._bind_samples(chunk, features, start, stop, bound)
            middle_states(
                self.plan.middle.tape, bound.first, self.plan.support, self._size, self.plan.tables, chunk.values,
                self.plan.stride, chunk.states, result[start:stop].reshape(-1),
            )  # fmt: skip
            self._give(chunk)

        run(work, self._pieces(len(X)))
        self.release(bound)
        return States(result, np.ones((len(X), 1), self.dtype))

    def values_of(self, states: States, bound: Bound, run: Run) -> Floats:
        """Values `(n_samples, n_observables)` of the states before the suffix."""
        found = np.empty((len(states.low), self._row), self.dtype)

        def work(start: int, stop: int) -> None:
            self.plan.coordinates.values(states.part(start, stop), bound.coordinates, found[start:stop])

        run(work, self._known_pieces(len(found)))
        return found[:, : self._n_columns]

    def _known_pieces(self, n_rows: int) -> list[tuple[int, int]]:
        """Pieces of equal work, whatever the number of threads."""
        step = self._known_step
        return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]

    def values(
        self, features: Floats, n_samples: int, bound: Bound, run: Run, *, keep: bool = False
    ) -> Floats:
        """Values `(n_samples, n_observables)` through the middle section.

        With `keep` the states of the last chunks stay for `gradient`: as many as the processor's cache holds.
        """
        found = np.empty((features.shape[0] * self.lanes, self._row), self.dtype)
        pieces = self._pieces(len(found))
        n_hot = self.plan.middle.n_hot(_CHUNK_BLOCKS) if keep else 0
        hot = {start for start, _ in pieces[max(0, len(pieces) - n_hot) :]}

        def work(start: int, stop: int) -> None:
            chunk = (self._hot_chunks if start in hot else self._chunks).take()
            self._bind_samples(chunk, features, start, stop, bound)
            chunk.end = middle_values(
                self.plan.middle.tape, bound.first, bound.observables, self.plan.support, self._size, self.plan.tables,
                chunk.values, self.plan.stride, chunk.states, self.plan.middle.apart if chunk.hot else 0,
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
        chunk.values[: self.plan.head] = bound.values
        if self.plan.stride:
            bind_samples(
                self.plan.recipe, bound.step, self._blocks(features, start, stop), features.shape[1],
                chunk.values, self.plan.head, self.plan.stride,
            )  # fmt: skip

    def _blocks(self, features: Floats, start: int, stop: int) -> Floats:
        return features[start // self.lanes : -(-stop // self.lanes)].reshape(-1)

    # gradients

    def gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Values `(n_samples, n_observables)` and gradient `(n_weights,)` through all sections."""
        wide = self._wide(cotangent, features.shape[0] * self.lanes)
        found = np.empty_like(wide)

        def work(start: int, stop: int) -> Chunk:
            return self._chunk_gradient(features, start, stop, wide, found, bound, self.plan.middle)

        sums = bound.sums.clear()
        # from the last, whose states are still in the cache, to the first; so many at once as memory has room for
        pieces = self._pieces(len(wide))[::-1]
        many = max(1, self._memory.kept // self.plan.middle.n_bytes, self._memory.threads)
        for start in range(0, len(pieces), many):
            for chunk in run(work, pieces[start : start + many]):
                sums.add(chunk.sums)
                self._give(chunk)
        self._suffix_gradient(bound, run)
        if self.plan.prefix.trained:
            states, values = self.plan.prefix.states(), bound.values
            end = np.zeros_like(sums.first)
            end[:: self.lanes] = sums.first.reshape(-1, self.lanes).sum(axis=1)
            self.plan.prefix.run(self._ground, states, values, keep=True)
            self.plan.prefix.back(end, states, values, sums.values)
        return found[: len(cotangent), : self._n_columns], self._weights(bound)

    def state_gradient(
        self, states: States, cotangent: Floats, bound: Bound, run: Run
    ) -> NDArray[np.float64]:
        """Gradient `(n_weights,)` when the states before the suffix are known."""
        sums = bound.sums.clear()
        if self.plan.suffix.trained:
            wide = self._wide(cotangent, len(cotangent))
            pieces = self._known_pieces(len(wide))

            def work(start: int, stop: int) -> Floats:
                effective = np.zeros_like(bound.coordinates)
                self.plan.coordinates.effective(states.part(start, stop), wide[start:stop], effective)
                return effective

            effective, *others = run(work, pieces)
            for other in others:
                effective += other
            self.plan.coordinates.of_states(effective, sums.effective, bound.work)
            self._suffix_gradient(bound, run)
        return self._weights(bound)

    def input_gradient(self, features: Floats, cotangent: Floats, bound: Bound, run: Run) -> Floats:
        """Gradient `(n_samples, n_features)` of `Σ cotangent · values` by the features."""
        wide = self._wide(cotangent, features.shape[0] * self.lanes)
        if self.plan.fixed_states:
            bound.first = self._first(bound.values)
        result = np.zeros((*wide.shape[:1], features.shape[1]))
        middle, slopes = self._by_data, self._slopes(bound, features.shape[1])

        def work(start: int, stop: int) -> None:
            chunk = self._chunk_gradient(features, start, stop, wide, np.empty_like(wide), bound, middle)
            n_blocks = -(-(stop - start) // self.lanes)
            angles = chunk.d_values[self.plan.head :][: n_blocks * self.plan.stride].reshape(
                n_blocks, -1, self.lanes
            )
            d_angles = angles[:, : 2 * len(slopes) : 2].transpose(0, 2, 1).reshape(-1, len(slopes))
            result[start:stop] = d_angles @ slopes

        run(work, self._pieces(len(wide)))
        return result[: len(cotangent)]

    @cached_property
    def _by_data(self) -> Section:
        """The middle section with its states kept where features enter, not weights."""
        rows = self.plan.middle.tape.reshape(-1, COLUMNS).copy()
        rows[:, GRADIENT] = self.plan.data
        return Section(rows, self.plan.layout, self.plan.tables, self.plan.share.middle)

    def _slopes(self, bound: Bound, n_features: int) -> NDArray[np.float64]:
        """Derivatives of the sample angles by the features, `(n_angles, n_features)`."""
        n_angles, terms = len(self.plan.recipe[10]), self.plan.recipe[11]
        slopes = np.zeros((n_angles, n_features))
        data = terms[:, 2] >= 0
        np.add.at(slopes, (terms[data, 0], terms[data, 2]), bound.step[4][data])
        return slopes

    def _wide(self, cotangent: Floats, n_rows: int) -> Floats:
        """The cotangent, `(n_rows, n_registers * lanes)`, filled up with zeros."""
        if cotangent.shape == (n_rows, self._row) and cotangent.dtype == self.dtype:
            return np.ascontiguousarray(cotangent)
        wide = np.zeros((n_rows, self._row), self.dtype)
        wide[: len(cotangent), : self._n_columns] = cotangent
        return wide

    def _chunk_gradient(
        self,
        features: Floats,
        start: int,
        stop: int,
        wide: Floats,
        found: Floats,
        bound: Bound,
        middle: Section,
    ) -> Chunk:
        chunk = bound.chunks.pop(start, None)
        if chunk is None:
            chunk = self._chunks.take() if middle is self.plan.middle else self._new_chunk(middle)
            self._bind_samples(chunk, features, start, stop, bound)
        chunk.sums.clear()
        chunk.d_values.fill(0)
        middle_gradient(
            middle.tape, middle.every, middle.marks, bound.first, bound.observables, self.plan.support,
            self._n_columns, self._size, self.plan.tables, chunk.values, chunk.d_values, self.plan.stride, chunk.states,
            middle.apart if chunk.hot else 0, chunk.end, wide[start:stop].reshape(-1),
            found[start:stop].reshape(-1), self._row, chunk.sums.effective, self.plan.ahead, chunk.sums.first,
        )  # fmt: skip
        if self.plan.stride:
            collect_samples(
                self.plan.recipe, bound.step, self._blocks(features, start, stop), features.shape[1],
                chunk.values, chunk.d_values, self.plan.head, self.plan.stride, chunk.sums.factors, chunk.sums.scales,
            )  # fmt: skip
        chunk.sums.values[:] = chunk.d_values[: self.plan.head]
        return chunk

    def _suffix_gradient(self, bound: Bound, run: Run) -> None:
        """From the effective states to the suffix's matrices."""
        values, sums = bound.values, bound.sums
        for register in range(self.plan.n_registers if self.plan.suffix.trained else 0):
            part, states = self._register(bound, register)
            if len(bound.suffix) < self.plan.n_registers:
                self.plan.suffix.run(self.plan.observed[part], states, values, keep=True)
            self.plan.suffix.back(sums.effective[part], states, values, sums.values)

    def _weights(self, bound: Bound) -> NDArray[np.float64]:
        gradient = np.zeros(self._n_weights)
        sums = bound.sums
        collect(self.plan.recipe, bound.step, sums.values, sums.factors, sums.scales, gradient)
        return gradient


def _as_slice(numbers: tuple[int, ...]) -> slice | list[int]:
    """Successive numbers as a slice: arrays then need no copy."""
    if numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return slice(numbers[0], numbers[-1] + 1)
    return list(numbers)
