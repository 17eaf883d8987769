"""The middle section over a batch of samples: values, gradients and inputs' gradients, piece by piece."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.kernels.cotangents import collect_samples
from qcsearch.simulation.exact.kernels.jit import Floats
from qcsearch.simulation.exact.kernels.matrices import bind_samples
from qcsearch.simulation.exact.kernels.middle import middle_gradient, middle_states, middle_values
from qcsearch.simulation.exact.kernels.records import Matrices, Plain, Samples, Slots
from qcsearch.simulation.exact.kernels.tape import COLUMNS, GRADIENT
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.planning.plan import Plan
from qcsearch.simulation.exact.planning.section import Section
from qcsearch.simulation.exact.runtime.bound import Bound, Chunk, Sums
from qcsearch.simulation.exact.runtime.threads import Run
from qcsearch.simulation.exact.runtime.workspace import Pool, aligned

__all__ = ["Batch"]

_CHUNK_BLOCKS = 16
"""Blocks of samples (4 or 8 each) that are one piece of work, the same for any number of threads, so that sums over
pieces have a fixed order: enough that a call costs little beside it, few enough that threads share a batch evenly."""


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
        slots = Slots(middle.states(_CHUNK_BLOCKS if hot else 1), middle.apart if hot else 0)
        matrices = Matrices(aligned(size, dtype), aligned(size, dtype), plan.stride)
        return Chunk(slots, matrices, self.new_sums())

    def new_sums(self) -> Sums:
        """Room for the sums over a chunk, or over all."""
        plan = self._plan
        return Sums(
            values=plan.head,
            factors=len(plan.recipe.factors) * 36 * self._lanes,
            effective=plan.observed.size if plan.suffix.trained else 0,
            first=plan.layout.size if plan.prefix.trained else 0,
            scales=len(plan.recipe.sample_terms),
            ahead=plan.ahead,
            dtype=plan.layout.dtype,
        )

    def give(self, chunk: Chunk) -> None:
        """Hand a chunk back."""
        (self._hot_chunks if chunk.hot else self._chunks).give(chunk)

    def states(self, features: Floats, n_samples: int, bound: Bound, run: Run) -> Floats:
        """States before the suffix on their support, `(n_samples, n_strings)`.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            n_samples: how many of the lanes are samples.
            bound: the step.
            run: how pieces are run.
        """
        plan = self._plan
        result = np.empty((n_samples, len(plan.support)), plan.layout.dtype)

        def work(start: int, stop: int) -> None:
            chunk = self._chunks.take()
            self._bind_samples(chunk, features, start, stop, bound)
            part = result[start:stop].reshape(-1)
            middle_states(
                plan.middle.plain_tape,
                bound.first,
                plan.support,
                chunk.plain_matrices,
                chunk.plain_slots,
                part,
            )
            self.give(chunk)

        run(work, self._pieces(n_samples))
        return result

    def values(self, features: Floats, bound: Bound, run: Run, *, keep: bool) -> Floats:
        """Values `(n_rows, row)`.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            bound: the step.
            run: how pieces are run.
            keep: whether the states of the last chunks stay for `gradient`: as many as the processor's cache holds.
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
                plan.middle.plain_tape, bound.first, bound.plain_observed, chunk.plain_matrices,
                chunk.plain_slots, found[start:stop].reshape(-1),
            )  # fmt: skip
            if chunk.hot:
                bound.chunks[start] = chunk
            else:
                self.give(chunk)

        run(work, pieces)
        return found

    def gradient(self, features: Floats, cotangent: Floats, bound: Bound, run: Run) -> Floats:
        """Add to the step's sums.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            cotangent: of the values, `(n_rows, row)`.
            bound: the step.
            run: how pieces are run.

        Returns:
            The values `(n_rows, row)`, but nothing of chunks whose states were kept.
        """
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
        """Gradient `(n_rows, n_features)` by the features.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            cotangent: of the values, `(n_rows, row)`.
            bound: the step.
            run: how pieces are run.
        """
        plan = self._plan
        result = np.zeros((len(cotangent), features.shape[1]))
        if not plan.stride:  # no feature enters this light cone
            return result
        slopes = self._slopes(bound, features.shape[1])
        middle, found = self._by_data, np.empty_like(cotangent)

        def work(start: int, stop: int) -> None:
            chunk = self._chunk_gradient(features, start, stop, cotangent, found, bound, middle)
            n_blocks = -(-(stop - start) // self._lanes)
            own = chunk.matrices.cotangents[plan.head :][: n_blocks * plan.stride]
            blocks = own.reshape(n_blocks, -1, self._lanes)
            angles = blocks[:, : 2 * len(slopes) : 2].transpose(0, 2, 1).reshape(-1, len(slopes))
            result[start:stop] = angles @ slopes

        run(work, self._pieces(len(cotangent)))
        return result

    @cached_property
    def _by_data(self) -> Section:
        """The middle section with its states kept where features enter, not weights."""
        plan = self._plan
        rows = plan.middle.tape.operations.reshape(-1, COLUMNS).copy()
        rows[:, GRADIENT] = plan.data
        return Section(rows, plan.layout, plan.tables, plan.share.middle)

    def _slopes(self, bound: Bound, n_features: int) -> NDArray[np.float64]:
        """Derivatives of the sample angles by the features, `(n_angles, n_features)`."""
        recipe = self._plan.recipe
        terms = recipe.sample_terms
        slopes = np.zeros((len(recipe.sample_angle_constants), n_features))
        data = terms[:, 2] >= 0
        np.add.at(slopes, (terms[data, 0], terms[data, 2]), bound.step.scales[data])
        return slopes

    def _pieces(self, n_rows: int) -> list[tuple[int, int]]:
        step = _CHUNK_BLOCKS * self._lanes
        return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]

    def _samples(self, features: Floats, start: int, stop: int) -> Plain:
        blocks = features[start // self._lanes : -(-stop // self._lanes)].reshape(-1)
        return tuple(Samples(blocks, features.shape[1], self._plan.head, self._plan.stride))

    def _bind_samples(self, chunk: Chunk, features: Floats, start: int, stop: int, bound: Bound) -> None:
        """Fill the matrices of a chunk."""
        plan, values = self._plan, chunk.matrices.values
        values[: plan.head] = bound.step.values
        if plan.stride:
            samples = self._samples(features, start, stop)
            bind_samples(plan.plain_recipe, bound.plain_step, samples, values)

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
        chunk.matrices.cotangents.fill(0)
        middle_gradient(
            middle.plain_tape, bound.first, bound.plain_observed, chunk.plain_matrices, chunk.plain_slots,
            chunk.end, cotangent[start:stop].reshape(-1), found[start:stop].reshape(-1), chunk.sums.plain,
        )  # fmt: skip
        if plan.stride:
            samples = self._samples(features, start, stop)
            collect_samples(
                plan.plain_recipe, bound.plain_step, samples, chunk.plain_matrices, chunk.sums.plain
            )
        chunk.sums.parts.values[:] = chunk.matrices.cotangents[: plan.head]
        return chunk
