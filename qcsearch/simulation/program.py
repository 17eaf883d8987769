"""A compiled circuit: expectation values of a batch, and the gradient of all weights in one pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.errors import InputError
from qcsearch.simulation.kernels import Floats
from qcsearch.simulation.part import STORED_BYTES, Part, run_in_order

__all__ = ["Cotangent", "Encoded", "Program"]

Cotangent = ArrayLike | Callable[[NDArray[np.float64]], ArrayLike]
"""The loss's derivative by the values, `(n, n_observables)`, or a function that computes it from the values."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features as a program wants them; stands wherever `X` may. Rows are taken with `encoded[rows]`.

    Attributes:
        X: the features `(n, n_features)`.
        states: states before the trained suffix, `(n, 4**n_qubits)` for each light cone; None where they depend
            on weights or would not fit in memory.
    """

    X: NDArray[np.float64]
    states: tuple[Floats | None, ...]

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: Any) -> Encoded:
        X = self.X[rows]
        if X.ndim != 2:
            raise InputError(f"Rows of encoded features must be a slice, a mask or a list. Got {rows!r}.")
        return Encoded(X, tuple(None if states is None else states[rows] for states in self.states))


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
        dtype: np.dtype[Any],
        threads: int,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_features = n_features
        self.n_weights = n_weights
        self.n_observables = n_observables
        self.threads = threads
        self._parts = tuple(parts)
        self._dtype = dtype
        self._recent: OrderedDict[int, Encoded] = OrderedDict()
        self._run = run_in_order(threads)

    def encode(self, X: ArrayLike) -> Encoded:
        """Simulate once what no weight changes; for mini-batches, index the result.

        Args:
            X: features `(n, n_features)`.
        """
        checked = self._check_features(X)
        states: list[Floats | None] = []
        budget = STORED_BYTES
        for part in self._parts:
            need = len(checked) * 4**part.n * self._dtype.itemsize
            if part.fixed_states and need <= budget:
                budget -= need
                bound = part.bind(np.zeros(self.n_weights))
                states.append(part.states(self._in_lanes(checked, part), len(checked), bound))
            else:
                states.append(None)
        return Encoded(checked, tuple(states))

    def values(self, X: ArrayLike | Encoded, w: ArrayLike) -> NDArray[np.float64]:
        """Expectation values `(n, n_observables)`.

        Args:
            X: features `(n, n_features)`, or what `encode` returned.
            w: weights `(n_weights,)`.

        Raises:
            InputError: if a shape is wrong or a number is not finite.
        """
        encoded, weights = self._encoded(X), self._check_weights(w)
        values = np.empty((len(encoded), self.n_observables))
        for part, states in zip(self._parts, encoded.states, strict=True):
            bound = part.bind(weights)
            values[:, part.columns] = self._part_values(part, bound, encoded.X, states)
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
        encoded, weights = self._encoded(X), self._check_weights(w)
        bounds = [part.bind(weights) for part in self._parts]
        values = np.empty((len(encoded), self.n_observables))
        late = not callable(cotangent)
        for part, bound, states in zip(self._parts, bounds, encoded.states, strict=True):
            if not late or states is not None:
                values[:, part.columns] = self._part_values(part, bound, encoded.X, states)
        slopes = self._check_cotangent(cotangent(values) if callable(cotangent) else cotangent, values.shape)
        gradient = np.zeros(self.n_weights)
        for part, bound, states in zip(self._parts, bounds, encoded.states, strict=True):
            columns = slopes[:, part.columns]
            if states is not None:
                gradient += part.state_gradient(states, columns, bound)
                continue
            part_values, slope = part.gradient(self._in_lanes(encoded.X, part), columns, bound, self._run)
            values[:, part.columns] = part_values
            gradient += slope
        return values, gradient

    def _part_values(self, part: Part, bound: Any, X: NDArray[np.float64], states: Floats | None) -> Floats:
        if states is None:
            return part.values(self._in_lanes(X, part), len(X), bound, self._run)
        return (states @ part.dense(bound))[:, : len(part.columns)]  # type: ignore[no-any-return]

    def _in_lanes(self, X: NDArray[np.float64], part: Part) -> Floats:
        """Features as `(n_blocks, n_features, lanes)`; the last block is filled up with zeros."""
        n_blocks = -(-len(X) // part.lanes)
        padded = np.zeros((n_blocks * part.lanes, self.n_features), self._dtype)
        padded[: len(X)] = X
        blocks = padded.reshape(n_blocks, part.lanes, self.n_features)
        return np.ascontiguousarray(blocks.transpose(0, 2, 1))

    def _encoded(self, X: ArrayLike | Encoded) -> Encoded:
        """The encoded features; those of the last few arrays are remembered by content."""
        if isinstance(X, Encoded):
            return X
        checked = self._check_features(X)
        if not any(part.fixed_states for part in self._parts):
            return Encoded(checked, (None,) * len(self._parts))
        for key, encoded in self._recent.items():
            if encoded.X.shape == checked.shape and np.array_equal(encoded.X, checked):
                self._recent.move_to_end(key)
                return encoded
        encoded = self.encode(checked.copy())
        self._recent[id(encoded)] = encoded
        while len(self._recent) > 1 and (len(self._recent) > 4 or self._kept_bytes() > STORED_BYTES):
            self._recent.popitem(last=False)
        return encoded

    def _kept_bytes(self) -> int:
        return sum(
            states.nbytes
            for encoded in self._recent.values()
            for states in encoded.states
            if states is not None
        )

    def _check_features(self, X: ArrayLike) -> NDArray[np.float64]:
        array = np.asarray(X, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != self.n_features or not len(array):
            raise InputError(f"X must have shape (n, {self.n_features}) with n ≥ 1. Got {array.shape}.")
        if not np.isfinite(array).all():
            raise InputError("X must hold finite numbers. Got NaN or infinity.")
        return array

    def _check_weights(self, w: ArrayLike) -> NDArray[np.float64]:
        array = np.ascontiguousarray(w, dtype=np.float64)
        if array.shape != (self.n_weights,):
            raise InputError(f"w must have shape ({self.n_weights},). Got {array.shape}.")
        if not np.isfinite(array).all():
            raise InputError("w must hold finite numbers. Got NaN or infinity.")
        return array

    def _check_cotangent(self, cotangent: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
        array = np.asarray(cotangent, dtype=np.float64)
        if array.shape != shape:
            raise InputError(f"The cotangent must have the values' shape {shape}. Got {array.shape}.")
        return array
