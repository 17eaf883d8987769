"""The compiled loops over states: apply an operation, apply its transpose, collect its gradient.

A *state* is `4**n` registers, one for each Pauli string (qubit 0 the least significant digit in base 4,
digits I X Y Z = 0 1 2 3); the lanes of a register are samples, or observables. States lie one after the other
in a flat array, and an offset in numbers says where one begins.

The loops over whole circuits that call these are in `sweep.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qcsearch.simulation.lanes import fma, load, mul, splat, store, width

__all__ = [
    "Floats",
    "Ints",
    "PairTables",
    "apply_pair",
    "apply_run",
    "apply_run_transposed",
    "apply_turn",
    "collect_run",
    "collect_turn",
]

Floats = NDArray[Any]
Ints = NDArray[np.int64]


class PairTables(NamedTuple):
    """What the two-qubit operations point into.

    Attributes:
        pair_rows: `(n_pairs, 2, 17)`: where each row of the matrix begins in `pair_columns`; [1] for the
            transpose.
        pair_columns: column of each non-zero, as a number 0–15.
        pair_values: its value.
        turn_pairs: `(n_turns, 16)`: four pairs (p, q) that the rotation mixes, then the eight strings it
            leaves.
        bases: `(n_places, 4**(n-2))`: the strings with I on both qubits of a place, in units of numbers.
    """

    pair_rows: Ints
    pair_columns: Ints
    pair_values: Floats
    turn_pairs: Ints
    bases: NDArray[np.int32]


@njit(nogil=True, cache=True, inline="always")
def _group(g: int, qubit: int) -> int:
    """The `g`-th Pauli string that has I on `qubit`."""
    low = (1 << (2 * qubit)) - 1
    return ((g & ~low) << 2) | (g & low)


@njit(nogil=True, cache=True)
def apply_run(src: Floats, i: int, dst: Floats, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """`dst = M src` on one qubit; rows 1–3 of M are the 12 registers at `m[k:]`, row 0 is (1, 0, 0, 0)."""
    w = width(src)
    m10, m11, m12, m13 = load(m, k), load(m, k + w), load(m, k + 2 * w), load(m, k + 3 * w)
    m20, m21, m22, m23 = load(m, k + 4 * w), load(m, k + 5 * w), load(m, k + 6 * w), load(m, k + 7 * w)
    m30, m31, m32, m33 = load(m, k + 8 * w), load(m, k + 9 * w), load(m, k + 10 * w), load(m, k + 11 * w)
    step = w << (2 * qubit)
    for g in range(1 << (2 * n - 2)):
        at = _group(g, qubit) * w
        p = i + at
        s0, s1, s2, s3 = load(src, p), load(src, p + step), load(src, p + 2 * step), load(src, p + 3 * step)
        p = j + at
        store(dst, p, s0)
        store(dst, p + step, fma(m13, s3, fma(m12, s2, fma(m11, s1, mul(m10, s0)))))
        store(dst, p + 2 * step, fma(m23, s3, fma(m22, s2, fma(m21, s1, mul(m20, s0)))))
        store(dst, p + 3 * step, fma(m33, s3, fma(m32, s2, fma(m31, s1, mul(m30, s0)))))


@njit(nogil=True, cache=True)
def apply_run_transposed(
    src: Floats, i: int, dst: Floats, j: int, m: Floats, k: int, qubit: int, n: int
) -> None:
    """`dst = Mᵀ src` on one qubit."""
    w = width(src)
    m10, m11, m12, m13 = load(m, k), load(m, k + w), load(m, k + 2 * w), load(m, k + 3 * w)
    m20, m21, m22, m23 = load(m, k + 4 * w), load(m, k + 5 * w), load(m, k + 6 * w), load(m, k + 7 * w)
    m30, m31, m32, m33 = load(m, k + 8 * w), load(m, k + 9 * w), load(m, k + 10 * w), load(m, k + 11 * w)
    step = w << (2 * qubit)
    for g in range(1 << (2 * n - 2)):
        at = _group(g, qubit) * w
        p = i + at
        s0, s1, s2, s3 = load(src, p), load(src, p + step), load(src, p + 2 * step), load(src, p + 3 * step)
        p = j + at
        store(dst, p, fma(m30, s3, fma(m20, s2, fma(m10, s1, s0))))
        store(dst, p + step, fma(m31, s3, fma(m21, s2, mul(m11, s1))))
        store(dst, p + 2 * step, fma(m32, s3, fma(m22, s2, mul(m12, s1))))
        store(dst, p + 3 * step, fma(m33, s3, fma(m23, s2, mul(m13, s1))))


@njit(nogil=True, cache=True)
def collect_run(left: Floats, i: int, right: Floats, j: int, d: Floats, k: int, qubit: int, n: int) -> None:
    """`D_rc += Σ left_r right_c` over the strings of the other qubits, r = 1–3, c = 0–3; D at `d[k:]`."""
    w = width(left)
    d10, d11, d12, d13 = load(d, k), load(d, k + w), load(d, k + 2 * w), load(d, k + 3 * w)
    d20, d21, d22, d23 = load(d, k + 4 * w), load(d, k + 5 * w), load(d, k + 6 * w), load(d, k + 7 * w)
    d30, d31, d32, d33 = load(d, k + 8 * w), load(d, k + 9 * w), load(d, k + 10 * w), load(d, k + 11 * w)
    step = w << (2 * qubit)
    for g in range(1 << (2 * n - 2)):
        at = _group(g, qubit) * w
        p = j + at
        r0, r1, r2, r3 = (
            load(right, p),
            load(right, p + step),
            load(right, p + 2 * step),
            load(right, p + 3 * step),
        )
        p = i + at
        x = load(left, p + step)
        d10, d11, d12, d13 = fma(x, r0, d10), fma(x, r1, d11), fma(x, r2, d12), fma(x, r3, d13)
        x = load(left, p + 2 * step)
        d20, d21, d22, d23 = fma(x, r0, d20), fma(x, r1, d21), fma(x, r2, d22), fma(x, r3, d23)
        x = load(left, p + 3 * step)
        d30, d31, d32, d33 = fma(x, r0, d30), fma(x, r1, d31), fma(x, r2, d32), fma(x, r3, d33)
    store(d, k, d10)
    store(d, k + w, d11)
    store(d, k + 2 * w, d12)
    store(d, k + 3 * w, d13)
    store(d, k + 4 * w, d20)
    store(d, k + 5 * w, d21)
    store(d, k + 6 * w, d22)
    store(d, k + 7 * w, d23)
    store(d, k + 8 * w, d30)
    store(d, k + 9 * w, d31)
    store(d, k + 10 * w, d32)
    store(d, k + 11 * w, d33)


@njit(nogil=True, cache=True, inline="always")
def _place(digits: int, a: int, b: int, w: int) -> int:
    """Where the two-qubit string `digits` (0–15, qubit a less significant) lies from the base, in numbers."""
    return (((digits & 3) << (2 * a)) + ((digits >> 2) << (2 * b))) * w


@njit(nogil=True, cache=True)
def apply_pair(
    src: Floats, i: int, dst: Floats, j: int, t: PairTables, index: int, side: int, a: int, b: int, base: Any
) -> None:
    """`dst = R src` (side 0) or `Rᵀ src` (side 1) for the sparse two-qubit matrix `index` on qubits a < b."""
    w = width(src)
    columns, values = t.pair_columns, t.pair_values
    for row in range(16):
        first, last = t.pair_rows[index, side, row], t.pair_rows[index, side, row + 1]
        to = j + _place(row, a, b, w)
        if first == last:
            zero = splat(values[0] * 0)
            for g in range(base.size):
                store(dst, to + base[g], zero)
            continue
        v0, c0 = splat(values[first]), i + _place(columns[first], a, b, w)
        if last - first == 1:
            for g in range(base.size):
                store(dst, to + base[g], mul(v0, load(src, c0 + base[g])))
            continue
        v1, c1 = splat(values[first + 1]), i + _place(columns[first + 1], a, b, w)
        for g in range(base.size):
            at = base[g]
            store(dst, to + at, fma(v1, load(src, c1 + at), mul(v0, load(src, c0 + at))))
        for k in range(first + 2, last):
            v0, c0 = splat(values[k]), i + _place(columns[k], a, b, w)
            for g in range(base.size):
                at = base[g]
                store(dst, to + at, fma(v0, load(src, c0 + at), load(dst, to + at)))


@njit(nogil=True, cache=True)
def apply_turn(
    src: Floats, i: int, dst: Floats, j: int, pairs: Ints, c: Any, s: Any, a: int, b: int, base: Any
) -> None:
    """Rotate the four pairs (p, q): `p' = c p − s q`, `q' = s p + c q`; copy the other eight strings."""
    w = width(src)
    minus = mul(s, splat(src.dtype.type(-1)))
    for k in range(4):
        p, q = _place(pairs[2 * k], a, b, w), _place(pairs[2 * k + 1], a, b, w)
        for g in range(base.size):
            at = base[g]
            x, y = load(src, i + p + at), load(src, i + q + at)
            store(dst, j + p + at, fma(minus, y, mul(c, x)))
            store(dst, j + q + at, fma(s, x, mul(c, y)))
    for k in range(8, 16):
        p = _place(pairs[k], a, b, w)
        for g in range(base.size):
            store(dst, j + p + base[g], load(src, i + p + base[g]))


@njit(nogil=True, cache=True)
def collect_turn(
    left: Floats,
    i: int,
    right: Floats,
    j: int,
    d: Floats,
    k: int,
    sign: Any,
    pairs: Ints,
    a: int,
    b: int,
    base: Any,
) -> None:
    """`d += sign Σ (left_q right_p − left_p right_q)`, both sides taken before the rotation."""
    w = width(left)
    plus = splat(sign * 0)
    minus = plus
    for m in range(4):
        p, q = _place(pairs[2 * m], a, b, w), _place(pairs[2 * m + 1], a, b, w)
        for g in range(base.size):
            at = base[g]
            plus = fma(load(left, i + q + at), load(right, j + p + at), plus)
            minus = fma(load(left, i + p + at), load(right, j + q + at), minus)
    store(d, k, fma(splat(-sign), minus, fma(splat(sign), plus, load(d, k))))
