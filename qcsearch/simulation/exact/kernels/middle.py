"""The compiled loops over samples: the middle section, block by block, and what lies at its ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels.checkpoints import backward_checkpointed, forward_checkpointed
from qcsearch.simulation.exact.kernels.jit import INNER, KERNEL, ONE, ZERO, Floats, Ints
from qcsearch.simulation.exact.kernels.records import Matrices, Observed, Plain, SharedCotangents, Slots, Tape
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, peek, store, width
from qcsearch.simulation.exact.kernels.tape import COLUMNS, COTANGENT, copy, forward, room

__all__ = ["middle_gradient", "middle_states", "middle_values"]


@INNER
def observe(
    states: Floats, i: int, observables: Floats, support: Ints, size: int, found: Floats, to: int, row: int
) -> None:
    """`found[to + lane * row + o] = Σ_p (state i)[p, lane] observables[p, o]` for all lanes, over the support.

    Four lanes of samples at a time: a register of observables that is loaded serves four.

    Args:
        states: slots, see `tape`.
        i: where the state begins in it.
        observables: registers `(n_registers, n_strings)`, flat.
        support: offsets of the strings that states and observables share.
        size: numbers of a state, and of a register of observables.
        found: values, `row` numbers a sample; written.
        to: where those of the block's first sample go.
        row: observables, filled up to whole registers.
    """
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
    """State i becomes `Σ_o cotangent[to + lane * row + o] observables[p, o]` on the support.

    A cotangent's lanes are observables, a state's are samples: it is transposed in the room behind the state's zeros.

    Args:
        cotangent: `row` numbers a sample.
        to: where those of the block's first sample begin.
        row: observables, filled up to whole registers.
        n_observables: those that there are.
        observables: registers `(n_registers, n_strings)`, flat.
        support: offsets of the strings that states and observables share.
        size: numbers of a state.
        states: slots, see `tape`.
        i: where the state begins in it.
    """
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
    """`effective[p, o] += Σ_lane (state i)[p, lane] cotangent[lane, o]` on the support.

    Args:
        states: slots, see `tape`.
        i: where the state begins in it.
        cotangent: `row` numbers a sample.
        to: where those of the block's first sample begin.
        row: observables, filled up to whole registers.
        support: offsets of the strings that states and observables share.
        size: numbers of a state.
        effective: registers `(n_registers, n_strings)`, flat; added to.
    """
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
    tape: Plain, first: Floats, observed: Plain, matrices: Plain, slots: Plain, found: Floats
) -> Any:
    """Expectation values of all blocks of samples.

    Where each block has slots of its own, its states stay there for `middle_gradient`.

    Args:
        tape: the `Tape` of the section.
        first: the state before it, all lanes alike.
        observed: `Observed`.
        matrices: `Matrices` of the chunk.
        slots: `Slots`.
        found: `(n_blocks * lanes, row)`, flat; written.

    Returns:
        The slot of the last state, the same for all blocks.
    """
    t, observed, matrices, slots = Tape(*tape), Observed(*observed), Matrices(*matrices), Slots(*slots)
    states, size, row = slots.states, t.size, observed.row
    w = width(states)
    slot = ZERO
    n_operations = t.operations.size // COLUMNS
    keep = np.int64(slots.apart > 0)
    for block in range(found.size // (w * row)):
        base, shift = block * slots.apart, block * matrices.stride
        copy(first, ZERO, states, base, size)
        slot = forward(tape, ZERO, n_operations, states, base, keep, matrices.values, shift)
        at = base + slot * room(states, size)
        observe(states, at, observed.vectors, observed.support, size, found, block * w * row, row)
    return slot


@KERNEL
def middle_states(
    tape: Plain, first: Floats, support: Ints, matrices: Plain, slots: Plain, found: Floats
) -> None:
    """The state of every sample after the tape.

    Args:
        tape: the `Tape` of the section.
        first: the state before it, all lanes alike.
        support: offsets of the strings that are wanted.
        matrices: `Matrices` of the chunk.
        slots: `Slots`, of which one set is used.
        found: `(n_samples, n_strings)`, flat; written. The last block may have fewer samples than lanes.
    """
    t, matrices, states = Tape(*tape), Matrices(*matrices), Slots(*slots).states
    w = width(states)
    strings = support.size
    n_operations = t.operations.size // COLUMNS
    for start in range(0, found.size, w * strings):
        copy(first, ZERO, states, ZERO, t.size)
        shift = start // (w * strings) * matrices.stride
        slot = forward(tape, ZERO, n_operations, states, ZERO, ZERO, matrices.values, shift)
        at = slot * room(states, t.size)
        for lane in range(min(w, (found.size - start) // strings)):
            for k in range(strings):
                found[start + lane * strings + k] = peek(states, at + peek(support, k) + lane)


@KERNEL
def middle_gradient(
    tape: Plain, first: Floats, observed: Plain, matrices: Plain, slots: Plain, end: int, cotangent: Floats,
    found: Floats, sums: Plain,
) -> None:  # fmt: skip
    """Expectation values and cotangents of all blocks of samples.

    Where each block has slots of its own, the states are those that `middle_values` left.

    Args:
        tape: the `Tape` of the section.
        first: the state before it, all lanes alike.
        observed: `Observed`.
        matrices: `Matrices` of the chunk; the cotangents are added to.
        slots: `Slots`.
        end: slot of the last state, where it is kept.
        cotangent: of the values, `(n_blocks * lanes, row)`, flat.
        found: the values, likewise; written, but not where states were kept.
        sums: `SharedCotangents`; `effective` and `first` are added to, unless they are empty.
    """
    t, observed, sums = Tape(*tape), Observed(*observed), SharedCotangents(*sums)
    matrices, slots = Matrices(*matrices), Slots(*slots)
    vectors, support, row = observed.vectors, observed.support, observed.row
    values, d_values, states, size = matrices.values, matrices.cotangents, slots.states, t.size
    w = width(states)
    for block in range(found.size // (w * row)):
        shift, to, base, slot = block * matrices.stride, block * w * row, block * slots.apart, end
        if not slots.apart:
            copy(first, ZERO, states, base, size)
            slot = forward_checkpointed(tape, states, base, ONE, values, shift)
            observe(states, base + slot * room(states, size), vectors, support, size, found, to, row)
        if sums.effective.size:
            at = base + slot * room(states, size)
            add_effective(states, at, cotangent, to, row, support, size, sums.effective)
        at = base + COTANGENT * room(states, size)
        start_cotangent(cotangent, to, row, observed.n_observables, vectors, support, size, states, at)
        slot = backward_checkpointed(tape, states, base, values, d_values, shift)
        if sums.first.size:
            at = base + slot * room(states, size)
            for k in range(sums.ahead.size):
                p = peek(sums.ahead, k)
                store(sums.first, p, fma(fill(states, 1), load(states, at + p), load(sums.first, p)))
