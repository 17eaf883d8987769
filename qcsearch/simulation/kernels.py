"""The compiled loops over one state: apply an operation, apply its transpose, collect its gradient.

A *state* is `4**n` registers, one for each Pauli string (qubit 0 the least significant digit in base 4,
digits I X Y Z = 0 1 2 3); the lanes of a register are samples, or observables. All states of a pass lie in
one flat array, and an offset says where one begins, in numbers. The loops over whole circuits that call
these are in `sweep.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
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

_njit: Any = njit
KERNEL: Any = _njit(nogil=True, cache=True, error_model="numpy")
"""Decorator of what Python calls."""
INNER: Any = _njit(
    nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)
"""Decorator of what only kernels call."""
ZERO: Any = np.int64(0)
ONE: Any = np.int64(1)
"""Arguments that are plain integers to the compiler: for a literal it would compile the callee once more."""


@INNER
def _group(g: int, qubit: int) -> int:
    """The `g`-th Pauli string that has I on `qubit`."""
    low = (1 << (2 * qubit)) - 1
    return ((g & ~low) << 2) | (g & low)


@INNER
def apply_run(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = M · state i on one qubit; `m[k:]` holds rows 1–3 of M, row 0 is (1, 0, 0, 0)."""
    w = width(states)
    m10, m11, m12, m13 = load(m, k), load(m, k + w), load(m, k + 2 * w), load(m, k + 3 * w)
    m20, m21, m22, m23 = load(m, k + 4 * w), load(m, k + 5 * w), load(m, k + 6 * w), load(m, k + 7 * w)
    m30, m31, m32, m33 = load(m, k + 8 * w), load(m, k + 9 * w), load(m, k + 10 * w), load(m, k + 11 * w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        p = i + at
        s0, s1 = load(states, p), load(states, p + step)
        s2, s3 = load(states, p + 2 * step), load(states, p + 3 * step)
        p = j + at
        store(states, p, s0)
        store(states, p + step, fma(m13, s3, fma(m12, s2, fma(m11, s1, mul(m10, s0)))))
        store(states, p + 2 * step, fma(m23, s3, fma(m22, s2, fma(m21, s1, mul(m20, s0)))))
        store(states, p + 3 * step, fma(m33, s3, fma(m32, s2, fma(m31, s1, mul(m30, s0)))))


@INNER
def apply_run_transposed(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = Mᵀ · state i on one qubit."""
    w = width(states)
    m10, m11, m12, m13 = load(m, k), load(m, k + w), load(m, k + 2 * w), load(m, k + 3 * w)
    m20, m21, m22, m23 = load(m, k + 4 * w), load(m, k + 5 * w), load(m, k + 6 * w), load(m, k + 7 * w)
    m30, m31, m32, m33 = load(m, k + 8 * w), load(m, k + 9 * w), load(m, k + 10 * w), load(m, k + 11 * w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        p = i + at
        s0, s1 = load(states, p), load(states, p + step)
        s2, s3 = load(states, p + 2 * step), load(states, p + 3 * step)
        p = j + at
        store(states, p, fma(m30, s3, fma(m20, s2, fma(m10, s1, s0))))
        store(states, p + step, fma(m31, s3, fma(m21, s2, mul(m11, s1))))
        store(states, p + 2 * step, fma(m32, s3, fma(m22, s2, mul(m12, s1))))
        store(states, p + 3 * step, fma(m33, s3, fma(m23, s2, mul(m13, s1))))


@INNER
def collect_run(states: Floats, i: int, j: int, d: Floats, k: int, qubit: int, n: int) -> None:
    """`D_rc += Σ (state i)_r (state j)_c` over the other qubits' strings; rows 1–3 of D at `d[k:]`."""
    w = width(states)
    d10, d11, d12, d13 = load(d, k), load(d, k + w), load(d, k + 2 * w), load(d, k + 3 * w)
    d20, d21, d22, d23 = load(d, k + 4 * w), load(d, k + 5 * w), load(d, k + 6 * w), load(d, k + 7 * w)
    d30, d31, d32, d33 = load(d, k + 8 * w), load(d, k + 9 * w), load(d, k + 10 * w), load(d, k + 11 * w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        p, q = i + at, j + at
        r0, r1 = load(states, q), load(states, q + step)
        r2, r3 = load(states, q + 2 * step), load(states, q + 3 * step)
        x = load(states, p + step)
        d10, d11, d12, d13 = fma(x, r0, d10), fma(x, r1, d11), fma(x, r2, d12), fma(x, r3, d13)
        x = load(states, p + 2 * step)
        d20, d21, d22, d23 = fma(x, r0, d20), fma(x, r1, d21), fma(x, r2, d22), fma(x, r3, d23)
        x = load(states, p + 3 * step)
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


# Two-qubit operations. `t[base:]` holds the offsets of the strings with I on both qubits.


@INNER
def apply_permutation(
    states: Floats, i: int, j: int, t: Ints, at: int, base: int, f: Floats, k: int, n: int
) -> None:
    """State j = `(1 + h |Z⟩⟨I|) ⊗ (1 + g |Z⟩⟨I|) · S` · state i, S a scaled permutation of the 16 strings.

    Clifford gates with Pauli noise and thermal relaxation have this form. `t[at:]` holds the steps of the two
    qubits' digits and the offset of what S takes for each of the 16 strings; `f[k:]` the 16 scales and g, h
    as registers (g for the first qubit).
    """
    w = width(states)
    step_a, step_b = peek(t, at), peek(t, at + 1)
    at += 2
    g, h = load(f, k + 16 * w), load(f, k + 17 * w)
    for b in range(base, base + (1 << (2 * n - 4))):
        p, q = i + peek(t, b), j + peek(t, b)
        x0 = mul(load(f, k + 0 * w), load(states, p + peek(t, at + 0)))
        x1 = mul(load(f, k + 1 * w), load(states, p + peek(t, at + 1)))
        x2 = mul(load(f, k + 2 * w), load(states, p + peek(t, at + 2)))
        x3 = mul(load(f, k + 3 * w), load(states, p + peek(t, at + 3)))
        x3 = fma(g, x0, x3)
        store(states, q, x0)
        store(states, q + step_a, x1)
        store(states, q + 2 * step_a, x2)
        store(states, q + 3 * step_a, x3)
        y0 = mul(load(f, k + 4 * w), load(states, p + peek(t, at + 4)))
        y1 = mul(load(f, k + 5 * w), load(states, p + peek(t, at + 5)))
        y2 = mul(load(f, k + 6 * w), load(states, p + peek(t, at + 6)))
        y3 = mul(load(f, k + 7 * w), load(states, p + peek(t, at + 7)))
        y3 = fma(g, y0, y3)
        q += step_b
        store(states, q, y0)
        store(states, q + step_a, y1)
        store(states, q + 2 * step_a, y2)
        store(states, q + 3 * step_a, y3)
        y0 = mul(load(f, k + 8 * w), load(states, p + peek(t, at + 8)))
        y1 = mul(load(f, k + 9 * w), load(states, p + peek(t, at + 9)))
        y2 = mul(load(f, k + 10 * w), load(states, p + peek(t, at + 10)))
        y3 = mul(load(f, k + 11 * w), load(states, p + peek(t, at + 11)))
        y3 = fma(g, y0, y3)
        q += step_b
        store(states, q, y0)
        store(states, q + step_a, y1)
        store(states, q + 2 * step_a, y2)
        store(states, q + 3 * step_a, y3)
        y0 = mul(load(f, k + 12 * w), load(states, p + peek(t, at + 12)))
        y1 = mul(load(f, k + 13 * w), load(states, p + peek(t, at + 13)))
        y2 = mul(load(f, k + 14 * w), load(states, p + peek(t, at + 14)))
        y3 = mul(load(f, k + 15 * w), load(states, p + peek(t, at + 15)))
        y3 = fma(g, y0, y3)
        y0, y1, y2, y3 = fma(h, x0, y0), fma(h, x1, y1), fma(h, x2, y2), fma(h, x3, y3)
        q += step_b
        store(states, q, y0)
        store(states, q + step_a, y1)
        store(states, q + 2 * step_a, y2)
        store(states, q + 3 * step_a, y3)


@INNER
def apply_permutation_transposed(
    states: Floats, i: int, j: int, t: Ints, at: int, base: int, f: Floats, k: int, n: int
) -> None:
    """The transpose of `apply_permutation`."""
    w = width(states)
    step_a, step_b = peek(t, at), peek(t, at + 1)
    at += 2
    g, h = load(f, k + 16 * w), load(f, k + 17 * w)
    for b in range(base, base + (1 << (2 * n - 4))):
        p, q = i + peek(t, b), j + peek(t, b)
        row = p + 3 * step_b
        z0 = load(states, row)
        z1 = load(states, row + step_a)
        z2 = load(states, row + 2 * step_a)
        z3 = load(states, row + 3 * step_a)
        store(states, q + peek(t, at + 12), mul(load(f, k + 12 * w), fma(g, z3, z0)))
        store(states, q + peek(t, at + 13), mul(load(f, k + 13 * w), z1))
        store(states, q + peek(t, at + 14), mul(load(f, k + 14 * w), z2))
        store(states, q + peek(t, at + 15), mul(load(f, k + 15 * w), z3))
        row = p
        z0 = fma(h, z0, load(states, row))
        z1 = fma(h, z1, load(states, row + step_a))
        z2 = fma(h, z2, load(states, row + 2 * step_a))
        z3 = fma(h, z3, load(states, row + 3 * step_a))
        store(states, q + peek(t, at + 0), mul(load(f, k + 0 * w), fma(g, z3, z0)))
        store(states, q + peek(t, at + 1), mul(load(f, k + 1 * w), z1))
        store(states, q + peek(t, at + 2), mul(load(f, k + 2 * w), z2))
        store(states, q + peek(t, at + 3), mul(load(f, k + 3 * w), z3))
        row = p + step_b
        z0 = load(states, row)
        z1 = load(states, row + step_a)
        z2 = load(states, row + 2 * step_a)
        z3 = load(states, row + 3 * step_a)
        store(states, q + peek(t, at + 4), mul(load(f, k + 4 * w), fma(g, z3, z0)))
        store(states, q + peek(t, at + 5), mul(load(f, k + 5 * w), z1))
        store(states, q + peek(t, at + 6), mul(load(f, k + 6 * w), z2))
        store(states, q + peek(t, at + 7), mul(load(f, k + 7 * w), z3))
        row = p + 2 * step_b
        z0 = load(states, row)
        z1 = load(states, row + step_a)
        z2 = load(states, row + 2 * step_a)
        z3 = load(states, row + 3 * step_a)
        store(states, q + peek(t, at + 8), mul(load(f, k + 8 * w), fma(g, z3, z0)))
        store(states, q + peek(t, at + 9), mul(load(f, k + 9 * w), z1))
        store(states, q + peek(t, at + 10), mul(load(f, k + 10 * w), z2))
        store(states, q + peek(t, at + 11), mul(load(f, k + 11 * w), z3))


@INNER
def apply_sparse(
    states: Floats, i: int, j: int, t: Ints, at: int, base: int, f: Floats, k: int, n: int
) -> None:
    """State j = R · state i for any sparse two-qubit matrix.

    `t[at:]` holds the offsets of the 16 strings, 17 row starts, then the offset of each non-zero's string;
    `f[k:]` the non-zeros, a register each.
    """
    w = width(states)
    end = base + (1 << (2 * n - 4))
    for row in range(16):
        first, last = peek(t, at + 16 + row), peek(t, at + 17 + row)
        to = j + peek(t, at + row)
        if first == last:
            for b in range(base, end):
                store(states, to + peek(t, b), fill(states, 0))
            continue
        v0, c0 = load(f, k + first * w), i + peek(t, at + 33 + first)
        if last - first == 1:
            for b in range(base, end):
                store(states, to + peek(t, b), mul(v0, load(states, c0 + peek(t, b))))
            continue
        v1, c1 = load(f, k + (first + 1) * w), i + peek(t, at + 34 + first)
        for b in range(base, end):
            p = peek(t, b)
            store(states, to + p, fma(v1, load(states, c1 + p), mul(v0, load(states, c0 + p))))
        for e in range(first + 2, last):
            v0, c0 = load(f, k + e * w), i + peek(t, at + 33 + e)
            for b in range(base, end):
                p = peek(t, b)
                store(states, to + p, fma(v0, load(states, c0 + p), load(states, to + p)))


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
