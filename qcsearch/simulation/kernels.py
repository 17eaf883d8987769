"""The compiled loops over one state: apply an operation, apply its transpose, collect its gradient.

A *state* is `4**n` registers, one for each Pauli string (qubit 0 the least significant digit in base 4,
digits I X Y Z = 0 1 2 3); the lanes of a register are samples, or observables. All states of a pass lie in
one flat array, and an offset says where one begins, in numbers. The loops over whole circuits that call
these are in `sweep.py`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.lanes import fill, fma, load, mul, peek, store, width

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
    "apply_run_transposed",
    "apply_sparse",
    "apply_turn",
    "collect_run",
    "collect_turn",
]

Floats = NDArray[Any]
Ints = NDArray[np.int64]


@cache
def _digest() -> str:
    """SHA-256 of all files whose code goes into the kernels."""
    names = ("lanes", "trigonometry", "kernels", "sweep", "middle", "matrices", "cotangents")
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


@INNER
def _group(g: int, qubit: int) -> int:
    """The `g`-th Pauli string that has I on `qubit`."""
    low = (1 << (2 * qubit)) - 1
    return ((g & ~low) << 2) | (g & low)


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
def apply_run(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = M · state i on one qubit; `m[k:]` holds rows 1–3 of M, row 0 is (1, 0, 0, 0)."""
    w = width(states)
    m10, m11, m12, m13 = _load_four(m, k, w)
    m20, m21, m22, m23 = _load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = _load_four(m, k + 8 * w, w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        p = i + at
        s0, s1, s2, s3 = _load_four(states, p, step)
        p = j + at
        store(states, p, s0)
        store(states, p + step, fma(m13, s3, fma(m12, s2, fma(m11, s1, mul(m10, s0)))))
        store(states, p + 2 * step, fma(m23, s3, fma(m22, s2, fma(m21, s1, mul(m20, s0)))))
        store(states, p + 3 * step, fma(m33, s3, fma(m32, s2, fma(m31, s1, mul(m30, s0)))))


@INNER
def apply_run_transposed(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = Mᵀ · state i on one qubit."""
    w = width(states)
    m10, m11, m12, m13 = _load_four(m, k, w)
    m20, m21, m22, m23 = _load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = _load_four(m, k + 8 * w, w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        p = i + at
        s0, s1, s2, s3 = _load_four(states, p, step)
        p = j + at
        store(states, p, fma(m30, s3, fma(m20, s2, fma(m10, s1, s0))))
        store(states, p + step, fma(m31, s3, fma(m21, s2, mul(m11, s1))))
        store(states, p + 2 * step, fma(m32, s3, fma(m22, s2, mul(m12, s1))))
        store(states, p + 3 * step, fma(m33, s3, fma(m23, s2, mul(m13, s1))))


@INNER
def collect_run(states: Floats, i: int, j: int, d: Floats, k: int, qubit: int, n: int) -> None:
    """`D_rc += Σ (state i)_r (state j)_c` over the other qubits' strings; rows 1–3 of D at `d[k:]`.

    Twelve sums and what they need would be more than the processor's sixteen registers: first rows 1 and 2, then
    row 3 with two groups of strings at a time, because a sum can take up one product every four cycles.
    """
    w = width(states)
    step, half = w << (2 * qubit), (1 << (2 * n - 2)) >> 1
    a0, a1, a2, a3 = _load_four(d, k, w)
    b0, b1, b2, b3 = _load_four(d, k + 4 * w, w)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        r0, r1, r2, r3 = _load_four(states, j + at, step)
        x, y = load(states, i + at + step), load(states, i + at + 2 * step)
        a0, a1, a2, a3 = fma(x, r0, a0), fma(x, r1, a1), fma(x, r2, a2), fma(x, r3, a3)
        b0, b1, b2, b3 = fma(y, r0, b0), fma(y, r1, b1), fma(y, r2, b2), fma(y, r3, b3)
    _store_four(d, k, w, a0, a1, a2, a3)
    _store_four(d, k + 4 * w, w, b0, b1, b2, b3)
    a0, a1, a2, a3 = _load_four(d, k + 8 * w, w)
    b0 = fill(d, 0)
    b1, b2, b3 = b0, b0, b0
    for group in range(half):
        at = _group(group, qubit) * w
        r0, r1, r2, r3 = _load_four(states, j + at, step)
        x = load(states, i + at + 3 * step)
        a0, a1, a2, a3 = fma(x, r0, a0), fma(x, r1, a1), fma(x, r2, a2), fma(x, r3, a3)
        at = _group(group + half, qubit) * w
        r0, r1, r2, r3 = _load_four(states, j + at, step)
        x = load(states, i + at + 3 * step)
        b0, b1, b2, b3 = fma(x, r0, b0), fma(x, r1, b1), fma(x, r2, b2), fma(x, r3, b3)
    one = fill(d, 1)
    a0, a1, a2, a3 = fma(one, b0, a0), fma(one, b1, a1), fma(one, b2, a2), fma(one, b3, a3)
    if half == 0:
        r0, r1, r2, r3 = _load_four(states, j, step)
        x = load(states, i + 3 * step)
        a0, a1, a2, a3 = fma(x, r0, a0), fma(x, r1, a1), fma(x, r2, a2), fma(x, r3, a3)
    _store_four(d, k + 8 * w, w, a0, a1, a2, a3)


# Two-qubit operations. `t[base:]` holds the offsets of the strings with I on both qubits.


@INNER
def apply_permutation(
    states: Floats, i: int, j: int, t: Ints, at: int, base: int, f: Floats, k: int, n: int
) -> None:
    """State j = R · state i for a relaxed permutation R of the 16 strings, see `pairs.Permutation`.

    `t[at:]` holds the steps of the two qubits' digits and the offset of what each of the 16 strings takes;
    `f[k:]` the 16 scales, g (4), h (4) and c as registers.
    """
    w = width(states)
    step, end = peek(t, at), base + (1 << (2 * n - 4))
    h0, h1, h2, h3 = _load_four(f, k + 20 * w, w)
    c = load(f, k + 24 * w)
    for digit in range(4):  # of the second qubit; Z comes last and takes from I
        to, o = j + digit * peek(t, at + 1), at + 2 + 4 * digit
        o0, o1, o2, o3 = i + peek(t, o), i + peek(t, o + 1), i + peek(t, o + 2), i + peek(t, o + 3)
        f0, f1, f2, f3 = _load_four(f, k + 4 * digit * w, w)
        g = load(f, k + (16 + digit) * w)
        for b in range(base, end):
            p = peek(t, b)
            y0, y1 = mul(f0, load(states, o0 + p)), mul(f1, load(states, o1 + p))
            y2, y3 = mul(f2, load(states, o2 + p)), mul(f3, load(states, o3 + p))
            y3 = fma(g, y0, y3)
            if digit == 3:
                x0, x1, x2, x3 = _load_four(states, j + p, step)
                y0, y1, y2 = fma(h0, x0, y0), fma(h1, x1, y1), fma(h2, x2, y2)
                y3 = fma(c, x0, fma(h3, x3, y3))
            _store_four(states, to + p, step, y0, y1, y2, y3)


@INNER
def apply_permutation_transposed(
    states: Floats, i: int, j: int, t: Ints, at: int, base: int, f: Floats, k: int, n: int
) -> None:
    """The transpose of `apply_permutation`."""
    w = width(states)
    step, row, end = peek(t, at), peek(t, at + 1), base + (1 << (2 * n - 4))
    h0, h1, h2, h3 = _load_four(f, k + 20 * w, w)
    c = load(f, k + 24 * w)
    for digit in range(4):
        o = at + 2 + 4 * digit
        o0, o1, o2, o3 = j + peek(t, o), j + peek(t, o + 1), j + peek(t, o + 2), j + peek(t, o + 3)
        f0, f1, f2, f3 = _load_four(f, k + 4 * digit * w, w)
        g = load(f, k + (16 + digit) * w)
        for b in range(base, end):
            p = peek(t, b)
            y0, y1, y2, y3 = _load_four(states, i + digit * row + p, step)
            if digit == 0:
                x0, x1, x2, x3 = _load_four(states, i + 3 * row + p, step)
                y0, y1, y2, y3 = fma(h0, x0, y0), fma(h1, x1, y1), fma(h2, x2, y2), fma(h3, x3, y3)
                y0 = fma(c, x3, y0)
            store(states, o0 + p, mul(f0, fma(g, y3, y0)))
            store(states, o1 + p, mul(f1, y1))
            store(states, o2 + p, mul(f2, y2))
            store(states, o3 + p, mul(f3, y3))


@INNER
def apply_sparse(
    states: Floats, i: int, j: int, t: Ints, at: int, base: int, f: Floats, k: int, n: int
) -> None:
    """State j = R · state i for any sparse two-qubit matrix, four non-zeros at a time.

    `t[at:]` holds the number of fours, then for each: the offset of its row, 1 if the row has begun before, the
    offsets of what it takes; `f[k:]` the values, a register each.
    """
    w = width(states)
    end = base + (1 << (2 * n - 4))
    for four in range(peek(t, at)):
        o = at + 1 + 6 * four
        to, more = j + peek(t, o), peek(t, o + 1)
        o0, o1, o2, o3 = i + peek(t, o + 2), i + peek(t, o + 3), i + peek(t, o + 4), i + peek(t, o + 5)
        f0, f1, f2, f3 = _load_four(f, k + 4 * four * w, w)
        for b in range(base, end):
            p = peek(t, b)
            y = fma(f1, load(states, o1 + p), mul(f0, load(states, o0 + p)))
            y = fma(f3, load(states, o3 + p), fma(f2, load(states, o2 + p), y))
            if more:
                y = fma(fill(states, 1), load(states, to + p), y)
            store(states, to + p, y)


@INNER
def apply_turn(states: Floats, i: int, j: int, t: Ints, at: int, base: int, c: Any, s: Any, n: int) -> None:
    """Rotate four pairs of strings, `p' = c p − s q`, `q' = s p + c q`; copy the other eight.

    `t[at:]` holds the offsets p, q of the four pairs, then of the eight.
    """
    minus = mul(s, fill(states, -1))
    end = base + (1 << (2 * n - 4))
    for k in range(at, at + 8, 2):
        for b in range(base, end):
            p, q = peek(t, b) + peek(t, k), peek(t, b) + peek(t, k + 1)
            x, y = load(states, i + p), load(states, i + q)
            store(states, j + p, fma(minus, y, mul(c, x)))
            store(states, j + q, fma(s, x, mul(c, y)))
    for k in range(at + 8, at + 16):
        for b in range(base, end):
            p = peek(t, b) + peek(t, k)
            store(states, j + p, load(states, i + p))


@INNER
def collect_turn(
    states: Floats, i: int, j: int, d: Floats, k: int, sign: int, t: Ints, at: int, base: int, n: int
) -> None:
    """`d += sign Σ (l_q r_p − l_p r_q)` with l = state i, r = state j, both before the rotation."""
    plus = fill(states, 0)
    minus = plus
    for m in range(at, at + 8, 2):
        for b in range(base, base + (1 << (2 * n - 4))):
            p, q = peek(t, b) + peek(t, m), peek(t, b) + peek(t, m + 1)
            plus = fma(load(states, i + q), load(states, j + p), plus)
            minus = fma(load(states, i + p), load(states, j + q), minus)
    store(d, k, fma(fill(d, -sign), minus, fma(fill(d, sign), plus, load(d, k))))
