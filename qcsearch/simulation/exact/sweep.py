"""The compiled loops over circuits: states forwards, cotangents backwards, observables in between.

A *tape* holds the operations, `COLUMNS` integers each, in a flat array. What they work with is found by
offset in two flat arrays: `tables` (structure of matrices and groups of strings, see `tables.py`) and `values`,
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

from qcsearch.simulation.exact.kernels import INNER, KERNEL, ONE, ZERO, Floats, Ints
from qcsearch.simulation.exact.lanes import load, peek, store, width
from qcsearch.simulation.exact.one_qubit import (
    apply_run,
    apply_run_partly,
    apply_run_transposed,
    apply_run_transposed_partly,
    collect_run,
    collect_run_partly,
)
from qcsearch.simulation.exact.two_qubit import (
    apply_permutation,
    apply_permutation_transposed,
    apply_sparse,
    apply_turn,
    collect_turn,
)

__all__ = [
    "AT",
    "COLUMNS",
    "FIRST_KEPT",
    "FLIP",
    "GRADIENT",
    "GROUPS",
    "KIND",
    "MOVING",
    "OTHER",
    "PERMUTATION",
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
KIND, OTHER, AT, TABLE, GROUPS, FLIP, GRADIENT, COLUMNS = range(8)
"""Columns of a tape: kind; offset in `tables` of the table of the transpose (of a sparse matrix, of where its AT and
TABLE stand); offset in `values`; offsets in `tables` of the structure and of the groups; 1 if applied transposed, as
observables go backwards; 1 if a weight is inside."""
FIRST_KEPT = 4
MOVING: Any = np.int64(2)
"""Slots."""


@INNER
def room(states: Floats, size: int) -> int:
    """Numbers from one slot to the next: a state and 32 registers, the first of zeros.

    Without those, slots would lie at equal addresses modulo 4096, and a processor takes a load for one
    that waits for an unfinished store.
    """
    w: int = width(states)
    return size + 32 * w


@INNER
def _apply(
    tape: Ints, o: int, reverse: int, states: Floats, i: int, j: int, size: int, tables: Ints, values: Floats,
    shift: int,
) -> None:  # fmt: skip
    """State j = operation at `tape[o:]` of state i; transposed if `reverse` differs from its flip."""
    w = width(states)
    kind, at = peek(tape, o + KIND), peek(tape, o + AT)
    table, groups = peek(tape, o + TABLE), peek(tape, o + GROUPS)
    side = peek(tape, o + FLIP) ^ reverse
    if kind == SAMPLE_RUN or kind == SAMPLE_TURN:
        at += shift
    if kind <= SAMPLE_RUN:
        if peek(tables, groups) == 0:
            qubit, n = peek(tables, groups + 1), peek(tables, groups + 2)
            if side:
                apply_run_transposed(states, i, j, values, at, qubit, n)
            else:
                apply_run(states, i, j, values, at, qubit, n)
        elif side:
            apply_run_transposed_partly(states, i, j, values, at, tables, table, groups)
        else:
            apply_run_partly(states, i, j, values, at, tables, table, groups)
    elif kind <= SAMPLE_TURN:
        if side:
            table = peek(tape, o + OTHER)
        c, s = load(values, at), load(values, at + w)
        apply_turn(states, i, j, tables, table, size, groups, c, s)
    elif kind == PERMUTATION:
        if side:
            apply_permutation_transposed(states, i, j, tables, table, groups, values, at)
        else:
            apply_permutation(states, i, j, tables, table, groups, values, at)
    else:
        if side:
            other = peek(tape, o + OTHER)
            at, table = peek(tables, other), peek(tables, other + 1)
        apply_sparse(states, i, j, tables, table, groups, values, at)


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
    size: int,
    tables: Ints,
    values: Floats,
    shift: int,
) -> Any:
    """Operations `lo … hi-1` on the state in slot 0; returns the slot of the result.

    With `keep` the states before operations that collect a gradient go to slots `FIRST_KEPT` … in order.
    """
    apart = room(states, size)
    slot, kept = ZERO, ZERO + FIRST_KEPT
    if keep and lo < hi and peek(tape, lo * COLUMNS + GRADIENT):
        copy(states, base, states, base + kept * apart, size)
        kept += 1
    for k in range(lo, hi):
        other = ONE if slot == 0 else ZERO
        if keep and k + 1 < hi and peek(tape, (k + 1) * COLUMNS + GRADIENT):
            other = kept
            kept += 1
        _apply(
            tape,
            k * COLUMNS,
            ZERO,
            states,
            base + slot * apart,
            base + other * apart,
            size,
            tables,
            values,
            shift,
        )
        slot = other
    return slot


@INNER
def _collect(
    tape: Ints, o: int, states: Floats, here: int, before: int, size: int, tables: Ints, values: Floats,
    d_values: Floats, at: int,
) -> None:  # fmt: skip
    """Add the cotangent of the operation at `tape[o:]`: of its result `here`, with the state `before` it."""
    w = width(states)
    i, j = here, before
    if peek(tape, o + FLIP):
        i, j = before, here
    table, groups = peek(tape, o + TABLE), peek(tape, o + GROUPS)
    if peek(tape, o + KIND) <= SAMPLE_RUN:
        if peek(tables, groups) == 0:
            collect_run(states, i, j, d_values, at, peek(tables, groups + 1), peek(tables, groups + 2))
        else:
            collect_run_partly(states, i, j, d_values, at, tables, table, groups)
    else:
        c, s = load(values, at), load(values, at + w)
        collect_turn(states, i, j, d_values, at, tables, table, size, groups, c, s)


@INNER
def backward(
    tape: Ints, lo: int, hi: int, states: Floats, base: int, slot: int, size: int, tables: Ints, values: Floats,
    d_values: Floats, shift: int,
) -> Any:  # fmt: skip
    """The cotangent in slot `slot` (2 or 3) back through operations `hi-1 … lo`; returns its slot."""
    apart = room(states, size)
    before = base + FIRST_KEPT * apart
    for k in range(lo, hi):
        before += peek(tape, k * COLUMNS + GRADIENT) * apart
    for k in range(hi - 1, lo - 1, -1):
        o = k * COLUMNS
        kind, at, gradient = peek(tape, o + KIND), peek(tape, o + AT), peek(tape, o + GRADIENT)
        here, there = base + slot * apart, base + (5 - slot) * apart
        before -= gradient * apart
        if kind == SAMPLE_RUN or kind == SAMPLE_TURN:
            at += shift
        if gradient:
            _collect(tape, o, states, here, before, size, tables, values, d_values, at)
        _apply(tape, o, ONE, states, here, there, size, tables, values, shift)
        slot = 5 - slot
    return slot


@KERNEL
def forward_marked(
    tape: Ints, stride: int, marks: int, states: Floats, base: int, keep: int, size: int, tables: Ints,
    values: Floats, shift: int,
) -> Any:  # fmt: skip
    """The whole tape on the state in slot 0; returns the slot of the result.

    With `keep`, states of the last `stride` (or fewer) operations stay in their slots; in slots `marks` …
    stays the first state of every stretch of `stride` operations, from which the others are computed again.
    """
    apart = room(states, size)
    n_ops = tape.size // COLUMNS
    slot = ZERO
    for lo in range(0, n_ops, stride):
        hi = min(lo + stride, n_ops)
        if slot:
            copy(states, base + slot * apart, states, base, size)
        if keep and n_ops > stride:
            copy(states, base, states, base + (marks + lo // stride) * apart, size)
        last = np.int64(keep and hi == n_ops)
        slot = forward(tape, lo, hi, states, base, last, size, tables, values, shift)
    return slot


@KERNEL
def backward_marked(
    tape: Ints, stride: int, marks: int, states: Floats, base: int, size: int, tables: Ints, values: Floats,
    d_values: Floats, shift: int,
) -> Any:  # fmt: skip
    """The cotangent in slot 2 back through the tape, after `forward_marked`; returns its slot."""
    apart = room(states, size)
    n_ops = tape.size // COLUMNS
    slot = MOVING
    for lo in range((n_ops - 1) // stride * stride, -1, -stride):
        hi = min(lo + stride, n_ops)
        if hi != n_ops:
            copy(states, base + (marks + lo // stride) * apart, states, base, size)
            forward(tape, lo, hi, states, base, ONE, size, tables, values, shift)
        slot = backward(tape, lo, hi, states, base, slot, size, tables, values, d_values, shift)
    return slot
