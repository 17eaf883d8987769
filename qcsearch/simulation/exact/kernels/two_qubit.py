"""The compiled loops of operations on two qubits: constant matrices, and rotations about Pauli strings.

An operation acts on *groups* of strings that differ on its own qubits only. `t[g:]` holds how many offsets of groups
follow of the higher and of the lower qubits, those of the lower, those of the higher; a group is at the sum of two.
Arguments stand for the same as in `one_qubit`. The offsets of an operation are read once for all lower groups, and its
factors stay in the processor's registers through the innermost loop, which runs over the lower groups.
"""

from __future__ import annotations

from typing import Any

from qcsearch.simulation.exact.kernels.jit import INNER, Floats, Ints, load_four, store_four
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, mul, peek, store, width

__all__ = [
    "apply_permutation",
    "apply_permutation_transposed",
    "apply_rotation",
    "apply_sparse",
    "collect_rotation",
]


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
    h0, h1, h2, h3 = load_four(f, k + 20 * w, w)
    c = load(f, k + 24 * w)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        for digit in range(4):  # of the second qubit; Z comes last and takes from I
            o = at + 2 + 4 * digit
            to, o0, o1 = after + digit * row, before + peek(t, o), before + peek(t, o + 1)
            o2, o3 = before + peek(t, o + 2), before + peek(t, o + 3)
            f0, f1, f2, f3 = load_four(f, k + 4 * digit * w, w)
            gain = load(f, k + (16 + digit) * w)
            for low in range(lows, highs):
                p = peek(t, low)
                y0, y1 = mul(f0, load(states, o0 + p)), mul(f1, load(states, o1 + p))
                y2, y3 = mul(f2, load(states, o2 + p)), mul(f3, load(states, o3 + p))
                y3 = fma(gain, y0, y3)
                if digit == 3:  # relaxation of the second qubit: Z takes from what the first round made of I
                    x0, x1, x2, x3 = load_four(states, after + p, step)
                    y0, y1, y2 = fma(h0, x0, y0), fma(h1, x1, y1), fma(h2, x2, y2)
                    y3 = fma(c, x0, fma(h3, x3, y3))
                store_four(states, to + p, step, y0, y1, y2, y3)


@INNER
def apply_permutation_transposed(
    states: Floats, i: int, j: int, t: Ints, at: int, g: int, f: Floats, k: int
) -> None:
    """The transpose of `apply_permutation`."""
    w = width(states)
    step, row = peek(t, at), peek(t, at + 1)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    h0, h1, h2, h3 = load_four(f, k + 20 * w, w)
    c = load(f, k + 24 * w)
    for high in range(highs, highs + peek(t, g)):
        before, after = i + peek(t, high), j + peek(t, high)
        for digit in range(4):
            o = at + 2 + 4 * digit
            o0, o1 = after + peek(t, o), after + peek(t, o + 1)
            o2, o3 = after + peek(t, o + 2), after + peek(t, o + 3)
            f0, f1, f2, f3 = load_four(f, k + 4 * digit * w, w)
            gain = load(f, k + (16 + digit) * w)
            for low in range(lows, highs):
                p = peek(t, low)
                y0, y1, y2, y3 = load_four(states, before + digit * row + p, step)
                if digit == 0:  # the transpose of that: I takes from Z
                    x0, x1, x2, x3 = load_four(states, before + 3 * row + p, step)
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
            f0, f1, f2, f3 = load_four(f, m, w)
            for low in range(lows, highs):
                p = peek(t, low)
                y = fma(f1, load(states, o1 + p), mul(f0, load(states, o0 + p)))
                y = fma(f3, load(states, o3 + p), fma(f2, load(states, o2 + p), y))
                if more:  # the row has begun before, with another four
                    y = fma(fill(states, 1), load(states, to + p), y)
                store(states, to + p, y)
            o += 6
            m += 4 * w


@INNER
def apply_rotation(
    states: Floats, i: int, j: int, t: Ints, at: int, size: int, g: int, c: Any, s: Any
) -> None:
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
                x = load(
                    states, i + (own + p if own >= 0 else size)
                )  # a register of zeros lies behind the state
                if k < plus + less:
                    x = fma(sine, load(states, i + (other + p if other >= 0 else size)), mul(c, x))
                store(states, j + to + p, x)


@INNER
def collect_rotation(
    states: Floats, i: int, j: int, d: Floats, k: int, t: Ints, at: int, size: int, g: int, c: Any, s: Any
) -> None:
    """`d += Σ (state i)_y (∂y/∂θ)` over what `apply_rotation` makes of state j."""
    sine = mul(s, fill(states, -1))
    minus = mul(c, fill(states, -1))
    plus, moved = peek(t, at), peek(t, at) + peek(t, at + 1)
    lows = g + 2
    highs = lows + peek(t, g + 1)
    total = load(d, k)
    for m in range(moved):
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
