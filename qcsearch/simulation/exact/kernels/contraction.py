"""The compiled way from known states to values, and back to effective states.

A known state is a product of two factors, `state[h, l] = high[h] low[l]`, in *coordinates*: its Pauli strings, or
fewer numbers of which they are linear functions, qubit by qubit. Observables are brought into these coordinates once
a step. Arrays of samples hold a sample a row.
"""

from __future__ import annotations

from qcsearch.simulation.exact.kernels.jit import INNER, KERNEL, ZERO, Floats, Ints
from qcsearch.simulation.exact.kernels.records import Change, Plain
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, mul, peek, store, width

__all__ = ["add_effective_states", "known_values", "to_coordinates", "to_strings"]


@KERNEL
def to_coordinates(change: Plain, observables: Floats, out: Floats) -> None:
    """Observables from strings to coordinates, a register of observables after the other."""
    change = Change(*change)
    size, support, plan, work = change.size, change.support, change.plan, change.work
    w = width(observables)
    half = support.size * w
    registers = observables.size // size
    for register in range(registers):
        for k in range(support.size):
            store(work, k * w, load(observables, register * size + peek(support, k)))
        at, to, count = ZERO, ZERO + half, support.size * w
        for step in range(0, plan.size, 5):
            _change(work, at, to, plan, step, change.maps, True)
            at, to = to, at
            count = count // peek(plan, step + 1) * peek(plan, step + 2)
        for k in range(0, count, w):
            store(out, register * count + k, load(work, at + k))


@KERNEL
def to_strings(change: Plain, coordinates: Floats, out: Floats) -> None:
    """The transpose of `to_coordinates`, for effective states; written to `out` on the support."""
    change = Change(*change)
    size, support, plan, work = change.size, change.support, change.plan, change.work
    w = width(coordinates)
    half = support.size * w
    registers = out.size // size
    count = coordinates.size // registers
    for register in range(registers):
        for k in range(0, count, w):
            store(work, k, load(coordinates, register * count + k))
        at, to = ZERO, ZERO + half
        for step in range(plan.size - 5, -1, -5):
            _change(work, at, to, plan, step, change.maps, False)
            at, to = to, at
        for k in range(support.size):
            store(out, register * size + peek(support, k), load(work, at + k * w))


@INNER
def _change(work: Floats, at: int, to: int, plan: Ints, step: int, maps: Floats, forwards: bool) -> None:
    """One qubit's digits: `out[o, c, i] = Σ_d map[d, c] in[o, d, i]`, or with the map transposed."""
    w = width(work)
    outer, rows, columns = peek(plan, step), peek(plan, step + 1), peek(plan, step + 2)
    inner, m = peek(plan, step + 3) * w, peek(plan, step + 4)
    by_row, by_column = columns, 1
    if not forwards:
        rows, columns = columns, rows
        by_row, by_column = 1, rows
    for o in range(outer):
        source = at + o * rows * inner
        for c in range(columns):
            for i in range(0, inner, w):
                y = mul(fill(work, peek(maps, m + c * by_column)), load(work, source + i))
                for d in range(1, rows):
                    factor = fill(work, peek(maps, m + d * by_row + c * by_column))
                    y = fma(factor, load(work, source + d * inner + i), y)
                store(work, to + (o * columns + c) * inner + i, y)


@KERNEL
def known_values(
    low: Floats, n_low: int, high: Floats, n_high: int, observables: Floats, found: Floats, row: int
) -> None:
    """`found[s, o] = Σ_hl high[s, h] low[s, l] observables[h, l, o]`.

    Four samples at a time, because each of the observables that is loaded then serves four multiply-adds.

    Args:
        low: `(n_samples, n_low)`, flat: the factor of the lower qubits.
        n_low: its numbers a sample.
        high: `(n_samples, n_high)`, flat: the factor of the higher qubits.
        n_high: its numbers a sample.
        observables: registers `(n_registers, n_high, n_low)`, flat.
        found: `(n_samples, row)`, flat; written.
        row: observables, filled up to whole registers.
    """
    w = width(observables)
    n_rows = found.size // row
    strings = n_high * n_low * w
    last = n_rows - 1
    for s in range(0, n_rows, 4):
        s1, s2, s3 = min(s + 1, last), min(s + 2, last), min(s + 3, last)
        for part in range(0, row, w):
            at = part // w * strings
            zero = fill(observables, 0)
            v0, v1, v2, v3 = zero, zero, zero, zero
            for h in range(n_high):
                a0, a1, a2, a3 = zero, zero, zero, zero
                for k in range(n_low):
                    o = load(observables, at)
                    at += w
                    a0 = fma(fill(observables, peek(low, s * n_low + k)), o, a0)
                    a1 = fma(fill(observables, peek(low, s1 * n_low + k)), o, a1)
                    a2 = fma(fill(observables, peek(low, s2 * n_low + k)), o, a2)
                    a3 = fma(fill(observables, peek(low, s3 * n_low + k)), o, a3)
                v0 = fma(fill(observables, peek(high, s * n_high + h)), a0, v0)
                v1 = fma(fill(observables, peek(high, s1 * n_high + h)), a1, v1)
                v2 = fma(fill(observables, peek(high, s2 * n_high + h)), a2, v2)
                v3 = fma(fill(observables, peek(high, s3 * n_high + h)), a3, v3)
            store(found, s * row + part, v0)
            store(found, s1 * row + part, v1)
            store(found, s2 * row + part, v2)
            store(found, s3 * row + part, v3)


@KERNEL
def add_effective_states(
    low: Floats, n_low: int, high: Floats, n_high: int, cotangent: Floats, row: int, effective: Floats
) -> None:
    """`effective[h, l, o] += Σ_s high[s, h] low[s, l] cotangent[s, o]`.

    Four samples at a time, so that each number of `effective` is loaded and stored once for four.

    Args:
        low: as for `known_values`.
        n_low: likewise.
        high: likewise.
        n_high: likewise.
        cotangent: `(n_samples, row)`, flat.
        row: observables, filled up to whole registers.
        effective: registers `(n_registers, n_high, n_low)`, flat; added to.
    """
    w = width(effective)
    n_rows = cotangent.size // row
    strings = n_high * n_low * w
    for s in range(0, n_rows, 4):
        for part in range(0, row, w):
            at = part // w * strings
            zero = fill(effective, 0)
            c0, c1, c2, c3 = load(cotangent, s * row + part), zero, zero, zero
            s1, s2, s3 = s, s, s
            if s + 1 < n_rows:
                s1, c1 = s + 1, load(cotangent, (s + 1) * row + part)
            if s + 2 < n_rows:
                s2, c2 = s + 2, load(cotangent, (s + 2) * row + part)
            if s + 3 < n_rows:
                s3, c3 = s + 3, load(cotangent, (s + 3) * row + part)
            for h in range(n_high):
                a0 = mul(fill(effective, peek(high, s * n_high + h)), c0)
                a1 = mul(fill(effective, peek(high, s1 * n_high + h)), c1)
                a2 = mul(fill(effective, peek(high, s2 * n_high + h)), c2)
                a3 = mul(fill(effective, peek(high, s3 * n_high + h)), c3)
                for k in range(n_low):
                    e = load(effective, at)
                    e = fma(fill(effective, peek(low, s * n_low + k)), a0, e)
                    e = fma(fill(effective, peek(low, s1 * n_low + k)), a1, e)
                    e = fma(fill(effective, peek(low, s2 * n_low + k)), a2, e)
                    e = fma(fill(effective, peek(low, s3 * n_low + k)), a3, e)
                    store(effective, at, e)
                    at += w
