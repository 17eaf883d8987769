"""One light cone of a compiled circuit: values and gradients of its observables, section by section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.kernels.contraction import to_coordinates, to_strings
from qcsearch.simulation.exact.kernels.cotangents import collect
from qcsearch.simulation.exact.kernels.jit import Floats
from qcsearch.simulation.exact.kernels.matrices import bind
from qcsearch.simulation.exact.kernels.suffix import add_up, finish_step, start_step
from qcsearch.simulation.exact.planning.cones import Cone
from qcsearch.simulation.exact.planning.known_states import Deferred, States
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.planning.plan import FROM_GROUND, Start, make_plan
from qcsearch.simulation.exact.runtime.batch import Batch
from qcsearch.simulation.exact.runtime.bound import Bound, bound_bytes, new_bound
from qcsearch.simulation.exact.runtime.first import FirstState
from qcsearch.simulation.exact.runtime.threads import Run, run_in_order
from qcsearch.simulation.exact.runtime.workspace import Pool
from qcsearch.simulation.observables import Observable

__all__ = ["Part"]

_PIECE = 2**18
"""Multiply-adds of registers that are one piece of work where states are known: some tenth of a millisecond, beside
which handing a piece to a thread costs little."""
_LARGE = 2**17
"""Multiply-adds of registers in the suffix from which on its registers are pieces of work, each on a thread."""

_EMPTY = np.empty(0)


class Part:
    """The observables of one light cone.

    Args:
        cone: qubits, elements, numbers of the observables.
        observables: all observables of the program.
        n_weights: of the program.
        dtype: of the states.
        memory: what it may use.
        start: what the circuit starts from.

    Attributes:
        columns: numbers of its observables among the program's.
        lanes: samples in a register.
        plan: what is the same in every step.
        bound_bytes: memory of what a step computes once for all samples.

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
        start: Start = FROM_GROUND,
    ) -> None:
        plan = self.plan = make_plan(cone, observables, dtype, memory, start)
        self.columns = _as_slice(cone.observables)
        self._n_columns = len(cone.observables)
        self.bound_bytes = bound_bytes(plan)
        self.dtype = dtype
        self.lanes = plan.layout.lanes
        self._n_weights = n_weights
        self._row = plan.n_registers * self.lanes
        per_row = plan.coordinates.size * plan.n_registers // self.lanes
        self._known_step = max(64, _PIECE // per_row // 4 * 4)
        self._batch = Batch(plan, self._n_columns, memory)
        self._first = FirstState(plan)
        self._registers = [(register, register + 1) for register in range(plan.n_registers)]
        self._bounds: Pool[Bound] = Pool(
            lambda: new_bound(plan, self._n_columns, self._batch.new_sums()),
            keep=self.bound_bytes < memory.kept,
        )

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

    def release(self, bound: Bound) -> None:
        """Hand the workspace back; what was computed from it stays valid."""
        for chunk in bound.chunks.values():
            self._batch.give(chunk)
        bound.chunks.clear()
        self._bounds.give(bound)

    # one step, shared by all samples

    def bind(self, weights: Floats, run: Run, *, gradient: bool = True) -> Bound:
        """Build the shared matrices, the state after the prefix and the observables before the suffix.

        Args:
            weights: `(n_weights,)`.
            run: how pieces are run.
            gradient: whether it comes next. For values alone smaller kernels do: whoever predicts compiles no others.
        """
        plan, bound = self.plan, self._bounds.take()
        if len(plan.suffix) and self._n_weights and gradient and not self._apart(bound):
            self._start(bound, weights, 0, plan.n_registers, whole=True)
        else:
            bind(plan.plain_recipe, weights, bound.plain_step)
            if len(plan.suffix):
                for_all = run if self._apart(bound) else run_in_order
                start = self._start if gradient else self._pass_through
                for_all(lambda first, last: start(bound, _EMPTY, first, last), self._registers)
            if plan.fixed_states:
                to_coordinates(bound.plain_change, bound.suffix.observables, bound.suffix.coordinates)
        if not plan.fixed_states:
            bound.first = self._first.of(bound.step.values)
        return bound

    def _apart(self, bound: Bound) -> bool:
        """Whether registers of observables are pieces of work."""
        return len(self._registers) > 1 and bound.suffix.apart > 0 and self._suffix_work >= _LARGE

    def _start(self, bound: Bound, weights: Floats, first: int, last: int, *, whole: bool = False) -> None:
        start_step(
            self.plan.plain_recipe, weights, bound.plain_step, self.plan.suffix.plain_tape, bound.plain_change,
            bound.plain_suffix, first, last, whole,
        )  # fmt: skip

    def _pass_through(self, bound: Bound, _: Floats, register: int, __: int) -> None:
        """As `_start` for one register of observables, with nothing kept for the way back."""
        suffix, buffers, size = self.plan.suffix, bound.suffix, self.plan.layout.size
        at, base = slice(register * size, (register + 1) * size), register * buffers.apart
        states = buffers.states[base : base + suffix.apart]
        buffers.observables[at] = suffix.run(buffers.measured[at], states, bound.step.values, keep=False)

    # known states

    def states(self, X: NDArray[np.float64], features: Floats, run: Run) -> States:
        """States before the suffix in coordinates; `features` as `X`, `(n_blocks, n_features, lanes)`."""
        if self.plan.coordinates.direct:
            return self.plan.coordinates.states(X)
        bound = self._bounds.take()
        bind(self.plan.plain_recipe, np.zeros(self._n_weights), bound.plain_step)
        bound.first = self._first.of(bound.step.values)
        low = self._batch.states(features, len(X), bound, run)
        self.release(bound)
        return States(low, np.ones((len(X), 1), self.dtype))

    def values_of(self, states: States | Deferred, bound: Bound, run: Run) -> Floats:
        """Values `(n_samples, n_observables)` of the states before the suffix."""
        found = np.empty((states.n_samples, self._row), self.dtype)
        if len(found) <= self._known_step:
            self.plan.coordinates.values(states.part(0, len(found)), bound.suffix.coordinates, found)
            return found[:, : self._n_columns]

        def work(start: int, stop: int) -> None:
            self.plan.coordinates.values(
                states.part(start, stop), bound.suffix.coordinates, found[start:stop]
            )

        run(work, self._known_pieces(len(found)))
        return found[:, : self._n_columns]

    def state_gradient(
        self, states: States | Deferred, cotangent: Floats, bound: Bound, run: Run
    ) -> NDArray[np.float64]:
        """Gradient `(n_weights,)` when the states before the suffix are known.

        Args:
            states: of the samples, in coordinates.
            cotangent: of the values, `(n_samples, n_observables)`.
            bound: the step.
            run: how pieces are run.
        """
        bound.sums.clear()
        if self.plan.suffix.trained:
            wide = self._wide(cotangent, len(cotangent))
            pieces = self._known_pieces(len(wide))

            def work(start: int, stop: int) -> Floats:
                kept = bound.suffix.effective_coordinates
                effective = kept if start == 0 else np.empty_like(kept)
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
        """Values `(n_samples, n_observables)` through the middle section.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            n_samples: how many of the lanes are samples.
            bound: the step.
            run: how pieces are run.
            keep: whether states stay for `gradient`, as many as the processor's cache holds.
        """
        return self._batch.values(features, bound, run, keep=keep)[:n_samples, : self._n_columns]

    def gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> tuple[Floats, NDArray[np.float64]]:
        """Values `(n_samples, n_observables)` and gradient `(n_weights,)` through all sections.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            cotangent: of the values, `(n_samples, n_observables)`.
            bound: the step.
            run: how pieces are run.
        """
        sums = bound.sums.clear()
        wide = self._wide(cotangent, features.shape[0] * self.lanes)
        found = self._batch.gradient(features, wide, bound, run)
        if self.plan.prefix.trained:
            self._first.back(sums.parts.first, bound.step.values, sums.parts.values)
        return found[: len(cotangent), : self._n_columns], self._finish(bound, run, known=False)

    def input_gradient(
        self, features: Floats, cotangent: Floats, bound: Bound, run: Run
    ) -> NDArray[np.float64]:
        """Gradient `(n_samples, n_features)` of `Σ cotangent · values` by the features.

        Args:
            features: registers `(n_blocks, n_features, lanes)`.
            cotangent: of the values, `(n_samples, n_observables)`.
            bound: the step.
            run: how pieces are run.
        """
        if self.plan.fixed_states:
            bound.first = self._first.of(bound.step.values)
        wide = self._wide(cotangent, features.shape[0] * self.lanes)
        return self._batch.input_gradient(features, wide, bound, run)[: len(cotangent)]

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
        if not plan.suffix.trained:
            collect(plan.plain_recipe, bound.plain_step, sums.plain, gradient)
        elif self._apart(bound):
            if known:
                to_strings(bound.plain_change, bound.suffix.effective_coordinates, bound.suffix.effective)
            run(lambda first, last: self._end(bound, first, last, _EMPTY, known=False), self._registers)
            add_up(bound.suffix.cotangents, plan.head, sums.parts.values)
            collect(plan.plain_recipe, bound.plain_step, sums.plain, gradient)
        else:
            self._end(bound, 0, plan.n_registers, gradient, known=known)
        return gradient

    def _end(self, bound: Bound, first: int, last: int, out: Floats, *, known: bool) -> None:
        finish_step(
            self.plan.plain_recipe, bound.plain_step, self.plan.suffix.plain_tape, bound.plain_change,
            bound.plain_suffix, first, last, known, bound.sums.plain, out,
        )  # fmt: skip


def _as_slice(numbers: tuple[int, ...]) -> slice | list[int]:
    """Successive numbers as a slice: arrays then need no copy."""
    if numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return slice(numbers[0], numbers[-1] + 1)
    return list(numbers)
