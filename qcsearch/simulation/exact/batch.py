"""The middle section over a batch of samples: values, gradients and inputs' gradients, piece by piece."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.bound import Bound, Chunk, Sums
from qcsearch.simulation.exact.cotangents import collect_samples
from qcsearch.simulation.exact.kernels import Floats
from qcsearch.simulation.exact.matrices import bind_samples
from qcsearch.simulation.exact.memory import Memory
from qcsearch.simulation.exact.middle import middle_gradient, middle_states, middle_values
from qcsearch.simulation.exact.plan import Plan
from qcsearch.simulation.exact.section import Section
from qcsearch.simulation.exact.sweep import COLUMNS, GRADIENT
from qcsearch.simulation.exact.threads import Run
from qcsearch.simulation.exact.workspace import Pool, aligned

__all__ = ["Batch"]

_CHUNK_BLOCKS = 16
"""Blocks of samples (4 or 8 each) that are one piece of work; the sum over pieces has a fixed order."""


class Batch:
    """Samples through the middle section of one light cone.

    Features come lane by lane, `(n_blocks, n_features, lanes)`; cotangents and values a row a sample, filled up to
    whole registers of observables.

    Args:
        plan: of the cone.
        n_observables: of the cone.
        memory: of the program.
    """

    def __init__(self, plan: Plan, n_observables: int, memory: Memory) -> None:
        self._plan = plan
        self._n_observables = n_observables
        self._memory = memory
        self._lanes = plan.layout.lanes
        self._row = plan.n_registers * self._lanes
        self._chunks: Pool[Chunk] = Pool(
            lambda: self._new_chunk(plan.middle), keep=plan.middle.n_bytes < memory.pieces // memory.n_parts
        )
        self._hot_chunks: Pool[Chunk] = Pool(lambda: self._new_chunk(plan.middle, hot=True), keep=True)

    def _new_chunk(self, middle: Section, *, hot: bool = False) -> Chunk:
        plan, dtype = self._plan, self._plan.layout.dtype
        size = plan.head + _CHUNK_BLOCKS * plan.stride
        states = middle.states(_CHUNK_BLOCKS if hot else 1)
        return Chunk(states, hot, aligned(size, dtype), aligned(size, dtype), self.new_sums())

    def new_sums(self) -> Sums:
        """Room for the sums over a chunk, or over all."""
        plan = self._plan
        return Sums(
            values=plan.head,
            factors=len(plan.recipe[4]) * 36 * self._lanes,
            effective=plan.observed.size if plan.suffix.trained else 0,
            first=plan.layout.size if plan.prefix.trained else 0,
            scales=len(plan.recipe[11]),
            dtype=plan.layout.dtype,
        )

    def give(self, chunk: Chunk) -> None:
        """Hand a chunk back."""
        (self._hot_chunks if chunk.hot else self._chunks).give(chunk)

    def states(self, features: Floats, n_samples: int, bound: Bound, run: Run) -> Floats:
        """States before the suffix on their support, `(n_samples, n_strings)`."""
        plan = self._plan
        result = np.empty((n_samples, len(plan.support)), plan.layout.dtype)

        def work(start: int, stop: int) -> None:
            chunk = self._chunks.take()
            self._bind_samples(chunk, features, start, stop, bound)
            middle_states(
                plan.middle.tape, bound.first, plan.support, plan.layout.size, plan.tables, chunk.values,
                plan.stride, chunk.states, result[start:stop].reshape(-1),
            )  # fmt: skip
            self.give(chunk)

        run(work, self._pieces(n_samples))
        return result

    def values(self, features: Floats, bound: Bound, run: Run, *, keep: bool) -> Floats:
        """Values `(n_rows, row)`.

        With `keep` the states of the last chunks stay for `gradient`: as many as the processor's cache holds.
        """
        plan = self._plan
        found = np.empty((features.shape[0] * self._lanes, self._row), plan.layout.dtype)
        pieces = self._pieces(len(found))
        n_hot = plan.middle.n_hot(_CHUNK_BLOCKS) if keep else 0
        hot = {start for start, _ in pieces[max(0, len(pieces) - n_hot) :]}

        def work(start: int, stop: int) -> None:
            chunk = (self._hot_chunks if start in hot else self._chunks).take()
            self._bind_samples(chunk, features, start, stop, bound)
            chunk.end = middle_values(
                plan.middle.tape, bound.first, bound.observables, plan.support, plan.layout.size, plan.tables,
                chunk.values, plan.stride, chunk.states, plan.middle.apart if chunk.hot else 0,
                found[start:stop].reshape(-1), self._row,
            )  # fmt: skip
            if chunk.hot:
                bound.chunks[start] = chunk
            else:
                self.give(chunk)

        run(work, pieces)
        return found

    def gradient(self, features: Floats, cotangent: Floats, bound: Bound, run: Run) -> Floats:
        """Add to the step's sums; returns the values `(n_rows, row)`, which those that are kept do not have."""
        found = np.empty_like(cotangent)

        def work(start: int, stop: int) -> Chunk:
            return self._chunk_gradient(features, start, stop, cotangent, found, bound, self._plan.middle)

        # from the last, whose states are still in the cache, to the first; so many at once as memory has room for
        pieces = self._pieces(len(cotangent))[::-1]
        many = max(1, self._memory.pieces // self._plan.middle.n_bytes, self._memory.threads)
        for start in range(0, len(pieces), many):
            for chunk in run(work, pieces[start : start + many]):
                bound.sums.add(chunk.sums)
                self.give(chunk)
        return found

    def input_gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> NDArray[np.float64]:
        """Gradient `(n_rows, n_features)` by the features."""
        plan = self._plan
        result = np.zeros((len(cotangent), features.shape[1]))
        slopes = self._slopes(bound, features.shape[1])
        middle, found = self._by_data, np.empty_like(cotangent)

        def work(start: int, stop: int) -> None:
            chunk = self._chunk_gradient(features, start, stop, cotangent, found, bound, middle)
            n_blocks = -(-(stop - start) // self._lanes)
            blocks = chunk.d_values[plan.head :][: n_blocks * plan.stride].reshape(n_blocks, -1, self._lanes)
            angles = blocks[:, : 2 * len(slopes) : 2].transpose(0, 2, 1).reshape(-1, len(slopes))
            result[start:stop] = angles @ slopes

        run(work, self._pieces(len(cotangent)))
        return result

    @cached_property
    def _by_data(self) -> Section:
        """The middle section with its states kept where features enter, not weights."""
        plan = self._plan
        rows = plan.middle.tape.reshape(-1, COLUMNS).copy()
        rows[:, GRADIENT] = plan.data
        return Section(rows, plan.layout, plan.tables, plan.share.middle)

    def _slopes(self, bound: Bound, n_features: int) -> NDArray[np.float64]:
        """Derivatives of the sample angles by the features, `(n_angles, n_features)`."""
        n_angles, terms = len(self._plan.recipe[10]), self._plan.recipe[11]
        slopes = np.zeros((n_angles, n_features))
        data = terms[:, 2] >= 0
        np.add.at(slopes, (terms[data, 0], terms[data, 2]), bound.step[4][data])
        return slopes

    def _pieces(self, n_rows: int) -> list[tuple[int, int]]:
        step = _CHUNK_BLOCKS * self._lanes
        return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]

    def _blocks(self, features: Floats, start: int, stop: int) -> Floats:
        return features[start // self._lanes : -(-stop // self._lanes)].reshape(-1)

    def _bind_samples(self, chunk: Chunk, features: Floats, start: int, stop: int, bound: Bound) -> None:
        """Fill the matrices of a chunk."""
        plan = self._plan
        chunk.values[: plan.head] = bound.values
        if plan.stride:
            bind_samples(
                plan.recipe, bound.step, self._blocks(features, start, stop), features.shape[1], chunk.values,
                plan.head, plan.stride,
            )  # fmt: skip

    def _chunk_gradient(
        self, features: Floats, start: int, stop: int, cotangent: Floats, found: Floats, bound: Bound,
        middle: Section,
    ) -> Chunk:  # fmt: skip
        plan = self._plan
        chunk = bound.chunks.pop(start, None)
        if chunk is None:
            chunk = self._chunks.take() if middle is plan.middle else self._new_chunk(middle)
            self._bind_samples(chunk, features, start, stop, bound)
        chunk.sums.clear()
        chunk.d_values.fill(0)
        middle_gradient(
            middle.tape, middle.every, middle.marks, bound.first, bound.observables, plan.support,
            self._n_observables, plan.layout.size, plan.tables, chunk.values, chunk.d_values, plan.stride,
            chunk.states, middle.apart if chunk.hot else 0, chunk.end, cotangent[start:stop].reshape(-1),
            found[start:stop].reshape(-1), self._row, chunk.sums.effective, plan.ahead, chunk.sums.first,
        )  # fmt: skip
        if plan.stride:
            collect_samples(
                plan.recipe, bound.step, self._blocks(features, start, stop), features.shape[1], chunk.values,
                chunk.d_values, plan.head, plan.stride, chunk.sums.factors, chunk.sums.scales,
            )  # fmt: skip
        chunk.sums.values[:] = chunk.d_values[: plan.head]
        return chunk
