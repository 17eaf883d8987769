"""One section of a circuit: its tape with the tables it points into, and room for its states."""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.kernels.checkpoints import backward_checkpointed, forward_checkpointed
from qcsearch.simulation.exact.kernels.jit import Floats, Ints
from qcsearch.simulation.exact.kernels.records import Plain, Tape
from qcsearch.simulation.exact.kernels.tape import COLUMNS, FIRST_KEPT, GRADIENT
from qcsearch.simulation.exact.planning.layout import Layout
from qcsearch.simulation.exact.runtime.workspace import aligned

__all__ = ["HOT_BYTES", "Section"]

HOT_BYTES = 10 * 2**20
"""Bound on the states kept from values to gradient: what is beyond the processor's cache is computed again faster than
it is read from memory."""


class Section:
    """A tape, ready to run.

    Args:
        ops: its operations, `(n_ops, COLUMNS)`.
        layout: of the states.
        tables: see `tape`.
        memory: bytes for the states of one pass, as far as it can be kept to.

    Attributes:
        tape: the operations. Where their states do not fit into memory there are checkpoints, from which the states of
            a stretch are computed again on the way back.
        plain_tape: the same for kernels.
        trained: whether a weight is inside.
        apart: numbers of all slots of one pass.
    """

    def __init__(self, ops: NDArray[np.int64], layout: Layout, tables: Ints, memory: int) -> None:
        self.trained = bool(ops[:, GRADIENT].any())
        self._layout = layout
        interval, kept = max(len(ops), 1), int(ops[:, GRADIENT].sum())
        if (FIRST_KEPT + kept) * layout.room * layout.dtype.itemsize > memory and len(ops) > 1:
            interval = isqrt(len(ops) - 1) + 1  # some √n checkpoints, and as many states between two of them
            stretches = [ops[at : at + interval, GRADIENT].sum() for at in range(0, len(ops), interval)]
            kept = int(max(stretches))
        self._n_checkpoints = -(-len(ops) // interval) if len(ops) > interval else 0
        self.tape = Tape(ops.reshape(-1), tables, layout.size, interval, FIRST_KEPT + kept)
        self.plain_tape: Plain = tuple(self.tape)
        self.apart = (FIRST_KEPT + kept + self._n_checkpoints) * layout.room

    def __len__(self) -> int:
        return len(self.tape.operations) // COLUMNS

    @property
    def n_bytes(self) -> int:
        """Memory of one pass."""
        return self.apart * self._layout.dtype.itemsize

    def n_hot(self, n_blocks: int) -> int:
        """Of how many chunks of so many blocks of samples the states are better kept than computed twice."""
        return 0 if self._n_checkpoints else HOT_BYTES // (n_blocks * self.n_bytes)

    def states(self, n_blocks: int = 1) -> Floats:
        """Room for a forward and a backward pass, with slots for so many blocks of samples."""
        layout = self._layout
        states = aligned(n_blocks * self.apart, layout.dtype)
        # the register behind each state stands for strings that the state does not hold
        states.reshape(-1, layout.room)[:, layout.size : layout.size + layout.lanes] = 0
        return states

    def run(self, start: Floats, states: Floats, values: Floats, *, keep: bool) -> Floats:
        """The state `start` through a tape without samples, valid until `states` is used again.

        Args:
            start: a state.
            states: what `states()` made.
            values: registers that the operations read, see `tape`.
            keep: whether what `back` needs stays in `states`.
        """
        size, room = self._layout.size, self._layout.room
        states[:size] = start
        slot = forward_checkpointed(self.plain_tape, states, 0, int(keep), values, 0)
        return states[slot * room : slot * room + size]

    def back(self, cotangent: Floats, states: Floats, values: Floats, d_values: Floats) -> None:
        """The cotangent of the result back through the tape, after `run`.

        Args:
            cotangent: of the state that `run` returned.
            states: as `run` left them.
            values: registers that the operations read.
            d_values: their cotangents, added to.
        """
        size, room = self._layout.size, self._layout.room
        states[2 * room : 2 * room + size] = cotangent
        backward_checkpointed(self.plain_tape, states, 0, values, d_values, 0)
