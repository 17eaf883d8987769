"""One light cone of a compiled circuit: values and gradients of its observables, section by section."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.batch import Batch
from qcsearch.simulation.exact.bound import Bound
from qcsearch.simulation.exact.cones import Cone
from qcsearch.simulation.exact.contraction import to_coordinates, to_strings
from qcsearch.simulation.exact.coordinates import States
from qcsearch.simulation.exact.cotangents import collect
from qcsearch.simulation.exact.kernels import Floats
from qcsearch.simulation.exact.matrices import bind
from qcsearch.simulation.exact.memory import Memory
from qcsearch.simulation.exact.plan import make_plan
from qcsearch.simulation.exact.suffix import add_up, finish_step, start_step
from qcsearch.simulation.exact.threads import Run, run_in_order
from qcsearch.simulation.exact.workspace import Pool, aligned, as_aligned
from qcsearch.simulation.observables import Observable

__all__ = ["Part"]

_PIECE = 2**18
"""Multiply-adds of registers that are one piece of work where states are known."""
_LARGE = 2**17
"""Multiply-adds of registers in the suffix from which on its registers are pieces of work."""

_EMPTY = np.empty(0)


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
        per_row = plan.coordinates.size * plan.n_registers // self.lanes
        self._known_step = max(64, _PIECE // per_row // 4 * 4)
        self._batch = Batch(plan, self._n_columns, memory)
        suffix = plan.suffix
        self._sweep = (suffix.tape, suffix.every, suffix.marks, plan.layout.size, plan.tables)
        self._change = (plan.support, plan.coordinates.plan, plan.coordinates.maps)
        self._registers = [(register, register + 1) for register in range(plan.n_registers)]
        self._bounds: Pool[Bound] = Pool(self._new_bound, keep=self.bound_bytes < memory.kept)

    # workspaces

    @property
    def _all_fit(self) -> bool:
        """Whether the suffix states of all registers of observables may be kept at once."""
        return self.plan.suffix.n_bytes * self.plan.n_registers <= self.plan.share.outer

    @property
    def bound_bytes(self) -> int:
        """Memory of a step's shared part."""
        vectors = 4 * self.plan.n_registers * self.plan.layout.size * self.dtype.itemsize
        return vectors + self.plan.suffix.n_bytes * (self.plan.n_registers if self._all_fit else 1)

    def work(self, n_rows: int) -> int:
        """Rough work of a step with so many samples, in multiply-adds of registers."""
        plan = self.plan
        if plan.fixed_states:
            known = 2 * plan.n_registers * n_rows * plan.coordinates.size // self.lanes
            return self._suffix_work + known
        strings = plan.layout.size // self.lanes
        return self._suffix_work + 8 * (n_rows // self.lanes + 1) * len(plan.middle) * strings

    @property
    def _suffix_work(self) -> int:
        return 8 * self.plan.n_registers * len(self.plan.suffix) * self.plan.layout.size // self.lanes

    def _new_bound(self) -> Bound:
        plan, registers = self.plan, self.plan.n_registers
        fixed = plan.fixed_states
        return Bound(
            step=tuple(plan.new_step()),
            suffix=plan.suffix.states(registers if self._all_fit else 1),
            apart=plan.suffix.apart if self._all_fit else 0,
            observables=aligned(plan.observed.size, self.dtype) if len(plan.suffix) else plan.observed,
            coordinates=aligned(registers * plan.coordinates.size if fixed else 0, self.dtype),
            effective=aligned(registers * plan.coordinates.size if fixed else 0, self.dtype),
            work=plan.coordinates.work(),
            d_suffix=aligned(registers * plan.head, self.dtype),
            sums=self._batch.new_sums(),
        )

    def release(self, bound: Bound) -> None:
        """Hand the workspace back; what was computed from it stays valid."""
        for chunk in bound.chunks.values():
            self._batch.give(chunk)
        bound.chunks.clear()
        self._bounds.give(bound)

    # one step, shared by all samples

    def bind(self, weights: Floats, run: Run) -> Bound:
        """Build the shared matrices, the state after the prefix and the observables before the suffix."""
        plan, bound = self.plan, self._bounds.take()
        if len(plan.suffix) and self._n_weights and not self._apart(bound):
            self._start(bound, weights, 0, plan.n_registers, bound.coordinates)
        else:
            bind(plan.recipe, weights, bound.step)
            if len(plan.suffix):
                nothing = bound.coordinates[:0]
                for_all = run if self._apart(bound) else run_in_order
                for_all(lambda first, last: self._start(bound, _EMPTY, first, last, nothing), self._registers)
            if plan.fixed_states:
                size = plan.layout.size
                to_coordinates(bound.observables, size, *self._change, bound.coordinates, bound.work)
        if not plan.fixed_states:
            bound.first = self._first(bound.values)
        return bound

    def _apart(self, bound: Bound) -> bool:
        """Whether registers of observables are pieces of work."""
        return len(self._registers) > 1 and bound.apart > 0 and self._suffix_work >= _LARGE

    def _start(self, bound: Bound, weights: Floats, first: int, last: int, coordinates: Floats) -> None:
        plan = self.plan
        start_step(
            plan.recipe, weights, bound.step, *self._sweep, bound.suffix, bound.apart, plan.observed, first, last,
            bound.observables, *self._change, coordinates, bound.work,
        )  # fmt: skip

    def _first(self, values: Floats) -> Floats:
        prefix = self.plan.prefix
        if prefix.trained:
            return prefix.run(self._ground, prefix.states(), values, keep=False)
        if self._kept_first is None:
            self._kept_first = as_aligned(prefix.run(self._ground, prefix.states(), values, keep=False))
        return self._kept_first

    _kept_first: Floats | None = None

    @cached_property
    def _ground(self) -> Floats:
        """|0…0⟩: 1 on every string of I and Z."""
        state = aligned(self.plan.layout.size, self.dtype)
        state.fill(0)
        for lane in range(self.lanes):
            state[self.plan.ground + lane] = 1
        return state

    # known states

    def states(self, X: NDArray[np.float64], features: Floats, run: Run) -> States:
        """States before the suffix in coordinates; `features` as `X`, `(n_blocks, n_features, lanes)`."""
        if self.plan.coordinates.masks:
            return self.plan.coordinates.states(X)
        bound = self._bounds.take()
        bind(self.plan.recipe, np.zeros(self._n_weights), bound.step)
        bound.first = self._first(bound.values)
        low = self._batch.states(features, len(X), bound, run)
        self.release(bound)
        return States(low, np.ones((len(X), 1), self.dtype))

    def values_of(self, states: States, bound: Bound, run: Run) -> Floats:
        """Values `(n_samples, n_observables)` of the states before the suffix."""
        found = np.empty((len(states.low), self._row), self.dtype)
        if len(found) <= self._known_step:
            self.plan.coordinates.values(states, bound.coordinates, found)
            return found[:, : self._n_columns]

        def work(start: int, stop: int) -> None:
            self.plan.coordinates.values(states.part(start, stop), bound.coordinates, found[start:stop])

        run(work, self._known_pieces(len(found)))
        return found[:, : self._n_columns]

    def state_gradient(
        self, states: States, cotangent: Floats, bound: Bound, run: Run
    ) -> NDArray[np.float64]:
        """Gradient `(n_weights,)` when the states before the suffix are known."""
        bound.sums.clear()
        if self.plan.suffix.trained:
            wide = self._wide(cotangent, len(cotangent))
            pieces = self._known_pieces(len(wide))

            def work(start: int, stop: int) -> Floats:
                effective = bound.effective if start == 0 else np.empty_like(bound.effective)
                effective.fill(0)
                self.plan.coordinates.effective(states.part(start, stop), wide[start:stop], effective)
                return effective

            effective, *others = run(work, pieces)
            for other in others:
                effective += other
        return self._finish(bound, run, known=True)

    def _known_pieces(self, n_rows: int) -> list[tuple[int, int]]:
        """Pieces of equal work, whatever the number of threads."""
        step = self._known_step
        return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]

    # states that depend on weights

    def values(
        self, features: Floats, n_samples: int, bound: Bound, run: Run, *, keep: bool = False
    ) -> Floats:
        """Values `(n_samples, n_observables)` through the middle section, whose states stay with `keep`."""
        return self._batch.values(features, bound, run, keep=keep)[:n_samples, : self._n_columns]

    def gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Values `(n_samples, n_observables)` and gradient `(n_weights,)` through all sections."""
        sums = bound.sums.clear()
        wide = self._wide(cotangent, features.shape[0] * self.lanes)
        found = self._batch.gradient(features, wide, bound, run)
        if self.plan.prefix.trained:
            prefix, values = self.plan.prefix, bound.values
            states, end = prefix.states(), np.zeros_like(sums.first)
            end[:: self.lanes] = sums.first.reshape(-1, self.lanes).sum(axis=1)
            prefix.run(self._ground, states, values, keep=True)
            prefix.back(end, states, values, sums.values)
        return found[: len(cotangent), : self._n_columns], self._finish(bound, run, known=False)

    def input_gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> NDArray[np.float64]:
        """Gradient `(n_samples, n_features)` of `Σ cotangent · values` by the features."""
        if self.plan.fixed_states:
            bound.first = self._first(bound.values)
        wide = self._wide(cotangent, features.shape[0] * self.lanes)
        return self._batch.input_gradient(features, wide, bound, run)[: len(cotangent)]

    # both

    def _wide(self, cotangent: Floats, n_rows: int) -> Floats:
        """The cotangent, `(n_rows, n_registers * lanes)`, filled up with zeros."""
        if cotangent.shape == (n_rows, self._row) and cotangent.dtype == self.dtype:
            return np.ascontiguousarray(cotangent)
        wide = np.zeros((n_rows, self._row), self.dtype)
        wide[: len(cotangent), : self._n_columns] = cotangent
        return wide

    def _finish(self, bound: Bound, run: Run, *, known: bool) -> NDArray[np.float64]:
        """From the sums over samples through the suffix to the gradient `(n_weights,)`."""
        plan, sums, gradient = self.plan, bound.sums, np.zeros(self._n_weights)
        coordinates = bound.effective if known else bound.effective[:0]
        if not plan.suffix.trained:
            collect(plan.recipe, bound.step, sums.values, sums.factors, sums.scales, gradient)
        elif self._apart(bound):
            if known:
                to_strings(coordinates, plan.layout.size, *self._change, sums.effective, bound.work)
            run(lambda first, last: self._end(bound, first, last, coordinates[:0], _EMPTY), self._registers)
            add_up(bound.d_suffix, plan.head, sums.values)
            collect(plan.recipe, bound.step, sums.values, sums.factors, sums.scales, gradient)
        else:
            self._end(bound, 0, plan.n_registers, coordinates, gradient)
        return gradient

    def _end(self, bound: Bound, first: int, last: int, coordinates: Floats, out: Floats) -> None:
        plan, sums = self.plan, bound.sums
        finish_step(
            plan.recipe, bound.step, *self._sweep, bound.suffix, bound.apart, plan.observed, first, last,
            sums.effective, *self._change, coordinates, bound.work, plan.head, bound.d_suffix, sums.values,
            sums.factors, sums.scales, out,
        )  # fmt: skip


def _as_slice(numbers: tuple[int, ...]) -> slice | list[int]:
    """Successive numbers as a slice: arrays then need no copy."""
    if numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return slice(numbers[0], numbers[-1] + 1)
    return list(numbers)
