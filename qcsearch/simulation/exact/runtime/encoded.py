"""Features as a program wants them, with what can be simulated of them once and for all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import InputError
from qcsearch.simulation.exact.kernels.jit import Floats
from qcsearch.simulation.exact.planning.known_states import Deferred, States

if TYPE_CHECKING:
    from qcsearch.simulation.exact.runtime.part import Part

__all__ = ["Encoded"]


class Encoded:
    """Stands wherever `X` may; made by `Program.encode`. Rows are taken with `encoded[rows]`.

    Attributes:
        X: the features `(n, n_features)`.
        states: states before the trained suffix of each light cone; None where they depend on weights or would not
            fit in memory.
        parts: of the program that made it, and that alone may use it.
    """

    def __init__(
        self,
        X: NDArray[np.float64],
        states: tuple[States | Deferred | None, ...],
        parts: Sequence[Part],
    ) -> None:
        self.X = X
        self.states = states
        self.parts = parts

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: Any) -> Encoded:
        X = self.X[rows]
        if X.ndim != 2 or not len(X):
            raise InputError(f"Rows of encoded features must be a slice, a mask or a list. Got {rows!r}.")
        states = tuple(None if states is None else states.take(rows) for states in self.states)
        return Encoded(X, states, self.parts)

    @property
    def n_bytes(self) -> int:
        """Memory of the states."""
        return sum(states.n_bytes for states in self.states if states is not None)

    @cached_property
    def blocks(self) -> Floats:
        """The features lane by lane, `(n_blocks, n_features, lanes)`, filled up with zeros."""
        lanes, dtype = self.parts[0].lanes, self.parts[0].dtype
        n_blocks = -(-len(self.X) // lanes)
        padded = np.zeros((n_blocks * lanes, self.X.shape[1]), dtype)
        padded[: len(self.X)] = self.X
        return np.ascontiguousarray(padded.reshape(n_blocks, lanes, -1).transpose(0, 2, 1))
