"""One section of a circuit: its tape with the tables it points into, and room for its states."""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.kernels import Floats, Ints
from qcsearch.simulation.exact.layout import Layout
from qcsearch.simulation.exact.sweep import COLUMNS, FIRST_KEPT, GRADIENT, backward_marked, forward_marked
from qcsearch.simulation.exact.workspace import aligned

__all__ = ["HOT_BYTES", "Section"]

HOT_BYTES = 10 * 2**20
"""Bound on the states kept from values to gradient: beyond the cache, computing beats reading."""


class Section:
    """A tape, ready to run.

    Args:
        ops: its operations, `(n_ops, COLUMNS)`.
        layout: of the states.
        tables: see `sweep`.
        memory: bytes for the states of one pass, as far as it can be kept to.

    Attributes:
        tape: the operations, flat.
        trained: whether a weight is inside.
        every: length of a stretch between marks; all operations where the states fit into memory. From marks, the
            states of a stretch are computed again on the way back.
        marks: slot of the first mark.
        apart: numbers of all slots of one pass.
    """

    def __init__(self, ops: NDArray[np.int64], layout: Layout, tables: Ints, memory: int) -> None:
        self.tape = ops.reshape(-1)
        self.trained = bool(ops[:, GRADIENT].any())
        self._layout = layout
        self._tables = tables
        self.every, kept = max(len(ops), 1), int(ops[:, GRADIENT].sum())
        if (FIRST_KEPT + kept) * layout.room * layout.dtype.itemsize > memory and len(ops) > 1:
            self.every = isqrt(len(ops) - 1) + 1
            stretches = [ops[at : at + self.every, GRADIENT].sum() for at in range(0, len(ops), self.every)]
            kept = int(max(stretches))
        self.marks = FIRST_KEPT + kept
        self._n_marks = -(-len(ops) // self.every) if len(ops) > self.every else 0
        self.apart = (self.marks + self._n_marks) * layout.room

    def __len__(self) -> int:
        return len(self.tape) // COLUMNS

    @property
    def n_bytes(self) -> int:
        """Memory of one pass."""
        return self.apart * self._layout.dtype.itemsize

    def n_hot(self, n_blocks: int) -> int:
        """Of how many chunks of so many blocks of samples the states are better kept than computed twice."""
        return 0 if self._n_marks else HOT_BYTES // (n_blocks * self.n_bytes)

    def states(self, n_blocks: int = 1) -> Floats:
        """Room for a forward and a backward pass, with slots for so many blocks of samples."""
        layout = self._layout
        states = aligned(n_blocks * self.apart, layout.dtype)
        states.reshape(-1, layout.room)[:, layout.size : layout.size + layout.lanes] = 0
        return states

    def run(self, start: Floats, states: Floats, values: Floats, *, keep: bool) -> Floats:
        """The state `start` through a tape without samples, valid until `states` is used again.

        With `keep`, what `back` needs stays in `states`.
        """
        size, room = self._layout.size, self._layout.room
        states[:size] = start
        slot = forward_marked(
            self.tape, self.every, self.marks, states, 0, int(keep), size, self._tables, values, 0
        )
        return states[slot * room : slot * room + size]

    def back(self, cotangent: Floats, states: Floats, values: Floats, d_values: Floats) -> None:
        """The cotangent of the result back through the tape, after `run`; adds to `d_values`."""
        size, room = self._layout.size, self._layout.room
        states[2 * room : 2 * room + size] = cotangent
        backward_marked(self.tape, self.every, self.marks, states, 0, size, self._tables, values, d_values, 0)
