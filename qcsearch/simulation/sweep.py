"""The compiled loops over circuits: states forwards, cotangents backwards, observables in between.

A *tape* is an array of operations, a row of integers each, whose columns are the constants `KIND …` below. The
matrices are found by offset, in numbers, in flat arrays:

- `tables`: offsets of Pauli strings and the structure of two-qubit matrices;
- `statics`: values of constant two-qubit matrices;
- `numbers`: what one step computes once: matrices of one qubit (12 registers, rows 1–3, all lanes alike) and
  cosine and sine of two-qubit rotations (2 registers);
- `samples`: the same for what differs from sample to sample, `stride` numbers a block of samples.

`d_numbers` and `d_samples` collect the cotangents in the same layout (of a rotation: of its angle, where the
cosine is).
"""

from __future__ import annotations

import numpy as np

from qcsearch.simulation.kernels import (
    INNER,
    KERNEL,
    ONE,
    ZERO,
    Floats,
    Ints,
    apply_permutation,
    apply_permutation_transposed,
    apply_run,
    apply_run_transposed,
    apply_sparse,
    apply_turn,
    collect_run,
    collect_turn,
)
from qcsearch.simulation.lanes import fill, fma, load, mul, peek, store, width

__all__ = [
    "AT",
    "BASE",
    "COLUMNS",
    "FLIP",
    "GRADIENT",
    "KIND",
    "PERMUTATION",
    "QUBIT",
    "RUN",
    "SAMPLE_RUN",
    "SAMPLE_TURN",
    "SPARSE",
    "TABLE",
    "TURN",
    "backward_marked",
    "forward",
    "forward_marked",
    "middle_gradient",
    "middle_states",
    "middle_values",
]

RUN, SAMPLE_RUN, TURN, SAMPLE_TURN, PERMUTATION, SPARSE = range(6)
"""Kinds: fused one-qubit matrix, shared or by sample; two-qubit Pauli rotation, shared or by sample; constant
two-qubit matrix, a scaled permutation with relaxation or any other."""
KIND, QUBIT, AT, TABLE, BASE, FLIP, GRADIENT, COLUMNS = range(8)
"""Columns of a tape: kind; qubit of a one-qubit matrix; offset of its values; for two qubits the offsets in
`tables` of the structure (a sparse matrix: AT and TABLE of its transpose follow in column QUBIT) and of the
strings with I on both; 1 if applied transposed (observables go backwards); 1 if a weight is inside."""


@INNER
def _apply(
    op: Ints, reverse: int, src: Floats, i: int, dst: Floats, j: int, n: int, tables: Ints, statics: Floats,
    numbers: Floats, samples: Floats, shift: int,
) -> None:  # fmt: skip
    """Apply one operation, or its transpose when `reverse` differs from the operation's own flip."""
    w = width(src)
    kind, at, table, base = op[KIND], op[AT], op[TABLE], op[BASE]
    side = op[FLIP] ^ reverse
    if kind <= SAMPLE_RUN:
        if kind == RUN:
            array, k = numbers, at
        else:
            array, k = samples, shift + at
        if side:
            apply_run_transposed(src, i, dst, j, array, k, op[QUBIT], n)
        else:
            apply_run(src, i, dst, j, array, k, op[QUBIT], n)
    elif kind <= SAMPLE_TURN:
        if kind == TURN:
            c, s = load(numbers, at), load(numbers, at + w)
        else:
            c, s = load(samples, shift + at), load(samples, shift + at + w)
        s = mul(s, fill(src, 1 - 2 * side))
        apply_turn(src, i, dst, j, tables, table, base, c, s, n)
    elif kind == PERMUTATION:
        if side:
            apply_permutation_transposed(src, i, dst, j, tables, table, base, statics, at, n)
        else:
            apply_permutation(src, i, dst, j, tables, table, base, statics, at, n)
    else:
        if side:
            at, table = tables[op[QUBIT]], tables[op[QUBIT] + 1]
        apply_sparse(src, i, dst, j, tables, table, base, statics, at, n)


@INNER
def room(array: Floats, n: int) -> int:
    """Numbers from one slot to the next: a state and two registers.

    Slots would else lie at equal addresses modulo 4096, which makes a processor take a load for one that waits
    for an unfinished store.
    """
    w = width(array)
    return (w << (2 * n)) + 2 * w


@INNER
def copy(src: Floats, i: int, dst: Floats, j: int, size: int) -> None:
    """Copy `size` numbers."""
    for k in range(size):
        dst[j + k] = src[i + k]


@KERNEL
def forward(
    tape: Ints, lo: int, hi: int, slots: Floats, keep: int, n: int, tables: Ints, statics: Floats,
    numbers: Floats, samples: Floats, shift: int,
) -> int:  # fmt: skip
    """Operations `lo … hi-1` on the state in slot 0; returns the slot of the result.

    Slots 0 and 1 are used in turn; with `keep` the states before operations that collect a gradient go to slots
    2, 3, … in order.
    """
    size = room(slots, n)
    slot, kept = ZERO, ONE + ONE
    if keep and lo < hi and tape[lo, GRADIENT]:
        copy(slots, ZERO, slots, 2 * size, size)
        kept += 1
    for k in range(lo, hi):
        other = ONE if slot == 0 else ZERO
        if keep and k + 1 < hi and tape[k + 1, GRADIENT]:
            other = kept
            kept += 1
        _apply(
            tape[k],
            ZERO,
            slots,
            slot * size,
            slots,
            other * size,
            n,
            tables,
            statics,
            numbers,
            samples,
            shift,
        )
        slot = other
    return slot


@INNER
def backward(
    tape: Ints, lo: int, hi: int, slots: Floats, moving: Floats, slot: int, n: int, tables: Ints, statics: Floats,
    numbers: Floats, samples: Floats, shift: int, d_numbers: Floats, d_samples: Floats,
) -> int:  # fmt: skip
    """The cotangent in slot `slot` of `moving` (0 or 1) back through operations `hi-1 … lo`; returns its slot."""
    size = room(slots, n)
    before = 2 * size
    for k in range(lo, hi):
        before += tape[k, GRADIENT] * size
    for k in range(hi - 1, lo - 1, -1):
        op = tape[k]
        kind = op[KIND]
        here, there = slot * size, (1 - slot) * size
        before -= op[GRADIENT] * size
        if kind == RUN or kind == TURN:
            d, at = d_numbers, op[AT]
        else:
            d, at = d_samples, shift + op[AT]
        if op[GRADIENT] and kind <= SAMPLE_RUN:
            if op[FLIP]:
                collect_run(slots, before, moving, here, d, at, op[QUBIT], n)
            else:
                collect_run(moving, here, slots, before, d, at, op[QUBIT], n)
        _apply(
            op,
            ONE,
            moving,
            here,
            moving,
            there,
            n,
            tables,
            statics,
            numbers,
            samples,
            shift,
        )
        if op[GRADIENT] and kind > SAMPLE_RUN:
            sign = 1 - 2 * op[FLIP]
            collect_turn(
                moving,
                there,
                slots,
                before,
                d,
                at,
                sign,
                tables,
                op[TABLE],
                op[BASE],
                n,
            )
        slot = 1 - slot
    return slot


@KERNEL
def forward_marked(
    tape: Ints, stride: int, marks: Floats, slots: Floats, n: int, tables: Ints, statics: Floats,
    numbers: Floats, samples: Floats, shift: int,
) -> int:  # fmt: skip
    """The whole tape on the state in slot 0, keeping what `backward_marked` needs; returns the slot of the result.

    States of the last `stride` (or fewer) operations stay in `slots`; in `marks` stays the first state of every
    stretch of `stride` operations, from which the others are computed again.
    """
    size = room(slots, n)
    n_ops = len(tape)
    slot = ZERO
    for lo in range(0, n_ops, stride):
        hi = min(lo + stride, n_ops)
        if slot:
            copy(slots, slot * size, slots, ZERO, size)
        if n_ops > stride:
            copy(slots, ZERO, marks, lo // stride * size, size)
        keep = np.int64(hi == n_ops)
        slot = forward(tape, lo, hi, slots, keep, n, tables, statics, numbers, samples, shift)
    return slot


@KERNEL
def backward_marked(
    tape: Ints, stride: int, marks: Floats, slots: Floats, moving: Floats, n: int, tables: Ints, statics: Floats,
    numbers: Floats, samples: Floats, shift: int, d_numbers: Floats, d_samples: Floats,
) -> int:  # fmt: skip
    """The cotangent in slot 0 of `moving` back through the tape, after `forward_marked`; returns its slot."""
    size = room(slots, n)
    n_ops = len(tape)
    slot = ZERO
    for lo in range((n_ops - 1) // stride * stride, -1, -stride):
        hi = min(lo + stride, n_ops)
        if hi != n_ops:
            copy(marks, lo // stride * size, slots, ZERO, size)
            forward(tape, lo, hi, slots, ONE, n, tables, statics, numbers, samples, shift)
        slot = backward(
            tape,
            lo,
            hi,
            slots,
            moving,
            slot,
            n,
            tables,
            statics,
            numbers,
            samples,
            shift,
            d_numbers,
            d_samples,
        )
    return slot


@INNER
def observe(
    f: Floats,
    i: int,
    observables: Floats,
    support: Ints,
    n: int,
    values: Floats,
    to: int,
    row: int,
) -> None:
    """`values[to + lane * row + o] = Σ_p f[i + p, lane] observables[p, o]` for all lanes of a state."""
    w = width(f)
    zero = fill(f, 0)
    for part in range(0, row, w):
        at = part << (2 * n)
        for lane in range(0, w, 4):
            v0, v1, v2, v3 = zero, zero, zero, zero
            for k in range(support.size):
                p = peek(support, k) * w
                o = load(observables, at + p)
                p += i + lane
                v0, v1 = (
                    fma(fill(f, peek(f, p)), o, v0),
                    fma(fill(f, peek(f, p + 1)), o, v1),
                )
                v2, v3 = (
                    fma(fill(f, peek(f, p + 2)), o, v2),
                    fma(fill(f, peek(f, p + 3)), o, v3),
                )
            here = to + lane * row + part
            store(values, here, v0)
            store(values, here + row, v1)
            store(values, here + 2 * row, v2)
            store(values, here + 3 * row, v3)


@INNER
def start_cotangent(
    cotangent: Floats,
    to: int,
    row: int,
    n_observables: int,
    observables: Floats,
    support: Ints,
    n: int,
    moving: Floats,
) -> None:
    """Slot 0 of `moving` becomes `Σ_o cotangent[to + lane * row + o] observables[p, o]`."""
    w = width(moving)
    size = w << (2 * n)
    for k in range(size):
        moving[k] = 0
    for o in range(n_observables):
        for lane in range(w):
            moving[size + lane] = cotangent[to + lane * row + o]
        c = load(moving, size)
        at = ((o // w) << (2 * n)) * w + o % w
        for k in range(support.size):
            p = peek(support, k) * w
            store(
                moving,
                p,
                fma(c, fill(observables, peek(observables, at + p)), load(moving, p)),
            )


@INNER
def add_effective(f: Floats, i: int, cotangent: Floats, to: int, row: int, n: int, effective: Floats) -> None:
    """`effective[p, o] += Σ_lane f[p, lane] cotangent[lane, o]`: the states as the suffix's gradient sees them."""
    w = width(f)
    for part in range(0, row, w):
        at = part << (2 * n)
        for lane in range(w):
            c = load(cotangent, to + lane * row + part)
            for p in range(0, w << (2 * n), w):
                store(
                    effective,
                    at + p,
                    fma(fill(f, peek(f, i + p + lane)), c, load(effective, at + p)),
                )


@KERNEL
def middle_values(
    tape: Ints, first: Floats, observables: Floats, support: Ints, n: int, tables: Ints, statics: Floats,
    numbers: Floats, samples: Floats, stride: int, slots: Floats, values: Floats, row: int,
) -> None:  # fmt: skip
    """Expectation values of all blocks of samples: `values` `(n_blocks * lanes, row)`, flat, is filled."""
    w = width(slots)
    size = w << (2 * n)
    for block in range(values.size // (w * row)):
        copy(first, ZERO, slots, ZERO, size)
        slot = forward(
            tape,
            ZERO,
            len(tape),
            slots,
            ZERO,
            n,
            tables,
            statics,
            numbers,
            samples,
            block * stride,
        )
        observe(
            slots,
            slot * room(slots, n),
            observables,
            support,
            n,
            values,
            block * w * row,
            row,
        )


@KERNEL
def middle_states(
    tape: Ints, first: Floats, n: int, tables: Ints, statics: Floats, numbers: Floats, samples: Floats,
    stride: int, slots: Floats, states: Floats,
) -> None:  # fmt: skip
    """The state of every sample after the tape: `states` `(n_samples, 4**n)`, flat, is filled."""
    w = width(slots)
    size = w << (2 * n)
    strings = ONE << (2 * n)
    for start in range(0, states.size, size):
        copy(first, ZERO, slots, ZERO, size)
        shift = start // size * stride
        slot = forward(
            tape,
            ZERO,
            len(tape),
            slots,
            ZERO,
            n,
            tables,
            statics,
            numbers,
            samples,
            shift,
        )
        for lane in range(min(w, (states.size - start) // strings)):
            for p in range(strings):
                states[start + lane * strings + p] = slots[slot * room(slots, n) + p * w + lane]


@KERNEL
def middle_gradient(
    tape: Ints, every: int, first: Floats, observables: Floats, support: Ints, n_observables: int, n: int,
    tables: Ints, statics: Floats, numbers: Floats, samples: Floats, stride: int, d_numbers: Floats,
    d_samples: Floats, marks: Floats, slots: Floats, moving: Floats, cotangent: Floats, values: Floats, row: int,
    effective: Floats, d_first: Floats,
) -> None:  # fmt: skip
    """Values and cotangents of all blocks of samples; `every` is the stride of the marks.

    Adds to `d_numbers`, `d_samples`, `effective` and `d_first` (the cotangent of `first`); the last two are not wanted
    when empty.
    """
    w = width(slots)
    size = w << (2 * n)
    for block in range(values.size // (w * row)):
        shift, at = block * stride, block * w * row
        copy(first, ZERO, slots, ZERO, size)
        slot = forward_marked(tape, every, marks, slots, n, tables, statics, numbers, samples, shift)
        observe(slots, slot * room(slots, n), observables, support, n, values, at, row)
        if effective.size:
            add_effective(slots, slot * room(slots, n), cotangent, at, row, n, effective)
        start_cotangent(cotangent, at, row, n_observables, observables, support, n, moving)
        slot = backward_marked(
            tape,
            every,
            marks,
            slots,
            moving,
            n,
            tables,
            statics,
            numbers,
            samples,
            shift,
            d_numbers,
            d_samples,
        )
        if d_first.size:
            for k in range(size):
                d_first[k] += moving[slot * room(slots, n) + k]
