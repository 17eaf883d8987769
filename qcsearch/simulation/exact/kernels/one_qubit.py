"""The compiled loops of operations on one qubit: apply, apply the transpose, collect the gradient.

An operation acts on *groups* of strings that differ on its own qubits only. `t[g:]` holds how many offsets of groups
follow of the higher and of the lower qubits, those of the lower, those of the higher; a group is at the sum of two.
Where all strings are there before and after an operation, 0 stands instead, the qubit, and how many qubits there are.

The functions take their arguments one by one, not as records: they are the innermost loops, and each reads some of
three arrays only. `states` holds all states, i and j are the offsets where two of them begin; `m[k:]`, `f[k:]` or
`d[k:]` are the registers of a matrix or of its cotangent in `values`; `t` is `tables`, with the structure of the matrix
at `at` and the groups at `g`.
"""

from __future__ import annotations

from typing import Any

from qcsearch.simulation.exact.kernels.jit import INLINE, INNER, Floats, Ints, load_four, store_four
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, mul, peek, store, width

__all__ = [
    "apply_run",
    "apply_run_partly",
    "apply_run_transposed",
    "apply_run_transposed_partly",
    "collect_run",
    "collect_run_partly",
]


@INNER
def _group(g: int, qubit: int) -> int:
    """The `g`-th Pauli string that has I on `qubit`, where all strings are there."""
    low = (1 << (2 * qubit)) - 1
    return ((g & ~low) << 2) | (g & low)


@INNER
def apply_run(states: Floats, i: int, j: int, m: Floats, k: int, qubit: int, n: int) -> None:
    """State j = M · state i on one of n qubits; `m[k:]` holds rows 1–3 of M, row 0 is (1, 0, 0, 0)."""
    w = width(states)
    m10, m11, m12, m13 = load_four(m, k, w)
    m20, m21, m22, m23 = load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = load_four(m, k + 8 * w, w)
    step = w << (
        2 * qubit
    )  # from I to X, X to Y, Y to Z of this qubit: registers times 4 to the power of the qubit
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        s0, s1, s2, s3 = load_four(states, i + at, step)
        p = j + at
        store(states, p, s0)  # row 0 of a channel's matrix is (1, 0, 0, 0)
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
    m10, m11, m12, m13 = load_four(m, k, w)
    m20, m21, m22, m23 = load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = load_four(m, k + 8 * w, w)
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
    m10, m11, m12, m13 = load_four(m, k, w)
    m20, m21, m22, m23 = load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = load_four(m, k + 8 * w, w)
    step = w << (2 * qubit)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        s0, s1, s2, s3 = load_four(states, i + at, step)
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
    m10, m11, m12, m13 = load_four(m, k, w)
    m20, m21, m22, m23 = load_four(m, k + 4 * w, w)
    m30, m31, m32, m33 = load_four(m, k + 8 * w, w)
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
    a0, a1, a2, a3 = load_four(d, k, w)
    b0, b1, b2, b3 = load_four(d, k + 4 * w, w)
    for group in range(1 << (2 * n - 2)):
        at = _group(group, qubit) * w
        r0, r1, r2, r3 = load_four(states, j + at, step)
        u, v = load(states, i + at + step), load(states, i + at + 2 * step)
        a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
        b0, b1, b2, b3 = fma(v, r0, b0), fma(v, r1, b1), fma(v, r2, b2), fma(v, r3, b3)
    store_four(d, k, w, a0, a1, a2, a3)
    store_four(d, k + 4 * w, w, b0, b1, b2, b3)
    a0, a1, a2, a3 = load_four(d, k + 8 * w, w)
    zero = fill(states, 0)
    b0, b1, b2, b3 = zero, zero, zero, zero
    half = (1 << (2 * n - 2)) >> 1
    for group in range(half):
        at = _group(group, qubit) * w
        r0, r1, r2, r3 = load_four(states, j + at, step)
        u = load(states, i + at + 3 * step)
        a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
        at = _group(group + half, qubit) * w
        r0, r1, r2, r3 = load_four(states, j + at, step)
        u = load(states, i + at + 3 * step)
        b0, b1, b2, b3 = fma(u, r0, b0), fma(u, r1, b1), fma(u, r2, b2), fma(u, r3, b3)
    if half == 0:
        r0, r1, r2, r3 = load_four(states, j, step)
        u = load(states, i + 3 * step)
        b0, b1, b2, b3 = mul(u, r0), mul(u, r1), mul(u, r2), mul(u, r3)
    one = fill(d, 1)
    a0, a1, a2, a3 = fma(one, b0, a0), fma(one, b1, a1), fma(one, b2, a2), fma(one, b3, a3)
    store_four(d, k + 8 * w, w, a0, a1, a2, a3)


@INNER
def collect_run_partly(states: Floats, i: int, j: int, d: Floats, k: int, t: Ints, at: int, g: int) -> None:
    """`collect_run` where not all strings are there; `t` as in `apply_run_partly`."""
    x, z, wide, rows = peek(t, at), peek(t, at + 1), peek(t, at + 2), peek(t, at + 3)
    w = width(states)
    zero = fill(states, 0)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    if rows:
        a0, a1, a2, a3 = load_four(d, k, w)
        b0, b1, b2, b3 = load_four(d, k + 4 * w, w)
        for high in range(highs, highs + peek(t, g)):
            left, right = i + peek(t, high), j + peek(t, high)
            for low in range(lows, highs):
                group = peek(t, low)
                r0, r1, r2, r3 = _load_columns(states, right + group, x, z, wide, zero)
                u, v = load(states, left + group + x), load(states, left + group + 2 * x)
                a0, a1, a2, a3 = fma(u, r0, a0), fma(u, r1, a1), fma(u, r2, a2), fma(u, r3, a3)
                b0, b1, b2, b3 = fma(v, r0, b0), fma(v, r1, b1), fma(v, r2, b2), fma(v, r3, b3)
        store_four(d, k, w, a0, a1, a2, a3)
        store_four(d, k + 4 * w, w, b0, b1, b2, b3)
    a0, a1, a2, a3 = load_four(d, k + 8 * w, w)
    b0, b1, b2, b3 = zero, zero, zero, zero
    even = highs - ((highs - lows) & 1)  # two groups at a time, see `collect_run`; an odd one comes last
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
    store_four(d, k + 8 * w, w, a0, a1, a2, a3)
