"""A compiled circuit: expectation values of a batch, and the gradient of all weights in one pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.errors import InputError
from qcsearch.simulation.bound import Bound
from qcsearch.simulation.checks import check_cotangent, check_features, check_weights
from qcsearch.simulation.encoded import Encoded
from qcsearch.simulation.kernels import Floats
from qcsearch.simulation.part import Part, Run
from qcsearch.simulation.section import STORED_BYTES

__all__ = ["Cotangent", "Program"]

Cotangent = ArrayLike | Callable[[NDArray[np.float64]], ArrayLike]
"""The loss's derivative by the values, `(n, n_observables)`, or a function of the values that gives it."""

_REMEMBERED = 4
"""Plain arrays whose encoded states are remembered."""


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
        self,
        parts: Sequence[Part],
        *,
        n_qubits: int,
        n_features: int,
        n_weights: int,
        n_observables: int,
        threads: int = 1,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_features = n_features
        self.n_weights = n_weights
        self.n_observables = n_observables
        self.threads = threads
        self._parts = tuple(parts)
        self._recent: deque[Encoded] = deque(maxlen=_REMEMBERED)
        self._run = _run_in_order(threads)

    def encode(self, X: ArrayLike) -> Encoded:
        """Simulate once what no weight changes; for mini-batches, index the result.

        Args:
            X: features `(n, n_features)`.

        Raises:
            InputError: if the shape is wrong or a number is not finite.
        """
        encoded = Encoded(check_features(X, self.n_features), (None,) * len(self._parts), self._parts)
        states: list[Floats | None] = []
        budget = STORED_BYTES
        for part in self._parts:
            states.append(None)
            need = len(encoded) * part.state_bytes
            if part.fixed_states and need <= budget:
                budget -= need
                bound = part.bind(np.zeros(self.n_weights))
                states[-1] = part.states(encoded.blocks, len(encoded), bound)
                part.release(bound)
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
        for number, part in enumerate(self._parts):
            bound = part.bind(weights)
            values[:, part.columns] = self._part_values(number, bound, encoded)
            part.release(bound)
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
        bounds = [part.bind(weights) for part in self._parts]
        values = np.empty((len(encoded), self.n_observables))
        for number, (part, bound) in enumerate(zip(self._parts, bounds, strict=True)):
            if callable(cotangent) or encoded.states[number] is not None:
                values[:, part.columns] = self._part_values(number, bound, encoded, keep=True)
        slopes = check_cotangent(cotangent(values) if callable(cotangent) else cotangent, values.shape)
        gradient = np.zeros(self.n_weights)
        for part, bound, states in zip(self._parts, bounds, encoded.states, strict=True):
            columns = slopes[:, part.columns]
            if states is not None:
                gradient += part.state_gradient(states, columns, bound)
            else:
                found, slope = part.gradient(encoded.blocks, columns, bound, self._run)
                gradient += slope
                if not callable(cotangent):
                    values[:, part.columns] = found
            part.release(bound)
        return values, gradient

    def _part_values(self, number: int, bound: Bound, encoded: Encoded, *, keep: bool = False) -> Floats:
        part, states = self._parts[number], encoded.states[number]
        if states is None:
            return part.values(encoded.blocks, len(encoded), bound, self._run, keep=keep)
        return part.values_of(states, bound)

    def _encoded(self, X: ArrayLike | Encoded) -> Encoded:
        """The encoded features; those of the last few arrays are remembered by content."""
        if isinstance(X, Encoded):
            if X.parts is not self._parts:
                raise InputError("Encoded features must come from the program that uses them. Got another's.")
            return X
        checked = check_features(X, self.n_features)
        if not any(part.fixed_states for part in self._parts):
            return Encoded(checked, (None,) * len(self._parts), self._parts)
        for encoded in self._recent:
            if encoded.X.shape == checked.shape and np.array_equal(encoded.X, checked):
                return encoded
        encoded = self.encode(checked.copy())
        while self._recent and encoded.n_bytes + sum(one.n_bytes for one in self._recent) > STORED_BYTES:
            self._recent.popleft()
        self._recent.append(encoded)
        return encoded


def _run_in_order(threads: int) -> Run:
    def run(work: Callable[[int, int], Any], chunks: list[tuple[int, int]]) -> list[Any]:
        if threads == 1 or len(chunks) == 1:
            return [work(*chunk) for chunk in chunks]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda chunk: work(*chunk), chunks))

    return run
