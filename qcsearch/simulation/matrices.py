"""The compiled building of fused one-qubit matrices from angles, and the way back.

Between two-qubit gates everything on one qubit is one matrix, a product of *segments* and turns by data:
`M(x) = S_k R(φ_k) … S_1 R(φ_1) S_0`. A segment is a product of constant matrices and of turns by shared
angles (no feature in them); it is built once a step. One turn by data between two segments is a *factor*, and
it is linear in the cosine and the sine of its angle, `F(φ) = A + B cos φ + C sin φ` with shared A, B, C, so
that a factor costs 24 multiply-adds a sample.

Turns are `exp(-i θ P / 2)`: about P they mix the two other Pauli components, `p' = c p − s q`, `q' = s p + c
q`.
"""

from __future__ import annotations

from math import cos, sin
from typing import NamedTuple

import numpy as np
from numba import njit

from qcsearch.simulation.kernels import Floats, Ints
from qcsearch.simulation.lanes import fma, load, mul, splat, store, total, width
from qcsearch.simulation.sweep import Gradients, Matrices

__all__ = ["Recipe", "Step", "bind", "bind_samples", "collect", "collect_samples"]


class Recipe(NamedTuple):
    """How the matrices of a circuit are made; numbers of angles, weights and features.

    Attributes:
        segment_start: `(n_segments + 1,)`: where the elements of each segment begin.
        element_axis: 0 for a constant matrix, 1 2 3 for a turn about X Y Z.
        element_index: of the constant, or of the shared angle.
        constants: `(n_constants, 4, 4)`.
        factors: `(n_factors, 4)`: left segment, right segment, axis, sample angle.
        sample_run_start: `(n_sample_runs + 1,)`: where the factors of each run begin.
        angle_constants: `(n_angles,)`, radians.
        terms: `(n_terms, 2)`: shared angle, weight.
        term_coefficients: `(n_terms,)`.
        sample_angle_constants: `(n_sample_angles,)`, radians.
        sample_terms: `(n_sample_terms, 3)`: sample angle, weight or -1, feature or -1; in the order of the
            angles.
        sample_term_coefficients: `(n_sample_terms,)`.
    """

    segment_start: Ints
    element_axis: Ints
    element_index: Ints
    constants: Floats
    factors: Ints
    sample_run_start: Ints
    angle_constants: Floats
    terms: Ints
    term_coefficients: Floats
    sample_angle_constants: Floats
    sample_terms: Ints
    sample_term_coefficients: Floats


class Step(NamedTuple):
    """The shared numbers of one step, in float64.

    Attributes:
        partial: `(n_elements, 4, 4)`: the product of a segment up to and with each element.
        segments: `(n_segments, 4, 4)`.
        cosines: `(n_angles,)`.
        sines: `(n_angles,)`.
        factors: rows 1–3 of A, B, C in all lanes, flat `(n_factors, 3, 12)` registers.
        scales: `(n_sample_terms,)`: coefficient times weight.
    """

    partial: Floats
    segments: Floats
    cosines: Floats
    sines: Floats
    factors: Floats
    scales: Floats


@njit(nogil=True, cache=True)
def bind(r: Recipe, weights: Floats, step: Step, runs: Floats) -> None:
    """Fill `step` and the shared matrices `runs` for these weights."""
    angles = r.angle_constants.copy()
    for k in range(len(r.terms)):
        angles[r.terms[k, 0]] += r.term_coefficients[k] * weights[r.terms[k, 1]]
    for k in range(angles.size):
        step.cosines[k], step.sines[k] = cos(angles[k]), sin(angles[k])
    for k in range(len(r.sample_terms)):
        weight = r.sample_terms[k, 1]
        step.scales[k] = r.sample_term_coefficients[k] * (weights[weight] if weight >= 0 else 1.0)
    w = width(runs)
    for k in range(len(step.segments)):
        _build_segment(r, step, k)
        for row in range(3):
            for column in range(4):
                at = (k * 12 + row * 4 + column) * w
                for lane in range(w):
                    runs[at + lane] = step.segments[k, row + 1, column]
    for k in range(len(r.factors)):
        _build_factor(r, step, k)


@njit(nogil=True, cache=True)
def _build_segment(r: Recipe, step: Step, k: int) -> None:
    product = step.segments[k]
    product[:] = np.eye(4)
    for e in range(r.segment_start[k], r.segment_start[k + 1]):
        axis, index = r.element_axis[e], r.element_index[e]
        if axis:
            p, q = axis % 3 + 1, (axis + 1) % 3 + 1
            c, s = step.cosines[index], step.sines[index]
            for column in range(4):
                x, y = product[p, column], product[q, column]
                product[p, column] = c * x - s * y
                product[q, column] = s * x + c * y
        else:
            constant = r.constants[index]
            for column in range(4):
                x0, x1, x2, x3 = (
                    product[0, column],
                    product[1, column],
                    product[2, column],
                    product[3, column],
                )
                for row in range(1, 4):
                    product[row, column] = (
                        constant[row, 0] * x0
                        + constant[row, 1] * x1
                        + constant[row, 2] * x2
                        + constant[row, 3] * x3
                    )
        step.partial[e] = product


@njit(nogil=True, cache=True)
def _build_factor(r: Recipe, step: Step, k: int) -> None:
    """A, B, C of `L R(φ) S`: B = L_p S_p + L_q S_q, C = L_q S_p − L_p S_q (columns of L, rows of S), A the rest."""
    left, right, axis = step.segments[r.factors[k, 0]], step.segments[r.factors[k, 1]], r.factors[k, 2]
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    w = width(step.factors)
    for row in range(1, 4):
        for column in range(4):
            a = left[row, 0] * right[0, column] + left[row, axis] * right[axis, column]
            b = left[row, p] * right[p, column] + left[row, q] * right[q, column]
            c = left[row, q] * right[p, column] - left[row, p] * right[q, column]
            at = (k * 36 + row * 4 - 4 + column) * w
            for lane in range(w):
                step.factors[at + lane] = a
                step.factors[at + 12 * w + lane] = b
                step.factors[at + 24 * w + lane] = c


@njit(nogil=True, cache=True)
def bind_samples(r: Recipe, step: Step, features: Floats, m: Matrices) -> None:
    """Fill the sample angles and matrices; `features` is flat `(n_blocks, n_features)` registers."""
    w = width(features)
    n_angles = r.sample_angle_constants.size
    n_blocks = m.sample_cosines.size // (n_angles * w)
    n_features = features.size // (n_blocks * w)
    work = np.empty(24 * w, features.dtype)
    for block in range(n_blocks):
        at = block * n_angles * w
        for k in range(n_angles):
            for lane in range(w):
                m.sample_cosines[at + k * w + lane] = r.sample_angle_constants[k]
        for k in range(len(r.sample_terms)):
            angle, feature = at + r.sample_terms[k, 0] * w, r.sample_terms[k, 2]
            for lane in range(w):
                x = features[(block * n_features + feature) * w + lane] if feature >= 0 else 1.0
                m.sample_cosines[angle + lane] += step.scales[k] * x
        for k in range(at, at + n_angles * w):
            m.sample_sines[k] = sin(m.sample_cosines[k])
            m.sample_cosines[k] = cos(m.sample_cosines[k])
        for k in range(r.sample_run_start.size - 1):
            _build_sample_run(r, step, m, block, k, work)


@njit(nogil=True, cache=True)
def _build_sample_run(r: Recipe, step: Step, m: Matrices, block: int, k: int, work: Floats) -> None:
    w = width(work)
    to = (block * (r.sample_run_start.size - 1) + k) * 12 * w
    first, last = r.sample_run_start[k], r.sample_run_start[k + 1]
    _factor(r, step, m, block, first, m.sample_runs, to)
    for f in range(first + 1, last):
        _factor(r, step, m, block, f, work, 0)
        _multiply(work, 0, m.sample_runs, to, work, 12 * w)
        for i in range(12 * w):
            m.sample_runs[to + i] = work[12 * w + i]


@njit(nogil=True, cache=True)
def _factor(r: Recipe, step: Step, m: Matrices, block: int, f: int, out: Floats, to: int) -> None:
    """Rows 1–3 of `A + B cos φ + C sin φ` of factor `f`, for one block of samples."""
    w = width(out)
    at = (block * r.sample_angle_constants.size + r.factors[f, 3]) * w
    c, s = load(m.sample_cosines, at), load(m.sample_sines, at)
    abc = f * 36 * w
    for i in range(12):
        at = abc + i * w
        a, b, d = load(step.factors, at), load(step.factors, at + 12 * w), load(step.factors, at + 24 * w)
        store(out, to + i * w, fma(d, s, fma(b, c, a)))


@njit(nogil=True, cache=True)
def _multiply(a: Floats, i: int, b: Floats, j: int, out: Floats, k: int) -> None:
    """Rows 1–3 of the product of two matrices whose row 0 is (1, 0, 0, 0)."""
    w = width(out)
    for row in range(0, 12, 4):
        x0, x1 = load(a, i + row * w), load(a, i + (row + 1) * w)
        x2, x3 = load(a, i + (row + 2) * w), load(a, i + (row + 3) * w)
        for column in range(4):
            y1, y2, y3 = load(b, j + column * w), load(b, j + (column + 4) * w), load(b, j + (column + 8) * w)
            y = fma(x3, y3, fma(x2, y2, mul(x1, y1)))
            if column == 0:
                y = fma(x0, splat(a.dtype.type(1)), y)
            store(out, k + (row + column) * w, y)


@njit(nogil=True, cache=True)
def collect_samples(
    r: Recipe, step: Step, m: Matrices, g: Gradients, features: Floats, factors: Floats, scales: Floats
) -> None:
    """From cotangents of the sample matrices to those of the factors (registers) and of `step.scales` (numbers)."""
    w = width(features)
    n_angles, n_runs = r.sample_angle_constants.size, r.sample_run_start.size - 1
    n_blocks = m.sample_cosines.size // (n_angles * w)
    n_features = features.size // (n_blocks * w)
    most = 1
    for k in range(n_runs):
        most = max(most, r.sample_run_start[k + 1] - r.sample_run_start[k])
    work = np.empty((most + 3) * 12 * w, features.dtype)
    sums = np.zeros(scales.size * w, features.dtype)
    for block in range(n_blocks):
        for k in range(n_runs):
            _collect_sample_run(r, step, m, g, block, k, work, factors)
        for k in range(len(r.sample_terms)):
            feature = r.sample_terms[k, 2]
            d = load(g.sample_angles, (block * n_angles + r.sample_terms[k, 0]) * w)
            if feature >= 0:
                x = load(features, (block * n_features + feature) * w)
                store(sums, k * w, fma(d, x, load(sums, k * w)))
            else:
                store(sums, k * w, fma(d, splat(features.dtype.type(1)), load(sums, k * w)))
    for k in range(scales.size):
        scales[k] += total(load(sums, k * w))


@njit(nogil=True, cache=True)
def _collect_sample_run(
    r: Recipe, step: Step, m: Matrices, g: Gradients, block: int, k: int, work: Floats, factors: Floats
) -> None:
    """Backwards through `M = F_last … F_first`; `work` holds the products so far, one factor, two cotangents."""
    w = width(work)
    n_runs = r.sample_run_start.size - 1
    first, last = r.sample_run_start[k], r.sample_run_start[k + 1]
    at = (block * n_runs + k) * 12 * w
    if last - first == 1:
        _collect_factor(r, step, m, g, block, first, g.sample_runs, at, factors)
        return
    one, here, there = (last - first) * 12 * w, (last - first + 1) * 12 * w, (last - first + 2) * 12 * w
    _factor(r, step, m, block, first, work, 0)
    for f in range(first + 1, last):
        _factor(r, step, m, block, f, work, one)
        _multiply(work, one, work, (f - first - 1) * 12 * w, work, (f - first) * 12 * w)
    for i in range(12 * w):
        work[here + i] = g.sample_runs[at + i]
    for f in range(last - 1, first, -1):
        _multiply_transposed(work, here, work, (f - first - 1) * 12 * w, work, there)
        _collect_factor(r, step, m, g, block, f, work, there, factors)
        _factor(r, step, m, block, f, work, one)
        _transpose_multiply(work, one, work, here, work, there)
        here, there = there, here
    _collect_factor(r, step, m, g, block, first, work, here, factors)


@njit(nogil=True, cache=True)
def _multiply_transposed(d: Floats, i: int, b: Floats, j: int, out: Floats, k: int) -> None:
    """Cotangent of F in `M = F B`: `D Bᵀ`, rows 1–3, where row 0 of B is (1, 0, 0, 0)."""
    w = width(out)
    for row in range(3):
        d0, d1 = load(d, i + row * 4 * w), load(d, i + (row * 4 + 1) * w)
        d2, d3 = load(d, i + (row * 4 + 2) * w), load(d, i + (row * 4 + 3) * w)
        store(out, k + row * 4 * w, d0)
        for column in range(3):
            at = j + column * 4 * w
            b0, b1, b2, b3 = load(b, at), load(b, at + w), load(b, at + 2 * w), load(b, at + 3 * w)
            store(out, k + (row * 4 + column + 1) * w, fma(d3, b3, fma(d2, b2, fma(d1, b1, mul(d0, b0)))))


@njit(nogil=True, cache=True)
def _transpose_multiply(a: Floats, i: int, d: Floats, j: int, out: Floats, k: int) -> None:
    """Cotangent of B in `M = F B`: `Fᵀ D`, rows 1–3."""
    w = width(out)
    for row in range(3):
        a1, a2, a3 = load(a, i + (row + 1) * w), load(a, i + (row + 5) * w), load(a, i + (row + 9) * w)
        for column in range(4):
            at = j + column * w
            d1, d2, d3 = load(d, at), load(d, at + 4 * w), load(d, at + 8 * w)
            store(out, k + (row * 4 + column) * w, fma(a3, d3, fma(a2, d2, mul(a1, d1))))


@njit(nogil=True, cache=True)
def _collect_factor(
    r: Recipe, step: Step, m: Matrices, g: Gradients, block: int, f: int, d: Floats, at: int, factors: Floats
) -> None:
    """`dA += D`, `dB += D cos φ`, `dC += D sin φ`, `dφ += Σ D (C cos φ − B sin φ)`; D at `d[at:]`."""
    w = width(d)
    angle = (block * r.sample_angle_constants.size + r.factors[f, 3]) * w
    c, s = load(m.sample_cosines, angle), load(m.sample_sines, angle)
    one, minus = splat(d.dtype.type(1)), mul(s, splat(d.dtype.type(-1)))
    sum_b, sum_c = splat(d.dtype.type(0)), splat(d.dtype.type(0))
    for i in range(12):
        x = load(d, at + i * w)
        to = (f * 36 + i) * w
        store(factors, to, fma(x, one, load(factors, to)))
        store(factors, to + 12 * w, fma(x, c, load(factors, to + 12 * w)))
        store(factors, to + 24 * w, fma(x, s, load(factors, to + 24 * w)))
        sum_b = fma(x, load(step.factors, to + 12 * w), sum_b)
        sum_c = fma(x, load(step.factors, to + 24 * w), sum_c)
    store(g.sample_angles, angle, fma(sum_b, minus, fma(sum_c, c, load(g.sample_angles, angle))))


@njit(nogil=True, cache=True)
def collect(
    r: Recipe, step: Step, runs: Floats, angles: Floats, factors: Floats, scales: Floats, out: Floats
) -> None:
    """From cotangents (registers of shared runs, shared angles and factors; numbers of scales) to the weights' gradient."""
    w = width(runs)
    d_segments = np.zeros((len(step.segments), 4, 4))
    d_angles = np.zeros(step.cosines.size)
    for k in range(len(d_segments)):
        for i in range(12):
            d_segments[k, i // 4 + 1, i % 4] = total(load(runs, (k * 12 + i) * w))
    for k in range(d_angles.size):
        d_angles[k] = total(load(angles, k * w))
    for k in range(len(r.factors)):
        _collect_shared_factor(r, step, k, factors, d_segments)
    for k in range(len(d_segments)):
        _collect_segment(r, step, k, d_segments[k], d_angles)
    for k in range(len(r.terms)):
        out[r.terms[k, 1]] += r.term_coefficients[k] * d_angles[r.terms[k, 0]]
    for k in range(len(r.sample_terms)):
        if r.sample_terms[k, 1] >= 0:
            out[r.sample_terms[k, 1]] += r.sample_term_coefficients[k] * scales[k]


@njit(nogil=True, cache=True)
def _collect_shared_factor(r: Recipe, step: Step, k: int, factors: Floats, d_segments: Floats) -> None:
    w = width(factors)
    left, right, axis = step.segments[r.factors[k, 0]], step.segments[r.factors[k, 1]], r.factors[k, 2]
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    d_left, d_right = d_segments[r.factors[k, 0]], d_segments[r.factors[k, 1]]
    for row in range(1, 4):
        for column in range(4):
            at = (k * 36 + row * 4 - 4 + column) * w
            a = total(load(factors, at))
            b, c = total(load(factors, at + 12 * w)), total(load(factors, at + 24 * w))
            d_left[row, 0] += a * right[0, column]
            d_left[row, axis] += a * right[axis, column]
            d_left[row, p] += b * right[p, column] - c * right[q, column]
            d_left[row, q] += b * right[q, column] + c * right[p, column]
            d_right[axis, column] += a * left[row, axis]
            d_right[p, column] += b * left[row, p] + c * left[row, q]
            d_right[q, column] += b * left[row, q] - c * left[row, p]


@njit(nogil=True, cache=True)
def _collect_segment(r: Recipe, step: Step, k: int, d: Floats, d_angles: Floats) -> None:
    """Backwards through one product; `d` is the cotangent and is used up."""
    for e in range(r.segment_start[k + 1] - 1, r.segment_start[k] - 1, -1):
        axis, index = r.element_axis[e], r.element_index[e]
        if axis:
            after = step.partial[e]
            p, q = axis % 3 + 1, (axis + 1) % 3 + 1
            c, s = step.cosines[index], step.sines[index]
            for column in range(4):
                x, y = d[p, column], d[q, column]
                d_angles[index] += y * after[p, column] - x * after[q, column]
                d[p, column] = c * x + s * y
                d[q, column] = c * y - s * x
        else:
            constant = r.constants[index]
            for column in range(4):
                x1, x2, x3 = d[1, column], d[2, column], d[3, column]
                for row in range(1, 4):
                    d[row, column] = constant[1, row] * x1 + constant[2, row] * x2 + constant[3, row] * x3
