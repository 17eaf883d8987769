"""A compiled circuit: expectation values of a batch, and the gradient of all weights in one pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.errors import InputError
from qcsearch.simulation.checks import check_cotangent, check_features, check_weights
from qcsearch.simulation.exact.kernels.jit import Floats
from qcsearch.simulation.exact.planning.known_states import Deferred, States
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.runtime.bound import Bound
from qcsearch.simulation.exact.runtime.encoded import Encoded
from qcsearch.simulation.exact.runtime.part import Part
from qcsearch.simulation.exact.runtime.threads import Run, run_in_order, threaded

__all__ = ["Cotangent", "Program"]

Cotangent = ArrayLike | Callable[[NDArray[np.float64]], ArrayLike]
"""The loss's derivative by the values, `(n, n_observables)`, or a function of the values that gives it."""

_REMEMBERED = 4
"""Plain arrays whose encoded states are remembered."""


_WORK = 2**20
"""Multiply-adds of registers for which starting a thread's work is worth its while."""


class Program:
    """A circuit under noise, ready for batches; made by `compile_circuit`.

    Attributes:
        n_qubits: of the circuit.
        n_features: columns of `X`.
        n_weights: entries of `w`.
        n_observables: columns of the values.
        threads: over which a batch is spread; the numbers do not depend on it.
    """

    def __init__(
        self, parts: Sequence[Part], *, n_qubits: int, n_features: int, n_weights: int, n_observables: int,
        memory: Memory,
    ) -> None:  # fmt: skip
        self.n_qubits = n_qubits
        self.n_features = n_features
        self.n_weights = n_weights
        self.n_observables = n_observables
        self.threads = memory.threads
        self._memory = memory
        self._parts = tuple(parts)
        self._numbers = [(number, number + 1) for number in range(len(parts))]
        self._recent: deque[Encoded] = deque(maxlen=_REMEMBERED)
        self._all_bound = sum(part.bound_bytes for part in parts) <= memory.workspace
        self._threaded = run_in_order if memory.threads == 1 else threaded(memory.threads)

    def encode(self, X: ArrayLike) -> Encoded:
        """Simulate once what no weight changes; for mini-batches, index the result.

        Args:
            X: features `(n, n_features)`.

        Raises:
            InputError: if the shape is wrong or a number is not finite.
        """
        encoded = Encoded(check_features(X, self.n_features), (None,) * len(self._parts), self._parts)
        states: list[States | Deferred | None] = []
        budget = self._memory.encoded
        for part in self._parts:
            states.append(None)
            need = len(encoded) * part.plan.coordinates.state_bytes
            if part.plan.fixed_states and need <= budget:
                budget -= need
                states[-1] = part.states(encoded.X, encoded.blocks, self._threaded)
            elif part.plan.coordinates.given is not None:
                fit = self._memory.encoded // (len(self._parts) * part.plan.coordinates.state_bytes)
                states[-1] = Deferred(encoded.X, part.plan.coordinates.states, fit)
        return Encoded(encoded.X, tuple(states), self._parts)

    def values(self, X: ArrayLike | Encoded, w: ArrayLike) -> NDArray[np.float64]:
        """Expectation values `(n, n_observables)`.

        Args:
            X: features `(n, n_features)`, or what `encode` returned.
            w: weights `(n_weights,)`.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        encoded, weights = self._encoded(X), check_weights(w, self.n_weights)
        values = np.empty((len(encoded), self.n_observables))

        for_parts, run = self._runs(len(encoded))

        def work(number: int, _: int) -> None:
            part = self._parts[number]
            bound = part.bind(weights, run, gradient=False)
            values[:, part.columns] = self._part_values(number, bound, encoded, run)
            part.release(bound)

        for_parts(work, self._numbers)
        return values

    def value_and_gradient(
        self, X: ArrayLike | Encoded, w: ArrayLike, cotangent: Cotangent
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expectation values `(n, n_observables)` and the gradient `(n_weights,)` of `Σ cotangent · values`.

        Args:
            X: features `(n, n_features)`, or what `encode` returned.
            w: weights `(n_weights,)`.
            cotangent: `(n, n_observables)`, or a function of the values that returns it. (An array saves
                one forward pass where features stand behind weights.)

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        encoded, weights = self._encoded(X), check_weights(w, self.n_weights)
        values = np.empty((len(encoded), self.n_observables))
        bounds: list[Bound | None] = [None] * len(self._parts)
        for_parts, run = self._runs(len(encoded))
        if callable(cotangent):

            def forward(number: int, _: int) -> None:
                part = self._parts[number]
                bound = part.bind(weights, run)
                values[:, part.columns] = self._part_values(number, bound, encoded, run, keep=self._all_bound)
                if self._all_bound:
                    bounds[number] = bound
                else:
                    part.release(bound)

            for_parts(forward, self._numbers)
            slopes = check_cotangent(cotangent(values), values.shape)
        else:
            slopes = check_cotangent(cotangent, values.shape)

        def backward(number: int, _: int) -> NDArray[np.float64]:
            part, known = self._parts[number], encoded.states[number]
            bound = bounds[number] or part.bind(weights, run)
            columns = slopes[:, part.columns]
            if known is None:
                found, gradient = part.gradient(encoded.blocks, columns, bound, run)
                if not callable(cotangent):
                    values[:, part.columns] = found
            else:
                if not callable(cotangent):
                    values[:, part.columns] = part.values_of(known, bound, run)
                gradient = part.state_gradient(known, columns, bound, run)
            part.release(bound)
            return gradient

        return values, sum(for_parts(backward, self._numbers), start=np.zeros(self.n_weights))

    def input_gradient(self, X: ArrayLike, w: ArrayLike, cotangent: ArrayLike) -> NDArray[np.float64]:
        """Gradient `(n, n_features)` of `Σ cotangent · values` by the features, for attacks and sensitivities.

        Args:
            X: features `(n, n_features)`.
            w: weights `(n_weights,)`.
            cotangent: the loss's derivative by the values, `(n, n_observables)`.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        if any(part.plan.coordinates.given is not None for part in self._parts):
            raise InputError("Samples that are states have no gradient by their features.")
        features, weights = check_features(X, self.n_features), check_weights(w, self.n_weights)
        encoded = Encoded(features, (None,) * len(self._parts), self._parts)
        slopes = check_cotangent(cotangent, (len(features), self.n_observables))
        gradient = np.zeros_like(features)
        for part in self._parts:
            bound = part.bind(weights, self._threaded)
            gradient += part.input_gradient(encoded.blocks, slopes[:, part.columns], bound, self._threaded)
            part.release(bound)
        return gradient

    def _runs(self, n_rows: int) -> tuple[Run, Run]:
        """How parts are run, and pieces of a part: one of the two on the threads, parts where each is work enough."""
        enough = self._all_bound and len(self._parts) >= self.threads > 1
        if enough and sum(part.work(n_rows) for part in self._parts) >= _WORK * len(self._parts):
            return self._threaded, run_in_order
        return run_in_order, self._threaded

    def _part_values(
        self, number: int, bound: Bound, encoded: Encoded, run: Run, *, keep: bool = False
    ) -> Floats:
        part, states = self._parts[number], encoded.states[number]
        if states is None:
            return part.values(encoded.blocks, len(encoded), bound, run, keep=keep)
        return part.values_of(states, bound, run)

    def _encoded(self, X: ArrayLike | Encoded) -> Encoded:
        """The encoded features; those of the last few arrays are remembered by content."""
        if isinstance(X, Encoded):
            if X.parts is not self._parts:
                raise InputError("Encoded features must come from the program that uses them. Got another's.")
            return X
        checked = check_features(X, self.n_features)
        if not any(part.plan.fixed_states for part in self._parts):
            return Encoded(checked, (None,) * len(self._parts), self._parts)
        for encoded in self._recent:
            if encoded.X.shape == checked.shape and np.array_equal(encoded.X, checked):
                return encoded
        encoded = self.encode(checked.copy())
        while (
            self._recent and encoded.n_bytes + sum(one.n_bytes for one in self._recent) > self._memory.encoded
        ):
            self._recent.popleft()
        self._recent.append(encoded)
        return encoded
