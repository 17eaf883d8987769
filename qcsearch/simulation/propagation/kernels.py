"""The compiled loops of Pauli propagation: group strings by what a block leaves alone, and mix within the groups.

A string is a row of 64-bit words, two bits a qubit (I X Y Z = 0 1 2 3), 32 qubits a word. It lives in a *slot*. The
strings that differ on a block's two qubits alone are a *group*: a row of 16 slots, -1 where there is none. A block's
matrix `m` mixes the coefficients of a group: an observable goes backwards by `c'[j] = Σ c[i] m[i, j]`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["expectation", "expectation_reverse", "forward", "group", "reverse", "spread"]

Floats = NDArray[np.float64]
Ints = NDArray[Any]
Words = NDArray[np.uint64]


def _compiled(function: Any) -> Any:
    """Compile with Numba, and keep the machine code on disk where there is a place for it."""
    njit: Any = numba.njit
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)


@_compiled
def _find(rests: Words, rest: Words, heads: Ints) -> Any:
    """Place in the hash table: of the group with these words, or the empty one where it belongs."""
    mask = len(heads) - 1
    mixed = np.uint64(0x9E3779B97F4A7C15)
    for word in rest:
        mixed = (mixed ^ word) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
    place = np.int64(mixed >> np.uint64(20)) & mask
    while heads[place] >= 0:
        same = True
        for position in range(len(rest)):
            same = same and rests[heads[place], position] == rest[position]
        if same:
            return place
        place = (place + 1) & mask
    return place


@_compiled
def group(keys: Words, live: NDArray[np.bool_], top: int, at: Ints) -> tuple[Ints, Words]:
    """Groups that a block changes: slots `(n, 16)`, and the words without the block's digits `(n, n_words)`.

    Args:
        keys: of all slots, `(n_slots, n_words)`.
        live: whether a slot holds a string.
        top: slots in use.
        at: word and bit of the block's first qubit, then of the second.
    """
    first, second = np.uint64(at[1]), np.uint64(at[3])
    three = np.uint64(3)
    local = np.full(top, -1, np.int8)
    n_moved = 0
    for slot in range(top):
        if live[slot]:
            low, high = (keys[slot, at[0]] >> first) & three, (keys[slot, at[2]] >> second) & three
            local[slot] = np.int64(low) + 4 * np.int64(high)
            n_moved += local[slot] > 0
    size = 16
    while size < 2 * n_moved:
        size *= 2
    heads = np.full(size, -1, np.int64)
    slots = np.full((n_moved, 16), -1, np.int32)
    rests = np.empty((n_moved, keys.shape[1]), np.uint64)
    rest = np.empty(keys.shape[1], np.uint64)
    n_groups = 0
    for slot in range(top):
        if local[slot] > 0:
            rest[:] = keys[slot]
            rest[at[0]] &= ~(three << first)
            rest[at[2]] &= ~(three << second)
            place = _find(rests, rest, heads)
            if heads[place] < 0:
                heads[place] = n_groups
                rests[n_groups] = rest
                n_groups += 1
            slots[heads[place], local[slot]] = slot
    for slot in range(top):
        if local[slot] == 0:
            place = _find(rests, keys[slot], heads)
            if heads[place] >= 0:
                slots[heads[place], 0] = slot
    return slots[:n_groups].copy(), rests[:n_groups].copy()


@_compiled
def spread(
    keys: Words,
    live: NDArray[np.bool_],
    means: Floats,
    slots: Ints,
    rests: Words,
    square: Floats,
    at: Ints,
    free: Ints,
) -> int:
    """Give a slot to each string that a block can make, and all strings of the groups their new mean squares.

    Args:
        keys: as for `group`; those of new slots are written.
        live: likewise.
        means: mean squares of the coefficients of all slots, written.
        slots: of the groups; new ones are written.
        rests: words of the groups.
        square: mean squares of the block's entries `(16, 16)`.
        at: as for `group`.
        free: slots to give, in order.

    Returns:
        How many of `free` were given.
    """
    given = 0
    mixed, reached = np.empty(16), np.empty(16, np.bool_)
    for number in range(len(slots)):
        mixed[:] = 0.0
        reached[:] = False
        for i in range(16):
            slot = slots[number, i]
            if slot >= 0:
                for j in range(16):
                    mixed[j] += means[slot] * square[i, j]
                    reached[j] = reached[j] or square[i, j] > 0.0
        for j in range(16):
            slot = slots[number, j]
            if slot < 0 and reached[j]:
                slot = free[given]
                given += 1
                slots[number, j] = slot
                live[slot] = True
                keys[slot] = rests[number]
                keys[slot, at[0]] |= np.uint64(j % 4) << np.uint64(at[1])
                keys[slot, at[2]] |= np.uint64(j // 4) << np.uint64(at[3])
            if slot >= 0:
                means[slot] = mixed[j]
    return given


@_compiled
def forward(
    tape: tuple[Any, ...],
    span: tuple[int, int, int],
    matrices: Floats,
    coefficients: Floats,
    kept: Floats,
    lost: Floats,
) -> None:
    """Take an observable backwards through some blocks.

    Args:
        tape: a `records.Tape`.
        span: first and last entry of the tape (exclusive), and the block that `matrices` begins with.
        matrices: `(n_blocks, 16, 16)`.
        coefficients: of the slots, changed in place.
        kept: None, or `(n_groups, 16)` for the coefficients before each block.
        lost: sum of the sizes that are dropped, and of their expected squares; added to.
    """
    blocks, begins, slots, drop_begins, drops, squares = tape
    x, y = np.empty(16), np.empty(16)
    base = begins[span[0]]
    for entry in range(span[0], span[1]):
        m = matrices[blocks[entry] - span[2]]
        for number in range(begins[entry], begins[entry + 1]):
            for i in range(16):
                slot = slots[number, i]
                x[i] = coefficients[slot] if slot >= 0 else 0.0
                y[i] = 0.0
            if len(kept):
                kept[number - base] = x
            for i in range(16):
                if x[i] != 0.0:
                    for j in range(16):
                        y[j] += x[i] * m[i, j]
            for j in range(16):
                slot = slots[number, j]
                if slot >= 0:
                    coefficients[slot] = y[j]
        for position in range(drop_begins[entry], drop_begins[entry + 1]):
            gone = coefficients[drops[position]]
            lost[0] += abs(gone)
            lost[1] += gone * gone * squares[position]
            coefficients[drops[position]] = 0.0


@_compiled
def reverse(
    tape: tuple[Any, ...],
    span: tuple[int, int, int],
    matrices: Floats,
    values: Floats,
    kept: Floats,
    slopes: Floats,
) -> None:
    """Take what each string is worth through the same blocks, from the last to the first, and collect slopes.

    Args:
        tape: as for `forward`.
        span: likewise.
        matrices: likewise.
        values: derivative of the result by the coefficient in each slot, changed in place.
        kept: as `forward` left it.
        slopes: derivative of the result by `matrices`, added to.
    """
    blocks, begins, slots, drop_begins, drops, _ = tape
    x, y = np.empty(16), np.empty(16)
    base = begins[span[0]]
    for entry in range(span[1] - 1, span[0] - 1, -1):
        transposed = matrices[blocks[entry] - span[2]].T.copy()
        slope = slopes[blocks[entry] - span[2]]
        for position in range(drop_begins[entry], drop_begins[entry + 1]):
            values[drops[position]] = 0.0
        for number in range(begins[entry], begins[entry + 1]):
            for j in range(16):
                slot = slots[number, j]
                x[j] = values[slot] if slot >= 0 else 0.0
                y[j] = 0.0
            for i in range(16):
                c = kept[number - base, i]
                if c != 0.0:
                    for j in range(16):
                        slope[i, j] += c * x[j]
            for j in range(16):
                if x[j] != 0.0:
                    for i in range(16):
                        y[i] += x[j] * transposed[j, i]
            for i in range(16):
                slot = slots[number, i]
                if slot >= 0:
                    values[slot] = y[i]


@_compiled
def expectation(terms: tuple[Any, ...], coefficients: Floats, vectors: Floats, result: Floats) -> None:
    """Values `(n,)` of a sum of strings in product states.

    Args:
        terms: `records.Terms`.
        coefficients: of the slots.
        vectors: `(n, 4 · n_qubits)`.
        result: `(n,)`, written.
    """
    slots, begins, factors = terms
    for sample in range(len(result)):
        total = 0.0
        for term in range(len(slots)):
            product = coefficients[slots[term]]
            for position in range(begins[term], begins[term + 1]):
                product *= vectors[sample, factors[position]]
            total += product
        result[sample] = total


@_compiled
def expectation_reverse(
    terms: tuple[Any, ...],
    coefficients: Floats,
    vectors: Floats,
    cotangents: Floats,
    values: Floats,
    slopes: Floats,
) -> None:
    """Derivatives of `Σ cotangents · expectation`.

    Args:
        terms: as for `expectation`.
        coefficients: likewise.
        vectors: likewise.
        cotangents: `(n,)`.
        values: derivative by the coefficient in each slot, added to.
        slopes: derivative by the vectors, added to.
    """
    slots, begins, factors = terms
    before = np.empty(vectors.shape[1] + 1)
    for sample in range(len(cotangents)):
        for term in range(len(slots)):
            first, last = begins[term], begins[term + 1]
            before[0] = cotangents[sample]
            for position in range(first, last):
                before[position - first + 1] = before[position - first] * vectors[sample, factors[position]]
            values[slots[term]] += before[last - first]
            after = coefficients[slots[term]]
            for position in range(last - 1, first - 1, -1):
                slopes[sample, factors[position]] += before[position - first] * after
                after *= vectors[sample, factors[position]]
