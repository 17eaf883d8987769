"""One section of a circuit: its tape with the tables it points into, and room for its states."""

from __future__ import annotations

from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.kernels import Floats, Ints
from qcsearch.simulation.sweep import GRADIENT, backward_marked, forward, forward_marked
from qcsearch.simulation.workspace import aligned

__all__ = ["STORED_BYTES", "Layout", "Section", "Storage"]

STORED_BYTES = 512 * 2**20
"""Bound on the states that one backward pass stores; beyond it they are computed again from marks."""


class Layout(NamedTuple):
    """What the sections of one circuit share.

    Attributes:
        n: number of qubits.
        tables: see `sweep`.
        statics: see `sweep`.
        lanes: numbers in a register.
        dtype: of the states.
    """

    n: int
    tables: Ints
    statics: Floats
    lanes: int
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Numbers of a state."""
        return (1 << 2 * self.n) * self.lanes

    @property
    def room(self) -> int:
        """Numbers from slot to slot, as `sweep.room`."""
        return self.size + 2 * self.lanes


class Storage(NamedTuple):
    """Room for the states of one pass: marks, slots, and two slots for what travels back."""

    marks: Floats
    slots: Floats
    moving: Floats


class Section:
    """A tape, ready to run.

    Args:
        tape: its operations.
        layout: of the circuit.
    """

    def __init__(self, tape: NDArray[np.int64], layout: Layout) -> None:
        self.tape = tape
        self.trained = bool(tape[:, GRADIENT].any())
        """Whether a weight is inside."""
        self.fixed = (layout.n, layout.tables, layout.statics)
        """Arguments that every kernel takes."""
        self._layout = layout
        self.every, self._kept = max(len(tape), 1), int(tape[:, GRADIENT].sum())
        if self._kept * layout.room * layout.dtype.itemsize > STORED_BYTES:
            self.every = self._kept = isqrt(len(tape) - 1) + 1
        self._marks = -(-len(tape) // self.every) if len(tape) > self.every else 0

    def __len__(self) -> int:
        return len(self.tape)

    @property
    def stored_bytes(self) -> int:
        """Of one `storage`."""
        return (self._marks + self._kept + 4) * self._layout.room * self._layout.dtype.itemsize

    def storage(self) -> Storage:
        """Room for a forward and a backward pass."""
        room, dtype = self._layout.room, self._layout.dtype
        return Storage(
            aligned(self._marks * room, dtype),
            aligned((self._kept + 2) * room, dtype),
            aligned(2 * room, dtype),
        )

    def run(self, start: Floats, storage: Storage, numbers: Floats) -> Floats:
        """The state `start` through the tape; only for tapes without samples. Valid until the slots are used again."""
        layout, slots = self._layout, storage.slots
        slots[: layout.size] = start
        slot = forward(self.tape, 0, len(self.tape), slots, 0, *self.fixed, numbers, numbers, 0)
        return slots[slot * layout.room : slot * layout.room + layout.size]

    def run_marked(self, start: Floats, storage: Storage, numbers: Floats) -> Floats:
        """The same, keeping what `back` needs."""
        layout, slots = self._layout, storage.slots
        slots[: layout.size] = start
        slot = forward_marked(
            self.tape,
            self.every,
            storage.marks,
            slots,
            *self.fixed,
            numbers,
            numbers,
            0,
        )
        return slots[slot * layout.room : slot * layout.room + layout.size]

    def back(self, cotangent: Floats, storage: Storage, numbers: Floats, d_numbers: Floats) -> None:
        """The cotangent of the result back through the tape, after `run_marked`; adds to `d_numbers`."""
        storage.moving[: self._layout.size] = cotangent
        backward_marked(
            self.tape,
            self.every,
            *storage,
            *self.fixed,
            numbers,
            numbers,
            0,
            d_numbers,
            d_numbers,
        )
