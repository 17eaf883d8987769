"""The compiled loops over circuits: states forwards, cotangents backwards, observables in between.

A *tape* holds the operations, `COLUMNS` integers each, in a flat array. What they work with is found by
offset in two flat arrays: `tables` (offsets of Pauli strings, structure of two-qubit matrices) and `values`,
registers of

- constants of two-qubit matrices and then, of each step, matrices of one qubit (rows 1–3, 12 registers) and
  cosines and sines of two-qubit rotations (2 registers), all lanes alike;
- the same for what differs from sample to sample, again for each block of samples, `shift` numbers on.

`d_values` collects the cotangents in the same places (of a rotation: of its angle, in the cosine's place).

States lie in an array of slots: 0 and 1 take turns forwards, 2 and 3 backwards, from 4 on are those that are
kept for the gradient, behind them marks (see `forward_marked`). `base` is where slot 0 begins.
"""

from __future__ import annotations

from typing import Any

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
from qcsearch.simulation.lanes import fill, load, mul, peek, store, width

__all__ = [
    "AT",
    "BASE",
    "COLUMNS",
    "FIRST_KEPT",
    "FLIP",
    "GRADIENT",
    "KIND",
    "MOVING",
    "PERMUTATION",
    "QUBIT",
    "RUN",
    "SAMPLE_RUN",
    "SAMPLE_TURN",
    "SPARSE",
    "TABLE",
    "TURN",
    "backward_marked",
    "copy",
    "forward",
    "forward_marked",
    "room",
]

RUN, SAMPLE_RUN, TURN, SAMPLE_TURN, PERMUTATION, SPARSE = range(6)
"""Kinds: fused one-qubit matrix, shared or by sample; two-qubit Pauli rotation, shared or by sample; constant
two-qubit matrix, a scaled permutation with relaxation or any other."""
KIND, QUBIT, AT, TABLE, BASE, FLIP, GRADIENT, COLUMNS = range(8)
"""Columns of a tape: kind; qubit of a one-qubit matrix; offset in `values`; for two qubits the offsets in
`tables` of the structure and of the strings with I on both (of a sparse matrix, column QUBIT is where AT
and TABLE of its transpose stand); 1 if applied transposed, as observables go backwards; 1 if a weight is
inside."""
FIRST_KEPT = 4
MOVING: Any = np.int64(2)
"""Slots."""


@INNER
def room(states: Floats, n: int) -> int:
    """Numbers from one slot to the next: a state and 32 registers.

    Without those, slots would lie at equal addresses modulo 4096, and a processor takes a load for one
    that waits for an unfinished store.
    """
    w: int = width(states)
    return (w << (2 * n)) + 32 * w


@INNER
def _apply(
    tape: Ints,
    o: int,
    reverse: int,
    states: Floats,
    i: int,
    j: int,
    n: int,
    tables: Ints,
    values: Floats,
    shift: int,
) -> None:
    """State j = operation at `tape[o:]` of state i; transposed if `reverse` differs from its flip."""
    w = width(states)
    kind, at = peek(tape, o + KIND), peek(tape, o + AT)
    side = peek(tape, o + FLIP) ^ reverse
    if kind == SAMPLE_RUN or kind == SAMPLE_TURN:
        at += shift
    if kind <= SAMPLE_RUN:
        if side:
            apply_run_transposed(states, i, j, values, at, peek(tape, o + QUBIT), n)
        else:
            apply_run(states, i, j, values, at, peek(tape, o + QUBIT), n)
        return
    table, base = peek(tape, o + TABLE), peek(tape, o + BASE)
    if kind <= SAMPLE_TURN:
        s = mul(load(values, at + w), fill(values, 1 - 2 * side))
        apply_turn(states, i, j, tables, table, base, load(values, at), s, n)
    elif kind == PERMUTATION:
        if side:
            apply_permutation_transposed(states, i, j, tables, table, base, values, at, n)
        else:
            apply_permutation(states, i, j, tables, table, base, values, at, n)
    else:
        if side:
            other = peek(tape, o + QUBIT)
            at, table = peek(tables, other), peek(tables, other + 1)
        apply_sparse(states, i, j, tables, table, base, values, at, n)


@INNER
def copy(source: Floats, i: int, to: Floats, j: int, size: int) -> None:
    """Copy `size` numbers."""
    for k in range(0, size, width(source)):
        store(to, j + k, load(source, i + k))


@INNER
def forward(
    tape: Ints,
    lo: int,
    hi: int,
    states: Floats,
    base: int,
    keep: int,
    n: int,
    tables: Ints,
    values: Floats,
    shift: int,
) -> Any:
    """Operations `lo … hi-1` on the state in slot 0; returns the slot of the result.

    With `keep` the states before operations that collect a gradient go to slots `FIRST_KEPT` … in order.
    """
    size = room(states, n)
    slot, kept = ZERO, ZERO + FIRST_KEPT
    if keep and lo < hi and peek(tape, lo * COLUMNS + GRADIENT):
        copy(states, base, states, base + kept * size, size)
        kept += 1
    for k in range(lo, hi):
        other = ONE if slot == 0 else ZERO
        if keep and k + 1 < hi and peek(tape, (k + 1) * COLUMNS + GRADIENT):
            other = kept
            kept += 1
        _apply(
            tape, k * COLUMNS, ZERO, states, base + slot * size, base + other * size, n, tables, values, shift
        )
        slot = other
    return slot


@INNER
def backward(
    tape: Ints, lo: int, hi: int, states: Floats, base: int, slot: int, n: int, tables: Ints, values: Floats,
    d_values: Floats, shift: int,
) -> Any:  # fmt: skip
    """The cotangent in slot `slot` (2 or 3) back through operations `hi-1 … lo`; returns its slot."""
    size = room(states, n)
    before = base + FIRST_KEPT * size
    for k in range(lo, hi):
        before += peek(tape, k * COLUMNS + GRADIENT) * size
    for k in range(hi - 1, lo - 1, -1):
        o = k * COLUMNS
        kind, at, gradient, flip = (
            peek(tape, o + KIND), peek(tape, o + AT), peek(tape, o + GRADIENT), peek(tape, o + FLIP),
        )  # fmt: skip
        here, there = base + slot * size, base + (5 - slot) * size
        before -= gradient * size
        if kind == SAMPLE_RUN or kind == SAMPLE_TURN:
            at += shift
        if gradient and kind <= SAMPLE_RUN:
            if flip:
                collect_run(states, before, here, d_values, at, peek(tape, o + QUBIT), n)
            else:
                collect_run(states, here, before, d_values, at, peek(tape, o + QUBIT), n)
        _apply(tape, o, ONE, states, here, there, n, tables, values, shift)
        if gradient and kind > SAMPLE_RUN:
            table, strings = peek(tape, o + TABLE), peek(tape, o + BASE)
            collect_turn(states, there, before, d_values, at, 1 - 2 * flip, tables, table, strings, n)
        slot = 5 - slot
    return slot


@KERNEL
def forward_marked(
    tape: Ints, stride: int, marks: int, states: Floats, base: int, keep: int, n: int, tables: Ints,
    values: Floats, shift: int,
) -> Any:  # fmt: skip
    """The whole tape on the state in slot 0; returns the slot of the result.

    With `keep`, states of the last `stride` (or fewer) operations stay in their slots; in slots `marks` …
    stays the first state of every stretch of `stride` operations, from which the others are computed again.
    """
    size = room(states, n)
    n_ops = tape.size // COLUMNS
    slot = ZERO
    for lo in range(0, n_ops, stride):
        hi = min(lo + stride, n_ops)
        if slot:
            copy(states, base + slot * size, states, base, size)
        if keep and n_ops > stride:
            copy(states, base, states, base + (marks + lo // stride) * size, size)
        last = np.int64(keep and hi == n_ops)
        slot = forward(tape, lo, hi, states, base, last, n, tables, values, shift)
    return slot


@KERNEL
def backward_marked(
    tape: Ints, stride: int, marks: int, states: Floats, base: int, n: int, tables: Ints, values: Floats,
    d_values: Floats, shift: int,
) -> Any:  # fmt: skip
    """The cotangent in slot 2 back through the tape, after `forward_marked`; returns its slot."""
    size = room(states, n)
    n_ops = tape.size // COLUMNS
    slot = MOVING
    for lo in range((n_ops - 1) // stride * stride, -1, -stride):
        hi = min(lo + stride, n_ops)
        if hi != n_ops:
            copy(states, base + (marks + lo // stride) * size, states, base, size)
            forward(tape, lo, hi, states, base, ONE, n, tables, values, shift)
        slot = backward(tape, lo, hi, states, base, slot, n, tables, values, d_values, shift)
    return slot
