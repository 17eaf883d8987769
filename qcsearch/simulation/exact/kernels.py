"""The compiled loops over one state: apply an operation, apply its transpose, collect its gradient.

A *state* is one register for each Pauli string of its layout (see `layout`); the lanes of a register are samples,
or observables. All states of a pass lie in one flat array, and an offset says where one begins, in numbers. Behind
each state stands a register of zeros, for what a sparse operation does not take. The loops over whole circuits that
call these are in `sweep.py`.

An operation acts on *groups* of strings that differ on its own qubits only. `t[g:]` holds how many offsets of groups
follow of the higher and of the lower qubits, those of the lower, those of the higher; a group is at the sum of two.
Where all strings are there before and after an operation on one qubit, 0 stands instead, the qubit, and how many qubits
there are.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.lanes import fill, fma, load, mul, peek, store, width

__all__ = [
    "INNER",
    "KERNEL",
    "ONE",
    "ZERO",
    "Floats",
    "Ints",
    "apply_permutation",
    "apply_permutation_transposed",
    "apply_run",
    "apply_run_partly",
    "apply_run_transposed",
    "apply_run_transposed_partly",
    "apply_sparse",
    "apply_turn",
    "collect_run",
    "collect_run_partly",
    "collect_turn",
]

Floats = NDArray[Any]
Ints = NDArray[np.int64]


@cache
def _digest() -> str:
    """SHA-256 of all files whose code goes into the kernels."""
    names = (
        "lanes",
        "trigonometry",
        "kernels",
        "sweep",
        "middle",
        "matrices",
        "cotangents",
        "contraction",
        "suffix",
    )
    content = b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()


def _compiled(**options: Any) -> Any:
    """Decorator: compile with Numba, and keep the machine code on disk where there is a place for it.

    Numba would take code from the disk while the file of the function itself is unchanged, though code of other files
    is compiled into it. Here it must be unchanged in all of them.
    """
    njit: Any = numba.njit

    def decorate(function: Any) -> Any:
        try:
            compiled = njit(nogil=True, error_model="numpy", cache=True, **options)(function)
            compiled._cache._cache_file._source_stamp = _digest()
        except (RuntimeError, AttributeError, OSError):  # no folder to write to, or another Numba: not kept
            compiled = njit(nogil=True, error_model="numpy", **options)(function)
        return compiled

    return decorate


KERNEL: Any = _compiled()
"""Decorator of what Python calls."""
INNER: Any = _compiled(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of what only kernels call."""
INLINE: Any = _compiled(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of what is put into its callers."""
ZERO: Any = np.int64(0)
ONE: Any = np.int64(1)
"""Arguments that are plain integers to the compiler: for a literal it would compile the callee once more."""


@INLINE
def _load_four(states: Floats, p: int, step: int) -> Any:
    return load(states, p), load(states, p + step), load(states, p + 2 * step), load(states, p + 3 * step)


@INLINE
def _store_four(states: Floats, q: int, step: int, i: Any, x: Any, y: Any, z: Any) -> None:
    store(states, q, i)
    store(states, q + step, x)
    store(states, q + 2 * step, y)
    store(states, q + 3 * step, z)


@INNER
def _group(g: int, qubit: int) -> int:
    """The `g`-th Pauli string that has I on `qubit`, where all strings are there."""
    low = (1 << (2 * qubit)) - 1
    return ((g & ~low) << 2) | (g & low)


@INNER
def apply_run(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = M · state i on one of n qubits; `m[k:]` holds rows 1–3 of M, row 0 is (1, 0, 0, 0)."""
    w = width(states)
    m10, m11, m12, m13 = _load_four(m, k, w)
    m20, m21, m22, m23 = _load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = _load_four(m, k + 8 * w, w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        s0, s1, s2, s3 = _load_four(states, i + at, step)
        p = j + at
        store(states, p, s0)
        store(states, p + step, fma(m13, s3, fma(m12, s2, fma(m11, s1, mul(m10, s0)))))
        store(states, p + 2 * step, fma(m23, s3, fma(m22, s2, fma(m21, s1, mul(m20, s0)))))
        store(states, p + 3 * step, fma(m33, s3, fma(m32, s2, fma(m31, s1, mul(m30, s0)))))


@INNER
def apply_run_partly(states: Floats, i: int, j: int, m: Floats, k: int, t: Ints, at: int, g: int) -> None:
    """`apply_run` where not all strings are there.

    `t[at:]` holds the offsets of X and of Z, 1 if state i has X and Y, 1 if state j is to have them.
    """
    x, z, wide_in, wide_out = peek(t, at), peek(t, at + 1), peek(t, at + 2), peek(t, at + 3)
    w = width(states)
    m10, m11, m12, m13 = _load_four(m, k, w)
    m20, m21, m22, m23 = _load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = _load_four(m, k + 8 * w, w)
    zero = fill(states, 0)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        for low in range(lows, highs):
            group = peek(t, low)
            s0, s1, s2, s3 = _load_columns(states, before + group, x, z, wide_in, zero)
            p = after + group
            store(states, p, s0)
            if wide_out:
                store(states, p + x, fma(m13, s3, fma(m12, s2, fma(m11, s1, mul(m10, s0)))))
                store(states, p + 2 * x, fma(m23, s3, fma(m22, s2, fma(m21, s1, mul(m20, s0)))))
            store(states, p + z, fma(m33, s3, fma(m32, s2, fma(m31, s1, mul(m30, s0)))))


@INLINE
def _load_columns(states: Floats, p: int, x: int, z: int, wide: bool, zero: Any) -> Any:
    if wide:
        return load(states, p), load(states, p + x), load(states, p + 2 * x), load(states, p + z)
    return load(states, p), zero, zero, load(states, p + z)


@INNER
def apply_run_transposed(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = Mᵀ · state i on one of n qubits."""
    w = width(states)
    m10, m11, m12, m13 = _load_four(m, k, w)
    m20, m21, m22, m23 = _load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = _load_four(m, k + 8 * w, w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        s0, s1, s2, s3 = _load_four(states, i + at, step)
        p = j + at
        store(states, p, fma(m30, s3, fma(m20, s2, fma(m10, s1, s0))))
        store(states, p + step, fma(m31, s3, fma(m21, s2, mul(m11, s1))))
        store(states, p + 2 * step, fma(m32, s3, fma(m22, s2, mul(m12, s1))))
        store(states, p + 3 * step, fma(m33, s3, fma(m23, s2, mul(m13, s1))))


@INNER
def apply_run_transposed_partly(
    states: Floats, i: int, j: int, m: Floats, k: int, t: Ints, at: int, g: int
) -> None:
    """`apply_run_transposed` where not all strings are there; `t` as in `apply_run_partly`, the states exchanged."""
    x, z, wide_out, wide_in = peek(t, at), peek(t, at + 1), peek(t, at + 2), peek(t, at + 3)
    w = width(states)
    m10, m11, m12, m13 = _load_four(m, k, w)
    m20, m21, m22, m23 = _load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = _load_four(m, k + 8 * w, w)
    zero = fill(states, 0)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        for low in range(lows, highs):
            group = peek(t, low)
            s0, s1, s2, s3 = _load_columns(states, before + group, x, z, wide_in, zero)
            p = after + group
            store(states, p, fma(m30, s3, fma(m20, s2, fma(m10, s1, s0))))
            if wide_out:
                store(states, p + x, fma(m31, s3, fma(m21, s2, mul(m11, s1))))
                store(states, p + 2 * x, fma(m32, s3, fma(m22, s2, mul(m12, s1))))
            store(states, p + z, fma(m33, s3, fma(m23, s2, mul(m13, s1))))


@INNER
def collect_run(states: Floats, i: int, j: int, d: Floats, k: int, qubit: int, n: int) -> None:
    """`D_rc += Σ (state i)_r (state j)_c` over the other qubits' strings; rows 1–3 of D at `d[k:]`.

    State i stands after the operation, state j before it. Twelve sums and what they need would be more than the
    processor's sixteen registers: first rows 1 and 2, then row 3 with two groups at a time, because a sum can take up
    one product every four cycles.
    """
    w = width(states)
    step = w << (2 * qubit)
    a0, a1, a2, a3 = _load_four(d, k, w)
    b0, b1, b2, b3 = _load_four(d, k + 4 * w, w)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        r0, r1, r2, r3 = _load_four(states, j + at, step)
        u, v = load(states, i + at + step), load(states, i + at + 2 * step)
        a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
        b0, b1, b2, b3 = fma(v, r0, b0), fma(v, r1, b1), fma(v, r2, b2), fma(v, r3, b3)
    _store_four(d, k, w, a0, a1, a2, a3)
    _store_four(d, k + 4 * w, w, b0, b1, b2, b3)
    a0, a1, a2, a3 = _load_four(d, k + 8 * w, w)
    zero = fill(states, 0)
    b0, b1, b2, b3 = zero, zero, zero, zero
    half = (1 << (2 * n - 2)) >> 1
    for group in range(half):
        at = _group(group, qubit) * w
        r0, r1, r2, r3 = _load_four(states, j + at, step)
        u = load(states, i + at + 3 * step)
        a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
        at = _group(group + half, qubit) * w
        r0, r1, r2, r3 = _load_four(states, j + at, step)
        u = load(states, i + at + 3 * step)
        b0, b1, b2, b3 = fma(u, r0, b0), fma(u, r1, b1), fma(u, r2, b2), fma(u, r3, b3)
    if half == 0:
        r0, r1, r2, r3 = _load_four(states, j, step)
        u = load(states, i + 3 * step)
        b0, b1, b2, b3 = mul(u, r0), mul(u, r1), mul(u, r2), mul(u, r3)
    one = fill(d, 1)
    a0, a1, a2, a3 = fma(one, b0, a0), fma(one, b1, a1), fma(one, b2, a2), fma(one, b3, a3)
    _store_four(d, k + 8 * w, w, a0, a1, a2, a3)


@INNER
def collect_run_partly(states: Floats, i: int, j: int, d: Floats, k: int, t: Ints, at: int, g: int) -> None:
    """`collect_run` where not all strings are there; `t` as in `apply_run_partly`."""
    x, z, wide, rows = peek(t, at), peek(t, at + 1), peek(t, at + 2), peek(t, at + 3)
    w = width(states)
    zero = fill(states, 0)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    if rows:
        a0, a1, a2, a3 = _load_four(d, k, w)
        b0, b1, b2, b3 = _load_four(d, k + 4 * w, w)
        for high in range(highs, highs + peek(t, g)):
            left, right = i + peek(t, high), j + peek(t, high)
            for low in range(lows, highs):
                group = peek(t, low)
                r0, r1, r2, r3 = _load_columns(states, right + group, x, z, wide, zero)
                u, v = load(states, left + group + x), load(states, left + group + 2 * x)
                a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
                b0, b1, b2, b3 = fma(v, r0, b0), fma(v, r1, b1), fma(v, r2, b2), fma(v, r3, b3)
        _store_four(d, k, w, a0, a1, a2, a3)
        _store_four(d, k + 4 * w, w, b0, b1, b2, b3)
    a0, a1, a2, a3 = _load_four(d, k + 8 * w, w)
    b0, b1, b2, b3 = zero, zero, zero, zero
    even = highs - ((highs - lows) & 1)
    for high in range(highs, highs + peek(t, g)):
        left, right = i + peek(t, high) + z, j + peek(t, high)
        for low in range(lows, even, 2):
            group = peek(t, low)
            r0, r1, r2, r3 = _load_columns(states, right + group, x, z, wide, zero)
            u = load(states, left + group)
            a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
            group = peek(t, low + 1)
            r0, r1, r2, r3 = _load_columns(states, right + group, x, z, wide, zero)
            u = load(states, left + group)
            b0, b1, b2, b3 = fma(u, r0, b0), fma(u, r1, b1), fma(u, r2, b2), fma(u, r3, b3)
        if even < highs:
            group = peek(t, even)
            r0, r1, r2, r3 = _load_columns(states, right + group, x, z, wide, zero)
            u = load(states, left + group)
            a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
    one = fill(d, 1)
    a0, a1, a2, a3 = fma(one, b0, a0), fma(one, b1, a1), fma(one, b2, a2), fma(one, b3, a3)
    _store_four(d, k + 8 * w, w, a0, a1, a2, a3)


# Two-qubit operations.


@INNER
def apply_permutation(states: Floats, i: int, j: int, t: Ints, at: int, g: int, f: Floats, k: int) -> None:
    """State j = R · state i for a relaxed permutation R of the 16 strings, see `pairs.Permutation`.

    `t[at:]` holds the steps of the two qubits' digits and the offset of what each of the 16 strings takes;
    `f[k:]` the 16 scales, g (4), h (4) and c as registers.
    """
    w = width(states)
    step, row = peek(t, at), peek(t, at + 1)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    h0, h1, h2, h3 = _load_four(f, k + 20 * w, w)
    c = load(f, k + 24 * w)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        for digit in range(4):  # of the second qubit; Z comes last and takes from I
            o = at + 2 + 4 * digit
            to, o0, o1 = after + digit * row, before + peek(t, o), before + peek(t, o + 1)
            o2, o3 = before + peek(t, o + 2), before + peek(t, o + 3)
            f0, f1, f2, f3 = _load_four(f, k + 4 * digit * w, w)
            gain = load(f, k + (16 + digit) * w)
            for low in range(lows, highs):
                p = peek(t, low)
                y0, y1 = mul(f0, load(states, o0 + p)), mul(f1, load(states, o1 + p))
                y2, y3 = mul(f2, load(states, o2 + p)), mul(f3, load(states, o3 + p))
                y3 = fma(gain, y0, y3)
                if digit == 3:
                    x0, x1, x2, x3 = _load_four(states, after + p, step)
                    y0, y1, y2 = fma(h0, x0, y0), fma(h1, x1, y1), fma(h2, x2, y2)
                    y3 = fma(c, x0, fma(h3, x3, y3))
                _store_four(states, to + p, step, y0, y1, y2, y3)


@INNER
def apply_permutation_transposed(
    states: Floats, i: int, j: int, t: Ints, at: int, g: int, f: Floats, k: int
) -> None:
    """The transpose of `apply_permutation`."""
    w = width(states)
    step, row = peek(t, at), peek(t, at + 1)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    h0, h1, h2, h3 = _load_four(f, k + 20 * w, w)
    c = load(f, k + 24 * w)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        for digit in range(4):
            o = at + 2 + 4 * digit
            o0, o1 = after + peek(t, o), after + peek(t, o + 1)
            o2, o3 = after + peek(t, o + 2), after + peek(t, o + 3)
            f0, f1, f2, f3 = _load_four(f, k + 4 * digit * w, w)
            gain = load(f, k + (16 + digit) * w)
            for low in range(lows, highs):
                p = peek(t, low)
                y0, y1, y2, y3 = _load_four(states, before + digit * row + p, step)
                if digit == 0:
                    x0, x1, x2, x3 = _load_four(states, before + 3 * row + p, step)
                    y0, y1, y2, y3 = fma(h0, x0, y0), fma(h1, x1, y1), fma(h2, x2, y2), fma(h3, x3, y3)
                    y0 = fma(c, x3, y0)
                store(states, o0 + p, mul(f0, fma(gain, y3, y0)))
                store(states, o1 + p, mul(f1, y1))
                store(states, o2 + p, mul(f2, y2))
                store(states, o3 + p, mul(f3, y3))


@INNER
def apply_sparse(states: Floats, i: int, j: int, t: Ints, at: int, g: int, f: Floats, k: int) -> None:
    """State j = R · state i for any sparse two-qubit matrix, four non-zeros at a time.

    `t[at:]` holds the number of fours, then for each: the offset of its row, 1 if the row has begun before, the
    offsets of what it takes; `f[k:]` the values, a register each.
    """
    w = width(states)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    fours = peek(t, at)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        o, m = at + 1, k
        for _ in range(fours):
            to, more = after + peek(t, o), peek(t, o + 1)
            o0, o1 = before + peek(t, o + 2), before + peek(t, o + 3)
            o2, o3 = before + peek(t, o + 4), before + peek(t, o + 5)
            f0, f1, f2, f3 = _load_four(f, m, w)
            for low in range(lows, highs):
                p = peek(t, low)
                y = fma(f1, load(states, o1 + p), mul(f0, load(states, o0 + p)))
                y = fma(f3, load(states, o3 + p), fma(f2, load(states, o2 + p), y))
                if more:
                    y = fma(fill(states, 1), load(states, to + p), y)
                store(states, to + p, y)
            o += 6
            m += 4 * w


@INNER
def apply_turn(states: Floats, i: int, j: int, t: Ints, at: int, size: int, g: int, c: Any, s: Any) -> None:
    """Rotate strings, `y = c x + s x'` or `y = c x − s x'`; copy those that commute.

    `t[at:]` holds how many strings follow of the three kinds; then for each, in this order: its offset, that of x,
    that of x' (-1 for one that is zero).
    """
    minus = mul(s, fill(states, -1))
    plus, less, still = peek(t, at), peek(t, at + 1), peek(t, at + 2)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    for k in range(plus + less + still):
        o = at + 3 + 3 * k
        to, own, other = peek(t, o), peek(t, o + 1), peek(t, o + 2)
        sine = s if k < plus else minus
        for high in range(highs, highs + peek(t, g)):
            for low in range(lows, highs):
                p = peek(t, high) + peek(t, low)
                x = load(states, i + (own + p if own >= 0 else size))
                if k < plus + less:
                    x = fma(sine, load(states, i + (other + p if other >= 0 else size)), mul(c, x))
                store(states, j + to + p, x)


@INNER
def collect_turn(
    states: Floats, i: int, j: int, d: Floats, k: int, t: Ints, at: int, size: int, g: int, c: Any, s: Any
) -> None:
    """`d += Σ (state i)_y (∂y/∂θ)` over what `apply_turn` makes of state j."""
    sine = mul(s, fill(states, -1))
    minus = mul(c, fill(states, -1))
    plus, turning = peek(t, at), peek(t, at) + peek(t, at + 1)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    total = load(d, k)
    for m in range(turning):
        o = at + 3 + 3 * m
        to, own, other = peek(t, o), peek(t, o + 1), peek(t, o + 2)
        cosine = c if m < plus else minus
        for high in range(highs, highs + peek(t, g)):
            for low in range(lows, highs):
                p = peek(t, high) + peek(t, low)
                x = load(states, j + (own + p if own >= 0 else size))
                y = load(states, j + (other + p if other >= 0 else size))
                total = fma(load(states, i + to + p), fma(cosine, y, mul(sine, x)), total)
    store(d, k, total)
