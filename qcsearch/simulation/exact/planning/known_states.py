"""States before the suffix that no weight changes: kept for all samples, or made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.start_states import PURE, reduced
from qcsearch.simulation.exact.kernels.jit import Floats
from qcsearch.simulation.exact.kernels.pauli_vectors import pauli_vectors

__all__ = ["Deferred", "Given", "States"]


class States(NamedTuple):
    """States of samples, `state[h, l] = high[h] low[l]`.

    Attributes:
        low: `(n_samples, n_low)`, the factor of the lower qubits.
        high: `(n_samples, n_high)`, the factor of the higher qubits; a column of ones where there is one factor only.
    """

    low: Floats
    high: Floats

    def take(self, rows: Any) -> States:
        """Those of some samples."""
        return States(np.ascontiguousarray(self.low[rows]), np.ascontiguousarray(self.high[rows]))

    def part(self, start: int, stop: int) -> States:
        """Those of successive samples."""
        if start == 0 and stop == len(self.low):
            return self
        return States(self.low[start:stop], self.high[start:stop])

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.low)

    @property
    def n_bytes(self) -> int:
        """Memory."""
        return self.low.nbytes + self.high.nbytes


class Deferred(NamedTuple):
    """Stands for `States` that would not fit into memory all at once: made when a part of them is asked for.

    Attributes:
        rows: what the states are made of, `(n_samples, n_features)`.
        make: makes them.
        fit: of how many samples the states fit into memory.
    """

    rows: NDArray[np.float64]
    make: Callable[[NDArray[np.float64]], States]
    fit: int

    def take(self, rows: Any) -> States | Deferred:
        """Those of some samples: of a batch that fits the states themselves, as values and gradient both need them."""
        some = self._replace(rows=self.rows[rows])
        return some.make(some.rows) if some.n_samples <= self.fit else some

    def part(self, start: int, stop: int) -> States:
        """Those of successive samples."""
        return self.make(self.rows[start:stop])

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.rows)

    @property
    def n_bytes(self) -> int:
        """Memory beside the rows."""
        return 0


@dataclass(frozen=True)
class Given:
    """States that samples bring themselves.

    Attributes:
        start: how: `PURE` or `MIXED`, see `circuits.start_states`.
        qubits: of the light cone.
        n_qubits: of the circuit.
        kept: places, in the Pauli vector of the cone's qubits, of the strings that matter.
        dtype: to compute in.
    """

    start: str
    qubits: tuple[int, ...]
    n_qubits: int
    kept: NDArray[np.int64]
    dtype: np.dtype[Any]

    def states(self, X: NDArray[np.float64]) -> Floats:
        """`(n_samples, n_strings)`."""
        if self.start == PURE:
            vectors = pauli_vectors(X, self.qubits, self.n_qubits, self.dtype)
            return (
                vectors if len(self.kept) == vectors.shape[1] else np.ascontiguousarray(vectors[:, self.kept])
            )
        return np.ascontiguousarray(X[:, reduced(self.qubits)[self.kept]], dtype=self.dtype)
