"""One section of a circuit: its tape with the tables it points into, and room for its states."""

from __future__ import annotations

import os
from functools import cache
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import CircuitError
from qcsearch.simulation.kernels import Floats, Ints
from qcsearch.simulation.sweep import COLUMNS, FIRST_KEPT, GRADIENT, backward_marked, forward_marked
from qcsearch.simulation.workspace import aligned

__all__ = ["HOT_BYTES", "STORED_BYTES", "Layout", "Section"]

STORED_BYTES = 512 * 2**20
"""Bound on the states that one backward pass stores; beyond it they are computed again from marks."""
HOT_BYTES = 10 * 2**20
"""Bound on the states kept from values to gradient: beyond the cache, computing beats reading."""


@cache
def _machine_bytes() -> float:
    """Memory of the machine; unknown is without bound."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return float("inf")


class Layout(NamedTuple):
    """What the sections of one circuit share.

    Attributes:
        n: number of qubits.
        tables: see `sweep`.
        lanes: numbers in a register.
        dtype: of the states.
    """

    n: int
    tables: Ints
    lanes: int
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Numbers of a state."""
        return (1 << 2 * self.n) * self.lanes

    @property
    def room(self) -> int:
        """Numbers from slot to slot, as `sweep.room`."""
        return self.size + 32 * self.lanes


class Section:
    """A tape, ready to run.

    Args:
        ops: its operations, `(n_ops, COLUMNS)`.
        layout: of the circuit.

    Attributes:
        tape: the operations, flat.
        trained: whether a weight is inside.
        every: length of a stretch between marks; all operations where the states fit into `STORED_BYTES`.
        marks: slot of the first mark.
        apart: numbers of all slots of one pass.
    """

    def __init__(self, ops: NDArray[np.int64], layout: Layout) -> None:
        self.tape = ops.reshape(-1)
        self.trained = bool(ops[:, GRADIENT].any())
        self._layout = layout
        self.every, kept = max(len(ops), 1), int(ops[:, GRADIENT].sum())
        if kept * layout.room * layout.dtype.itemsize > STORED_BYTES:
            self.every = kept = isqrt(len(ops) - 1) + 1
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
        """Room for a forward and a backward pass, with slots for so many blocks of samples.

        Raises:
            CircuitError: if the machine has not that much memory.
        """
        if n_blocks * self.n_bytes > _machine_bytes():
            raise CircuitError(
                f"A light cone of {self._layout.n} qubits needs {self.n_bytes / 2**30:.3g} GiB for its states. "
                f"This machine has {_machine_bytes() / 2**30:.3g} GiB.",
                "measure other qubits, use fewer layers, or a narrower circuit",
            )
        return aligned(n_blocks * self.apart, self._layout.dtype)

    def run(self, start: Floats, states: Floats, values: Floats, *, keep: bool) -> Floats:
        """The state `start` through a tape without samples, valid until `states` is used again.

        With `keep`, what `back` needs stays in `states`.
        """
        layout = self._layout
        states[: layout.size] = start
        slot = forward_marked(
            self.tape, self.every, self.marks, states, 0, int(keep), layout.n, layout.tables, values, 0
        )
        return states[slot * layout.room : slot * layout.room + layout.size]

    def back(self, cotangent: Floats, states: Floats, values: Floats, d_values: Floats) -> None:
        """The cotangent of the result back through the tape, after `run`; adds to `d_values`."""
        layout = self._layout
        states[2 * layout.room : 2 * layout.room + layout.size] = cotangent
        backward_marked(
            self.tape, self.every, self.marks, states, 0, layout.n, layout.tables, values, d_values, 0
        )
