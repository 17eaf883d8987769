"""The compiled passes over whole tapes, also where memory is too short for all states that the gradient needs.

Then the states of some √n operations are kept at once, and as many checkpoints: the way back computes each stretch
between two of them once more, which makes a pass forwards twice as dear, whatever the length of the circuit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels.jit import KERNEL, ONE, ZERO, Floats
from qcsearch.simulation.exact.kernels.records import Plain, Tape
from qcsearch.simulation.exact.kernels.tape import COLUMNS, COTANGENT, backward, copy, forward, room

__all__ = ["backward_checkpointed", "forward_checkpointed"]


@KERNEL
def forward_checkpointed(
    tape: Plain, states: Floats, base: int, keep: int, values: Floats, shift: int
) -> Any:
    """The whole tape on the state in slot 0.

    Kept are the states of the last `interval` (or fewer) operations and, from slot `first_checkpoint` on, the first
    state of every stretch of `interval` operations, from which the others are computed again.

    Args:
        tape: a `Tape`.
        states: slots.
        base: where slot 0 begins.
        keep: whether anything is kept.
        values: as for `forward`.
        shift: likewise.

    Returns:
        The slot of the result.
    """
    t = Tape(*tape)
    size, interval = t.size, t.interval
    apart = room(states, size)
    n_ops = t.operations.size // COLUMNS
    slot = ZERO
    for lo in range(0, n_ops, interval):
        hi = min(lo + interval, n_ops)
        if slot:
            copy(states, base + slot * apart, states, base, size)
        if keep and n_ops > interval:
            copy(states, base, states, base + (t.first_checkpoint + lo // interval) * apart, size)
        last = np.int64(keep and hi == n_ops)
        slot = forward(tape, lo, hi, states, base, last, values, shift)
    return slot


@KERNEL
def backward_checkpointed(
    tape: Plain, states: Floats, base: int, values: Floats, d_values: Floats, shift: int
) -> Any:
    """The cotangent in slot 2 back through the tape, after `forward_checkpointed`.

    Args:
        tape: a `Tape`.
        states: the slots as they were left.
        base: where slot 0 begins.
        values: registers that the operations read.
        d_values: their cotangents, added to.
        shift: as for `forward`.

    Returns:
        The slot of the result, 2 or 3.
    """
    t = Tape(*tape)
    size, interval = t.size, t.interval
    apart = room(states, size)
    n_ops = t.operations.size // COLUMNS
    slot = COTANGENT
    for lo in range((n_ops - 1) // interval * interval, -1, -interval):
        hi = min(lo + interval, n_ops)
        if hi != n_ops:
            copy(states, base + (t.first_checkpoint + lo // interval) * apart, states, base, size)
            forward(tape, lo, hi, states, base, ONE, values, shift)
        slot = backward(tape, lo, hi, states, base, slot, values, d_values, shift)
    return slot
