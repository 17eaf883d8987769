"""The compiled loops over circuits: states forwards, cotangents backwards, observables in between.

A *tape* (see `records.Tape`) holds the operations, `COLUMNS` integers each, in a flat array. What they work with is
found by offset in two flat arrays: `tables` (structure of matrices and groups of strings, see `planning.tables`) and
`values`, registers of

- constants of two-qubit matrices and then, of each step, matrices of one qubit (rows 1–3, 12 registers) and
  cosines and sines of two-qubit rotations (2 registers), all lanes alike;
- the same for what differs from sample to sample, again for each block of samples, `shift` numbers on.

`d_values` collects the cotangents in the same places (of a rotation: of its angle, in the cosine's place).

States lie in an array of slots: 0 and 1 alternate forwards, 2 and 3 backwards, from 4 on are those that are kept for
the gradient, behind them checkpoints (see `checkpoints`). `base` is where slot 0 begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels.jit import INNER, ONE, ZERO, Floats
from qcsearch.simulation.exact.kernels.one_qubit import (
    apply_run,
    apply_run_partly,
    apply_run_transposed,
    apply_run_transposed_partly,
    collect_run,
    collect_run_partly,
)
from qcsearch.simulation.exact.kernels.records import Plain, Tape
from qcsearch.simulation.exact.kernels.simd import load, peek, store, width
from qcsearch.simulation.exact.kernels.two_qubit import (
    apply_permutation,
    apply_permutation_transposed,
    apply_rotation,
    apply_sparse,
    collect_rotation,
)

__all__ = [
    "AT",
    "COLUMNS",
    "COTANGENT",
    "FIRST_KEPT",
    "FLIP",
    "GRADIENT",
    "GROUPS",
    "KIND",
    "OTHER",
    "PERMUTATION",
    "ROTATION",
    "RUN",
    "SAMPLE_ROTATION",
    "SAMPLE_RUN",
    "SPARSE",
    "TABLE",
    "backward",
    "copy",
    "forward",
    "room",
]

RUN, SAMPLE_RUN, ROTATION, SAMPLE_ROTATION, PERMUTATION, SPARSE = range(6)
"""Kinds: fused one-qubit matrix, shared or by sample; two-qubit Pauli rotation, shared or by sample; constant
two-qubit matrix, a scaled permutation with relaxation or any other."""
KIND, OTHER, AT, TABLE, GROUPS, FLIP, GRADIENT, COLUMNS = range(8)
"""Columns of a tape: kind; offset in `tables` of the table of the transpose (of a sparse matrix, of where its AT and
TABLE stand); offset in `values`; offsets in `tables` of the structure and of the groups; 1 if applied transposed, as
observables go backwards; 1 if a weight is inside."""
FIRST_KEPT = 4
"""The first slot of states that are kept."""
COTANGENT: Any = np.int64(2)
"""The slot in which a cotangent begins its way back."""


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
    tape: Plain, o: int, reverse: int, states: Floats, i: int, j: int, values: Floats, shift: int
) -> None:
    """State j = operation at `operations[o:]` of state i; transposed if `reverse` differs from its flip."""
    tape = Tape(*tape)
    operations, tables = tape.operations, tape.tables
    w = width(states)
    kind, at = peek(operations, o + KIND), peek(operations, o + AT)
    table, groups = peek(operations, o + TABLE), peek(operations, o + GROUPS)
    side = peek(operations, o + FLIP) ^ reverse  # observables go backwards when they are moved forwards
    if kind == SAMPLE_RUN or kind == SAMPLE_ROTATION:
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
    elif kind <= SAMPLE_ROTATION:
        if side:
            table = peek(operations, o + OTHER)
        c, s = load(values, at), load(values, at + w)
        apply_rotation(states, i, j, tables, table, tape.size, groups, c, s)
    elif kind == PERMUTATION:
        if side:
            apply_permutation_transposed(states, i, j, tables, table, groups, values, at)
        else:
            apply_permutation(states, i, j, tables, table, groups, values, at)
    else:
        if side:
            other = peek(operations, o + OTHER)
            at, table = peek(tables, other), peek(tables, other + 1)
        apply_sparse(states, i, j, tables, table, groups, values, at)


@INNER
def copy(source: Floats, i: int, to: Floats, j: int, size: int) -> None:
    """Copy `size` numbers, whole registers, from `source[i:]` to `to[j:]`."""
    for k in range(0, size, width(source)):
        store(to, j + k, load(source, i + k))


@INNER
def forward(
    tape: Plain, lo: int, hi: int, states: Floats, base: int, keep: int, values: Floats, shift: int
) -> Any:
    """Some operations on the state in slot 0.

    Args:
        tape: a `Tape`.
        lo: the first operation.
        hi: the one to stop before.
        states: slots.
        base: where slot 0 begins.
        keep: whether the states before operations that collect a gradient go to slots `FIRST_KEPT` …, in order.
        values: registers that the operations read.
        shift: what is added to offsets in `values` of what differs from sample to sample.

    Returns:
        The slot of the result.
    """
    t = Tape(*tape)
    operations, size = t.operations, t.size
    apart = room(states, size)
    slot, kept = ZERO, ZERO + FIRST_KEPT
    if keep and lo < hi and peek(operations, lo * COLUMNS + GRADIENT):
        copy(states, base, states, base + kept * apart, size)
        kept += 1
    for k in range(lo, hi):
        other = ONE if slot == 0 else ZERO
        if keep and k + 1 < hi and peek(operations, (k + 1) * COLUMNS + GRADIENT):
            other = kept
            kept += 1
        here, there = base + slot * apart, base + other * apart
        _apply(tape, k * COLUMNS, ZERO, states, here, there, values, shift)
        slot = other
    return slot


@INNER
def _collect(
    tape: Plain, o: int, states: Floats, here: int, before: int, values: Floats, d_values: Floats, at: int
) -> None:
    """Add the cotangent of the operation at `operations[o:]`: of its result `here`, with the state `before` it."""
    tape = Tape(*tape)
    operations, tables = tape.operations, tape.tables
    w = width(states)
    i, j = here, before
    if peek(operations, o + FLIP):
        i, j = before, here
    table, groups = peek(operations, o + TABLE), peek(operations, o + GROUPS)
    if peek(operations, o + KIND) <= SAMPLE_RUN:
        if peek(tables, groups) == 0:
            collect_run(states, i, j, d_values, at, peek(tables, groups + 1), peek(tables, groups + 2))
        else:
            collect_run_partly(states, i, j, d_values, at, tables, table, groups)
    else:
        c, s = load(values, at), load(values, at + w)
        collect_rotation(states, i, j, d_values, at, tables, table, tape.size, groups, c, s)


@INNER
def backward(
    tape: Plain, lo: int, hi: int, states: Floats, base: int, slot: int, values: Floats, d_values: Floats,
    shift: int,
) -> Any:  # fmt: skip
    """A cotangent back through some operations, whose states `forward` kept.

    Args:
        tape: a `Tape`.
        lo: the last operation on the way back.
        hi: the one behind the first.
        states: slots.
        base: where slot 0 begins.
        slot: where the cotangent is, 2 or 3.
        values: registers that the operations read.
        d_values: their cotangents, added to.
        shift: as for `forward`.

    Returns:
        The slot of the result, 2 or 3.
    """
    t = Tape(*tape)
    operations, apart = t.operations, room(states, t.size)
    before = base + FIRST_KEPT * apart
    for k in range(lo, hi):
        before += peek(operations, k * COLUMNS + GRADIENT) * apart
    for k in range(hi - 1, lo - 1, -1):
        o = k * COLUMNS
        kind, at = peek(operations, o + KIND), peek(operations, o + AT)
        gradient = peek(operations, o + GRADIENT)
        here, there = base + slot * apart, base + (5 - slot) * apart
        before -= gradient * apart
        if kind == SAMPLE_RUN or kind == SAMPLE_ROTATION:
            at += shift
        if gradient:
            _collect(tape, o, states, here, before, values, d_values, at)
        _apply(tape, o, ONE, states, here, there, values, shift)
        slot = 5 - slot
    return slot
