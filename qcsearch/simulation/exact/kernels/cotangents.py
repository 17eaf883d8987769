"""The compiled way back through `matrices`: from cotangents of matrices to the gradient by the weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels.jit import ALLOCATING, INNER, ONE, ZERO, Floats, Ints
from qcsearch.simulation.exact.kernels.matrices import factor, matrix_product
from qcsearch.simulation.exact.kernels.records import Matrices, Plain, Recipe, Samples, SharedCotangents, Step
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, mul, store, total, width

__all__ = ["collect", "collect_samples"]


@ALLOCATING
def collect_samples(recipe: Plain, step: Plain, samples: Plain, matrices: Plain, sums: Plain) -> None:
    """From cotangents of the sample matrices to those of the factors and of the scales.

    Args:
        recipe: a `Recipe`.
        step: the `Step` that `bind` filled.
        samples: the `Samples` of the chunk.
        matrices: `Matrices` of the chunk. The cotangents of a block's matrices are read; those of its angles, which the
            two-qubit rotations may have begun, are added to.
        sums: `SharedCotangents`; the factors and scales are added to.
    """
    recipe, step, samples = Recipe(*recipe), Step(*step), Samples(*samples)
    matrices, sums = Matrices(*matrices), SharedCotangents(*sums)
    values, d_values, d_factors, d_scales = matrices.values, matrices.cotangents, sums.factors, sums.scales
    table, run_start, terms = recipe.factors, recipe.sample_run_start, recipe.sample_terms
    features = samples.features
    w = width(features)
    n_angles, n_runs = recipe.sample_angle_constants.size, run_start.size - 1
    most = ONE
    for k in range(n_runs):
        most = max(most, run_start[k + 1] - run_start[k])
    work = np.empty((most + 3) * 12 * w, features.dtype)
    totals = np.zeros(d_scales.size * w, features.dtype)
    for block in range(features.size // (samples.n_features * w)):
        at = samples.head + block * samples.stride
        for k in range(n_runs):
            d = at + (2 * n_angles + 12 * k) * w
            first, last = run_start[k], run_start[k + 1]
            if last - first == 1:
                angle = at + 2 * table[first, 3] * w
                _collect_factor(d_values, d, step.factors, d_factors, first * 36 * w, values, d_values, angle)
            else:
                _collect_run(table, first, last, step.factors, d_factors, values, d_values, at, d, work)
        for k in range(len(terms)):
            feature = terms[k, 2]
            d_angle = load(d_values, at + 2 * terms[k, 0] * w)
            x = fill(features, 1)
            if feature >= 0:
                x = load(features, (block * samples.n_features + feature) * w)
            store(totals, k * w, fma(d_angle, x, load(totals, k * w)))
    for k in range(d_scales.size):
        d_scales[k] += total(load(totals, k * w))


@INNER
def _collect_factor(
    d: Floats,
    at: int,
    factors: Floats,
    d_factors: Floats,
    f: int,
    values: Floats,
    d_values: Floats,
    angle: int,
) -> None:
    """`dA += D`, `dB += D cos φ`, `dC += D sin φ`, `dφ += Σ D (C cos φ − B sin φ)`; D at `d[at:]`."""
    w = width(d)
    c, s = load(values, angle), load(values, angle + w)
    one, minus = fill(d, 1), mul(s, fill(d, -1))
    sum_b, sum_c = fill(d, 0), fill(d, 0)
    for i in range(0, 12 * w, w):
        x = load(d, at + i)
        to = f + i
        store(d_factors, to, fma(x, one, load(d_factors, to)))
        store(d_factors, to + 12 * w, fma(x, c, load(d_factors, to + 12 * w)))
        store(d_factors, to + 24 * w, fma(x, s, load(d_factors, to + 24 * w)))
        sum_b = fma(x, load(factors, to + 12 * w), sum_b)
        sum_c = fma(x, load(factors, to + 24 * w), sum_c)
    store(d_values, angle, fma(sum_b, minus, fma(sum_c, c, load(d_values, angle))))


@INNER
def _collect_run(
    table: Ints, first: int, last: int, factors: Floats, d_factors: Floats, values: Floats, d_values: Floats,
    block: int, d: int, work: Floats,
) -> None:  # fmt: skip
    """Back through `M = F_last … F_first`; `work`: the products so far, one factor, two cotangents."""
    w = width(work)
    one, here, there = (
        (last - first) * 12 * w,
        (last - first + 1) * 12 * w,
        (last - first + 2) * 12 * w,
    )
    factor(factors, first * 36 * w, values, block + 2 * table[first, 3] * w, work, ZERO)
    for f in range(first + 1, last):
        factor(factors, f * 36 * w, values, block + 2 * table[f, 3] * w, work, one)
        matrix_product(work, one, work, (f - first - 1) * 12 * w, work, (f - first) * 12 * w)
    for i in range(12 * w):
        work[here + i] = d_values[d + i]
    for f in range(last - 1, first - 1, -1):
        angle = block + 2 * table[f, 3] * w
        if f == first:
            _collect_factor(work, here, factors, d_factors, f * 36 * w, values, d_values, angle)
            break
        _product_left(work, here, work, (f - first - 1) * 12 * w, work, there)
        _collect_factor(work, there, factors, d_factors, f * 36 * w, values, d_values, angle)
        factor(factors, f * 36 * w, values, angle, work, one)
        _product_right(work, one, work, here, work, there)
        here, there = there, here


@INNER
def _product_left(d: Floats, i: int, b: Floats, j: int, out: Floats, k: int) -> None:
    """Cotangent of F in `M = F B`: `D Bᵀ`, rows 1–3, where row 0 of B is (1, 0, 0, 0)."""
    w = width(out)
    for row in range(0, 12 * w, 4 * w):
        d0, d1 = load(d, i + row), load(d, i + row + w)
        d2, d3 = load(d, i + row + 2 * w), load(d, i + row + 3 * w)
        store(out, k + row, d0)
        for column in range(3):
            at = j + column * 4 * w
            y = fma(d1, load(b, at + w), mul(d0, load(b, at)))
            y = fma(d3, load(b, at + 3 * w), fma(d2, load(b, at + 2 * w), y))
            store(out, k + row + (column + 1) * w, y)


@INNER
def _product_right(a: Floats, i: int, d: Floats, j: int, out: Floats, k: int) -> None:
    """Cotangent of B in `M = F B`: `Fᵀ D`, rows 1–3."""
    w = width(out)
    for row in range(3):
        at = i + (row + 1) * w
        a1, a2, a3 = load(a, at), load(a, at + 4 * w), load(a, at + 8 * w)
        for column in range(0, 4 * w, w):
            at = j + column
            y = fma(
                a3,
                load(d, at + 8 * w),
                fma(a2, load(d, at + 4 * w), mul(a1, load(d, at))),
            )
            store(out, k + row * 4 * w + column, y)


@ALLOCATING
def collect(recipe: Plain, step: Plain, sums: Plain, out: Floats) -> None:
    """From cotangents of `values`, of the factors and of the scales to the gradient by the weights.

    Args:
        recipe: a `Recipe`.
        step: the `Step` that `bind` filled.
        sums: `SharedCotangents`, summed over all samples.
        out: `(n_weights,)`, added to.
    """
    recipe, step, sums = Recipe(*recipe), Step(*step), SharedCotangents(*sums)
    placed, table, terms, sample_terms = recipe.placed, recipe.factors, recipe.terms, recipe.sample_terms
    w = width(sums.values)
    d_segments = np.zeros((len(step.segments), 4, 4))
    d_angles = np.zeros(step.cosines.size)
    for k in range(len(placed)):
        index, at = placed[k, 1], placed[k, 2]
        if placed[k, 0]:
            d_angles[index] += total(load(sums.values, at))
        else:
            for i in range(12):
                d_segments[index, i // 4 + 1, i % 4] += total(load(sums.values, at + i * w))
    for k in range(len(table)):
        left, right, axis = table[k, 0], table[k, 1], table[k, 2]
        _collect_shared_factor(
            step.segments[left],
            step.segments[right],
            axis,
            sums.factors,
            k * 36 * w,
            d_segments[left],
            d_segments[right],
        )
    for k in range(len(step.segments)):
        d = d_segments[k]
        for e in range(recipe.segment_start[k + 1] - 1, recipe.segment_start[k] - 1, -1):
            index, axis = recipe.element_index[e], recipe.element_axis[e]
            if axis:
                d_angles[index] += _rotate_back(
                    d, step.partial[e], axis, step.cosines[index], step.sines[index]
                )
            else:
                _multiply_back(d, recipe.constants[index])
    for k in range(len(terms)):
        out[terms[k, 1]] += recipe.term_coefficients[k] * d_angles[terms[k, 0]]
    for k in range(len(sample_terms)):
        if sample_terms[k, 1] >= 0:
            out[sample_terms[k, 1]] += recipe.sample_term_coefficients[k] * sums.scales[k]


@INNER
def _rotate_back(d: Floats, after: Floats, axis: int, c: float, s: float) -> Any:
    """The cotangent of `R product` becomes that of `product`; returns that of the angle."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    slope = 0.0
    for column in range(4):
        x, y = d[p, column], d[q, column]
        slope += y * after[p, column] - x * after[q, column]
        d[p, column] = c * x + s * y
        d[q, column] = c * y - s * x
    return slope


@INNER
def _multiply_back(d: Floats, constant: Floats) -> None:
    """The cotangent of `constant product` becomes that of `product`, rows 1–3."""
    for column in range(4):
        x1, x2, x3 = d[1, column], d[2, column], d[3, column]
        for row in range(1, 4):
            d[row, column] = constant[1, row] * x1 + constant[2, row] * x2 + constant[3, row] * x3


@INNER
def _collect_shared_factor(
    left: Floats,
    right: Floats,
    axis: int,
    d_factors: Floats,
    at: int,
    d_left: Floats,
    d_right: Floats,
) -> None:
    """The way back from A, B, C of `_build_factor`."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    w = width(d_factors)
    for row in range(1, 4):
        for column in range(4):
            to = at + (row * 4 - 4 + column) * w
            a, b = total(load(d_factors, to)), total(load(d_factors, to + 12 * w))
            c = total(load(d_factors, to + 24 * w))
            d_left[row, 0] += a * right[0, column]
            d_left[row, axis] += a * right[axis, column]
            d_left[row, p] += b * right[p, column] - c * right[q, column]
            d_left[row, q] += b * right[q, column] + c * right[p, column]
            d_right[axis, column] += a * left[row, axis]
            d_right[p, column] += b * left[row, p] + c * left[row, q]
            d_right[q, column] += b * left[row, q] - c * left[row, p]
