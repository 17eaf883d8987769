"""The compiled loops over samples: the middle section, block by block, and what lies at its ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels import INNER, KERNEL, ONE, ZERO, Floats, Ints
from qcsearch.simulation.exact.lanes import fill, fma, load, peek, store, width
from qcsearch.simulation.exact.sweep import (
    COLUMNS,
    MOVING,
    backward_marked,
    copy,
    forward,
    forward_marked,
    room,
)

__all__ = ["middle_gradient", "middle_states", "middle_values"]


@INNER
def observe(
    states: Floats, i: int, observables: Floats, support: Ints, size: int, found: Floats, to: int, row: int
) -> None:
    """`found[to + lane * row + o] = Σ_p (state i)[p, lane] observables[p, o]` for all lanes, over the support."""
    w = width(states)
    zero = fill(states, 0)
    for part in range(0, row, w):
        at = part // w * size
        for lane in range(0, w, 4):
            v0, v1, v2, v3 = zero, zero, zero, zero
            for k in range(support.size):
                p = peek(support, k)
                o = load(observables, at + p)
                p += i + lane
                v0 = fma(fill(states, peek(states, p)), o, v0)
                v1 = fma(fill(states, peek(states, p + 1)), o, v1)
                v2 = fma(fill(states, peek(states, p + 2)), o, v2)
                v3 = fma(fill(states, peek(states, p + 3)), o, v3)
            here = to + lane * row + part
            store(found, here, v0)
            store(found, here + row, v1)
            store(found, here + 2 * row, v2)
            store(found, here + 3 * row, v3)


@INNER
def start_cotangent(
    cotangent: Floats, to: int, row: int, n_observables: int, observables: Floats, support: Ints, size: int,
    states: Floats, i: int,
) -> None:  # fmt: skip
    """State i becomes `Σ_o cotangent[to + lane * row + o] observables[p, o]` on the support."""
    w = width(states)
    zero = fill(states, 0)
    for k in range(support.size):
        store(states, i + peek(support, k), zero)
    scratch = i + size + w
    for o in range(n_observables):
        for lane in range(w):
            states[scratch + lane] = peek(cotangent, to + lane * row + o)
        c = load(states, scratch)
        at = o // w * size + o % w
        for k in range(support.size):
            p = peek(support, k)
            x = fill(observables, peek(observables, at + p))
            store(states, i + p, fma(c, x, load(states, i + p)))


@INNER
def add_effective(
    states: Floats, i: int, cotangent: Floats, to: int, row: int, support: Ints, size: int, effective: Floats
) -> None:
    """`effective[p, o] += Σ_lane (state i)[p, lane] cotangent[lane, o]` on the support."""
    w = width(states)
    for part in range(0, row, w):
        at = part // w * size
        for lane in range(w):
            c = load(cotangent, to + lane * row + part)
            for k in range(support.size):
                p = peek(support, k)
                x = fill(states, peek(states, i + p + lane))
                store(effective, at + p, fma(x, c, load(effective, at + p)))


@KERNEL
def middle_values(
    tape: Ints, first: Floats, observables: Floats, support: Ints, size: int, tables: Ints, values: Floats,
    stride: int, states: Floats, apart: int, found: Floats, row: int,
) -> Any:  # fmt: skip
    """Expectation values of all blocks of samples: `found` `(n_blocks * lanes, row)`, flat, is filled.

    With `apart` each block has slots of its own, so many numbers apart, where its states stay for
    `middle_gradient`. `support` holds the offsets of the strings that states and observables share. Returns the slot
    of the last state, the same for all blocks.
    """
    w = width(states)
    slot = ZERO
    for block in range(found.size // (w * row)):
        base = block * apart
        copy(first, ZERO, states, base, size)
        keep = np.int64(apart > 0)
        slot = forward(
            tape, ZERO, tape.size // COLUMNS, states, base, keep, size, tables, values, block * stride
        )
        at = base + slot * room(states, size)
        observe(states, at, observables, support, size, found, block * w * row, row)
    return slot


@KERNEL
def middle_states(
    tape: Ints, first: Floats, support: Ints, size: int, tables: Ints, values: Floats, stride: int,
    states: Floats, found: Floats,
) -> None:  # fmt: skip
    """The state of every sample after the tape: `found` `(n_samples, support.size)`, flat, is filled."""
    w = width(states)
    strings = support.size
    for start in range(0, found.size, w * strings):
        copy(first, ZERO, states, ZERO, size)
        shift = start // (w * strings) * stride
        slot = forward(tape, ZERO, tape.size // COLUMNS, states, ZERO, ZERO, size, tables, values, shift)
        at = slot * room(states, size)
        for lane in range(min(w, (found.size - start) // strings)):
            for k in range(strings):
                found[start + lane * strings + k] = peek(states, at + peek(support, k) + lane)


@KERNEL
def middle_gradient(
    tape: Ints, every: int, marks: int, first: Floats, observables: Floats, support: Ints, n_observables: int,
    size: int, tables: Ints, values: Floats, d_values: Floats, stride: int, states: Floats, apart: int, end: int,
    cotangent: Floats, found: Floats, row: int, effective: Floats, ahead: Ints, d_first: Floats,
) -> None:  # fmt: skip
    """Expectation values and cotangents of all blocks of samples.

    With `apart` the states are those that `middle_values` left, the last one in slot `end`, and `found` is
    not touched. Adds to `d_values`, `effective` and `d_first` (the cotangent of `first`); the last two are
    not wanted when empty. `ahead` holds the offsets of the strings that `first` has.
    """
    w = width(states)
    for block in range(found.size // (w * row)):
        shift, to, base, slot = block * stride, block * w * row, block * apart, end
        if not apart:
            copy(first, ZERO, states, base, size)
            slot = forward_marked(tape, every, marks, states, base, ONE, size, tables, values, shift)
            at = base + slot * room(states, size)
            observe(states, at, observables, support, size, found, to, row)
        if effective.size:
            add_effective(
                states, base + slot * room(states, size), cotangent, to, row, support, size, effective
            )
        at = base + MOVING * room(states, size)
        start_cotangent(cotangent, to, row, n_observables, observables, support, size, states, at)
        slot = backward_marked(tape, every, marks, states, base, size, tables, values, d_values, shift)
        if d_first.size:
            at = base + slot * room(states, size)
            for k in range(ahead.size):
                p = peek(ahead, k)
                store(d_first, p, fma(fill(states, 1), load(states, at + p), load(d_first, p)))
