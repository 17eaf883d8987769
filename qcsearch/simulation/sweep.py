"""The compiled loops over circuits: states forwards, cotangents backwards, observables in between.

A *tape* is an array of operations, a row of integers each: kind, qubits a < b, index of the matrix, index of
the angle, index of the place (the pair of qubits), `flip` (1: the operation is applied transposed, as on
observables that travel backwards), `gradient` (1: something here depends on a weight).
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from qcsearch.simulation.kernels import (
    Floats,
    Ints,
    PairTables,
    apply_pair,
    apply_run,
    apply_run_transposed,
    apply_turn,
    collect_run,
    collect_turn,
)
from qcsearch.simulation.lanes import fma, load, mul, splat, store, width

__all__ = [
    "PAIR",
    "RUN",
    "SAMPLE_RUN",
    "SAMPLE_TURN",
    "TURN",
    "Gradients",
    "Matrices",
    "backward",
    "forward",
    "middle_gradient",
    "middle_values",
]

RUN, SAMPLE_RUN, PAIR, TURN, SAMPLE_TURN = 0, 1, 2, 3, 4
"""Kinds of operation: one-qubit matrix, the same per sample, sparse two-qubit matrix, two-qubit Pauli rotation, per sample."""


class Matrices(NamedTuple):
    """The numbers of one step; flat arrays of registers unless said otherwise.

    Attributes:
        runs: rows 1–3 of the shared one-qubit matrices, `(n_runs, 12)`, all lanes alike.
        cosines: of the shared angles, plain numbers.
        sines: likewise.
        sample_runs: `(n_blocks, n_sample_runs, 12)`.
        sample_cosines: `(n_blocks, n_sample_angles)`.
        sample_sines: likewise.
    """

    runs: Floats
    cosines: Floats
    sines: Floats
    sample_runs: Floats
    sample_cosines: Floats
    sample_sines: Floats


class Gradients(NamedTuple):
    """Cotangents of what `Matrices` holds, in the same layout; a register for each shared angle."""

    runs: Floats
    angles: Floats
    sample_runs: Floats
    sample_angles: Floats


@njit(nogil=True, cache=True)
def _apply(
    op: Ints,
    reverse: int,
    src: Floats,
    i: int,
    dst: Floats,
    j: int,
    n: int,
    t: PairTables,
    m: Matrices,
    block: int,
) -> None:
    """Apply one operation, or its transpose when `reverse` differs from the operation's own flip."""
    w = width(src)
    kind, a, b, index, angle, place = op[0], op[1], op[2], op[3], op[4], op[5]
    side = op[6] ^ reverse
    if kind <= 1:
        if kind == 0:
            array, k = m.runs, index * 12 * w
        else:
            array, k = m.sample_runs, (block * op[8] + index) * 12 * w
        if side:
            apply_run_transposed(src, i, dst, j, array, k, a, n)
        else:
            apply_run(src, i, dst, j, array, k, a, n)
    elif kind == 2:
        apply_pair(src, i, dst, j, t, index, side, a, b, t.bases[place])
    else:
        if kind == 3:
            c, s = splat(m.cosines[angle]), splat(m.sines[angle])
        else:
            at = (block * op[8] + angle) * w
            c, s = load(m.sample_cosines, at), load(m.sample_sines, at)
        sign = splat(src.dtype.type(1 - 2 * side))
        apply_turn(src, i, dst, j, t.turn_pairs[index], c, mul(sign, s), a, b, t.bases[place])


@njit(nogil=True, cache=True)
def forward(
    tape: Ints, lo: int, hi: int, slots: Floats, keep: int, n: int, t: PairTables, m: Matrices, block: int
) -> int:
    """Operations `lo … hi-1` on the state in slot 0; returns the slot of the result.

    With `keep` the state before operation k stays in slot `k - lo`, else slots 0 and 1 are used in turn.
    """
    size = width(slots) << (2 * n)
    slot = 0
    for k in range(lo, hi):
        other = slot + 1 if keep else 1 - slot
        _apply(tape[k], 0, slots, slot * size, slots, other * size, n, t, m, block)
        slot = other
    return slot


@njit(nogil=True, cache=True)
def backward(
    tape: Ints,
    lo: int,
    hi: int,
    slots: Floats,
    moving: Floats,
    slot: int,
    n: int,
    t: PairTables,
    m: Matrices,
    g: Gradients,
    block: int,
) -> int:
    """The cotangent in slot `slot` of `moving` (0 or 1) back through operations `hi-1 … lo`; returns its
    slot.

    The state before operation k is in slot `k - lo` of `slots`. Gradients are added to `g`.
    """
    w = width(slots)
    size = w << (2 * n)
    for k in range(hi - 1, lo - 1, -1):
        op = tape[k]
        kind, a, flip = op[0], op[1], op[6]
        before, here, there = (k - lo) * size, slot * size, (1 - slot) * size
        if kind <= 1 and op[7]:
            if kind == 0:
                d, at = g.runs, op[3] * 12 * w
            else:
                d, at = g.sample_runs, (block * op[8] + op[3]) * 12 * w
            if flip:
                collect_run(slots, before, moving, here, d, at, a, n)
            else:
                collect_run(moving, here, slots, before, d, at, a, n)
        _apply(op, 1, moving, here, moving, there, n, t, m, block)
        if kind >= 3 and op[7]:
            if kind == 3:
                d, at = g.angles, op[4] * w
            else:
                d, at = g.sample_angles, (block * op[8] + op[4]) * w
            sign = slots.dtype.type(1 - 2 * flip)
            pairs, base = t.turn_pairs[op[3]], t.bases[op[5]]
            collect_turn(moving, there, slots, before, d, at, sign, pairs, a, op[2], base)
        slot = 1 - slot
    return slot


@njit(nogil=True, cache=True)
def copy(src: Floats, i: int, dst: Floats, j: int, size: int) -> None:
    """Copy `size` numbers."""
    for k in range(size):
        dst[j + k] = src[i + k]


@njit(nogil=True, cache=True)
def forward_marked(
    tape: Ints, stride: int, marks: Floats, slots: Floats, n: int, t: PairTables, m: Matrices, block: int
) -> int:
    """The whole tape on the state in slot 0; the last `stride` (or fewer) states stay in `slots`, and in
    `marks` the first state of every stretch of `stride` operations, from which `backward_marked` computes the
    others again.
    """
    size = width(slots) << (2 * n)
    n_ops = len(tape)
    slot = 0
    for lo in range(0, n_ops, stride):
        hi = min(lo + stride, n_ops)
        if slot:
            copy(slots, slot * size, slots, 0, size)
        if n_ops > stride:
            copy(slots, 0, marks, lo // stride * size, size)
        slot = forward(tape, lo, hi, slots, int(hi == n_ops), n, t, m, block)
    return slot


@njit(nogil=True, cache=True)
def backward_marked(
    tape: Ints,
    stride: int,
    marks: Floats,
    slots: Floats,
    moving: Floats,
    n: int,
    t: PairTables,
    m: Matrices,
    g: Gradients,
    block: int,
) -> int:
    """The cotangent in slot 0 of `moving` back through the whole tape, after `forward_marked`; returns its slot."""
    size = width(slots) << (2 * n)
    n_ops = len(tape)
    slot = 0
    for lo in range((n_ops - 1) // stride * stride, -1, -stride):
        hi = min(lo + stride, n_ops)
        if hi != n_ops:
            copy(marks, lo // stride * size, slots, 0, size)
            forward(tape, lo, hi, slots, 1, n, t, m, block)
        slot = backward(tape, lo, hi, slots, moving, slot, n, t, m, g, block)
    return slot


@njit(nogil=True, cache=True)
def observe(
    f: Floats, i: int, observables: Floats, support: Ints, n: int, values: Floats, sample: int
) -> None:
    """`values[sample + lane, :] = Σ_p f[p, lane] observables[:, p]` for the state at `f[i:]`."""
    w = width(f)
    zero = splat(f.dtype.type(0))
    for part in range(values.shape[1] // w):
        at = (part * w) << (2 * n)
        for lane in range(0, w, 4):
            v0, v1, v2, v3 = zero, zero, zero, zero
            for k in range(support.size):
                p = support[k] * w
                o = load(observables, at + p)
                v0 = fma(splat(f[i + p + lane]), o, v0)
                v1 = fma(splat(f[i + p + lane + 1]), o, v1)
                v2 = fma(splat(f[i + p + lane + 2]), o, v2)
                v3 = fma(splat(f[i + p + lane + 3]), o, v3)
            row = values[sample + lane]
            store(row, part * w, v0)
            row = values[sample + lane + 1]
            store(row, part * w, v1)
            row = values[sample + lane + 2]
            store(row, part * w, v2)
            row = values[sample + lane + 3]
            store(row, part * w, v3)


@njit(nogil=True, cache=True)
def start_cotangent(
    cotangent: Floats,
    sample: int,
    n_observables: int,
    observables: Floats,
    support: Ints,
    n: int,
    moving: Floats,
) -> None:
    """Slot 0 of `moving` becomes `Σ_o cotangent[sample + lane, o] observables[o, p]`."""
    w = width(moving)
    for k in range(w << (2 * n)):
        moving[k] = 0
    column = moving[w << (2 * n) :]
    for o in range(n_observables):
        for lane in range(w):
            column[lane] = cotangent[sample + lane, o]
        c = load(column, 0)
        at = ((o // w) << (2 * n)) * w + o % w
        for k in range(support.size):
            p = support[k] * w
            store(moving, p, fma(c, splat(observables[at + p]), load(moving, p)))


@njit(nogil=True, cache=True)
def add_effective(f: Floats, i: int, cotangent: Floats, sample: int, n: int, effective: Floats) -> None:
    """`effective[o, p] += Σ_lane f[p, lane] cotangent[sample + lane, o]`: the states as the suffix's gradient sees them."""
    w = width(f)
    for part in range(cotangent.shape[1] // w):
        at = (part * w) << (2 * n)
        for lane in range(w):
            c = load(cotangent[sample + lane], part * w)
            for p in range(1 << (2 * n)):
                to = at + p * w
                store(effective, to, fma(splat(f[i + p * w + lane]), c, load(effective, to)))


@njit(nogil=True, cache=True)
def middle_values(
    tape: Ints,
    first: Floats,
    observables: Floats,
    support: Ints,
    n: int,
    t: PairTables,
    m: Matrices,
    slots: Floats,
    values: Floats,
) -> None:
    """Expectation values of all blocks: `values` `(n_blocks * lanes, n_parts * lanes)` is filled."""
    w = width(slots)
    size = w << (2 * n)
    for block in range(values.shape[0] // w):
        copy(first, 0, slots, 0, size)
        slot = forward(tape, 0, len(tape), slots, 0, n, t, m, block)
        observe(slots, slot * size, observables, support, n, values, block * w)


@njit(nogil=True, cache=True)
def middle_states(
    tape: Ints, first: Floats, n: int, t: PairTables, m: Matrices, slots: Floats, states: Floats
) -> None:
    """The state of every sample after the tape, `states` `(n_samples, 4**n)`."""
    w = width(slots)
    size = w << (2 * n)
    n_samples = states.shape[0]
    for block in range((n_samples + w - 1) // w):
        copy(first, 0, slots, 0, size)
        slot = forward(tape, 0, len(tape), slots, 0, n, t, m, block)
        for lane in range(min(w, n_samples - block * w)):
            for p in range(1 << (2 * n)):
                states[block * w + lane, p] = slots[slot * size + p * w + lane]


@njit(nogil=True, cache=True)
def middle_gradient(
    tape: Ints,
    stride: int,
    first: Floats,
    observables: Floats,
    support: Ints,
    n_observables: int,
    n: int,
    t: PairTables,
    m: Matrices,
    g: Gradients,
    marks: Floats,
    slots: Floats,
    moving: Floats,
    cotangent: Floats,
    values: Floats,
    effective: Floats,
    first_cotangent: Floats,
) -> None:
    """Values and cotangents of all blocks; adds to `g`, to `effective` and to `first_cotangent` (of `first`).

    An empty `effective` or `first_cotangent` is not wanted.
    """
    w = width(slots)
    size = w << (2 * n)
    for block in range(values.shape[0] // w):
        copy(first, 0, slots, 0, size)
        slot = forward_marked(tape, stride, marks, slots, n, t, m, block)
        observe(slots, slot * size, observables, support, n, values, block * w)
        if effective.size:
            add_effective(slots, slot * size, cotangent, block * w, n, effective)
        start_cotangent(cotangent, block * w, n_observables, observables, support, n, moving)
        slot = backward_marked(tape, stride, marks, slots, moving, n, t, m, g, block)
        if first_cotangent.size:
            for k in range(size):
                first_cotangent[k] += moving[slot * size + k]
