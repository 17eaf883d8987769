"""The compiled building of fused one-qubit matrices from angles, and the way back.

Between two-qubit gates everything on one qubit is one matrix, a product of *segments* and rotations by data:
`M(x) = S_k R(φ_k) … S_1 R(φ_1) S_0`. A segment is a product of constant matrices and of rotations by shared
angles (no feature in them); it is built once a step. One rotation by data between two segments is a *factor*; it
is linear in the cosine and the sine of its angle, `F(φ) = A + B cos φ + C sin φ` with shared A, B, C, so
that it costs 24 multiply-adds a sample.

Rotations are `exp(-i θ P / 2)`: about P they mix the two other Pauli components, `p' = c p − s q`, `q' = s p + c
q`.
"""

from __future__ import annotations

from math import cos, sin

import numpy as np

from qcsearch.simulation.exact.kernels.jit import ALLOCATING, INNER, KERNEL, ZERO, Floats
from qcsearch.simulation.exact.kernels.records import Plain, Recipe, Samples, Step
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, mul, store, width
from qcsearch.simulation.exact.kernels.trigonometry import cosine_and_sine

__all__ = ["bind", "bind_samples", "factor", "matrix_product"]


@INNER
def _rotate(product: Floats, axis: int, c: float, s: float) -> None:
    """`product = R product`."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    for column in range(4):
        x, y = product[p, column], product[q, column]
        product[p, column] = c * x - s * y
        product[q, column] = s * x + c * y


@INNER
def _multiply(constant: Floats, product: Floats) -> None:
    """`product = constant product`, rows 1–3."""
    for column in range(4):
        x0, x1, x2, x3 = product[0, column], product[1, column], product[2, column], product[3, column]
        for row in range(1, 4):
            y = constant[row, 0] * x0 + constant[row, 1] * x1
            product[row, column] = y + constant[row, 2] * x2 + constant[row, 3] * x3


@INNER
def _set(to: Floats, value: Floats) -> None:
    for row in range(4):
        for column in range(4):
            to[row, column] = value[row, column]


@KERNEL
def bind(recipe: Plain, weights: Floats, step: Plain) -> None:
    """Fill a `Step` for these weights."""
    _bind_angles(recipe, weights, step)
    _bind_segments(recipe, step)
    recipe, step = Recipe(*recipe), Step(*step)
    values, w = step.values, width(step.values)
    for k in range(len(recipe.placed)):
        index, at = recipe.placed[k, 1], recipe.placed[k, 2]
        if recipe.placed[k, 0]:
            store(values, at, fill(values, step.cosines[index]))
            store(values, at + w, fill(values, step.sines[index]))
        else:
            for i in range(12):
                store(values, at + i * w, fill(values, step.segments[index, i // 4 + 1, i % 4]))
    table = recipe.factors
    for k in range(len(table)):
        left, right = step.segments[table[k, 0]], step.segments[table[k, 1]]
        _build_factor(left, right, table[k, 2], step.factors, k * 36 * w)


@INNER
def _bind_angles(recipe: Plain, weights: Floats, step: Plain) -> None:
    """Cosines and sines of the shared angles, and the scales of the features in the others."""
    recipe, step = Recipe(*recipe), Step(*step)
    cosines, sines, terms = step.cosines, step.sines, recipe.terms
    for k in range(cosines.size):
        cosines[k] = recipe.angle_constants[k]
    for k in range(len(terms)):
        cosines[terms[k, 0]] += recipe.term_coefficients[k] * weights[terms[k, 1]]
    for k in range(cosines.size):
        sines[k] = sin(cosines[k])
        cosines[k] = cos(cosines[k])
    for k in range(len(recipe.sample_terms)):
        weight = recipe.sample_terms[k, 1]
        step.scales[k] = recipe.sample_term_coefficients[k] * (weights[weight] if weight >= 0 else 1.0)


@INNER
def _bind_segments(recipe: Plain, step: Plain) -> None:
    """The segments, element by element; the products on the way stay for the gradient."""
    recipe, step = Recipe(*recipe), Step(*step)
    for k in range(len(step.segments)):
        product = step.segments[k]
        for row in range(4):
            for column in range(4):
                product[row, column] = row == column
        for e in range(recipe.segment_start[k], recipe.segment_start[k + 1]):
            index = recipe.element_index[e]
            if recipe.element_axis[e]:
                _rotate(product, recipe.element_axis[e], step.cosines[index], step.sines[index])
            else:
                _multiply(recipe.constants[index], product)
            _set(step.partial[e], product)


@INNER
def _build_factor(left: Floats, right: Floats, axis: int, factors: Floats, at: int) -> None:
    """A, B, C of `L R(φ) S`: B = L_p S_p + L_q S_q, C = L_q S_p − L_p S_q (columns of L, rows of S)."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    w = width(factors)
    for row in range(1, 4):
        for column in range(4):
            to = at + (row * 4 - 4 + column) * w
            a = left[row, 0] * right[0, column] + left[row, axis] * right[axis, column]
            b = left[row, p] * right[p, column] + left[row, q] * right[q, column]
            c = left[row, q] * right[p, column] - left[row, p] * right[q, column]
            store(factors, to, fill(factors, a))
            store(factors, to + 12 * w, fill(factors, b))
            store(factors, to + 24 * w, fill(factors, c))


@ALLOCATING
def bind_samples(recipe: Plain, step: Plain, samples: Plain, values: Floats) -> None:
    """Fill the angles and matrices of samples in `values`, from `head` on, `stride` numbers a block.

    Args:
        recipe: a `Recipe`.
        step: the `Step` that `bind` filled.
        samples: the `Samples` of a chunk.
        values: of `Matrices`; the parts of all blocks are written: cosine and sine of each angle, then the runs.
    """
    recipe, step, samples = Recipe(*recipe), Step(*step), Samples(*samples)
    table, run_start = recipe.factors, recipe.sample_run_start
    sample_constants, sample_terms = recipe.sample_angle_constants, recipe.sample_terms
    scales, factors = step.scales, step.factors
    features, n_features = samples.features, samples.n_features
    w = width(features)
    n_angles = sample_constants.size
    work = np.empty(24 * w, features.dtype)
    for block in range(features.size // (n_features * w)):
        at = samples.head + block * samples.stride
        for k in range(n_angles):
            store(values, at + 2 * k * w, fill(values, sample_constants[k]))
        for k in range(len(sample_terms)):
            to, feature = at + 2 * sample_terms[k, 0] * w, sample_terms[k, 2]
            x = fill(features, 1)
            if feature >= 0:
                x = load(features, (block * n_features + feature) * w)
            store(values, to, fma(fill(features, scales[k]), x, load(values, to)))
        for k in range(at, at + 2 * n_angles * w, 2 * w):
            c, s = cosine_and_sine(load(values, k), features)
            store(values, k, c)
            store(values, k + w, s)
        to = at + 2 * n_angles * w
        for k in range(run_start.size - 1):
            first = run_start[k]
            factor(factors, first * 36 * w, values, at + 2 * table[first, 3] * w, values, to)
            for f in range(first + 1, run_start[k + 1]):
                factor(factors, f * 36 * w, values, at + 2 * table[f, 3] * w, work, ZERO)
                matrix_product(work, ZERO, values, to, work, 12 * w)
                for i in range(12 * w):
                    values[to + i] = work[12 * w + i]
            to += 12 * w


@INNER
def factor(factors: Floats, f: int, values: Floats, angle: int, out: Floats, to: int) -> None:
    """Rows 1–3 of `A + B cos φ + C sin φ`, for one block of samples.

    Args:
        factors: of a `Step`.
        f: where A, B and C of this factor begin in it.
        values: of `Matrices`.
        angle: where the cosine stands in it, the sine behind it.
        out: where the 12 registers of the matrix go.
        to: from which offset on.
    """
    w = width(out)
    c, s = load(values, angle), load(values, angle + w)
    for i in range(0, 12 * w, w):
        b, d = load(factors, f + i + 12 * w), load(factors, f + i + 24 * w)
        store(out, to + i, fma(d, s, fma(b, c, load(factors, f + i))))


@INNER
def matrix_product(a: Floats, i: int, b: Floats, j: int, out: Floats, k: int) -> None:
    """Rows 1–3 of the product of two matrices whose row 0 is (1, 0, 0, 0).

    Args:
        a: holds the late matrix, 12 registers.
        i: from this offset on.
        b: holds the early one.
        j: from this offset on.
        out: where the product goes, elsewhere than both.
        k: from this offset on.
    """
    w = width(out)
    one = fill(a, 1)
    for row in range(0, 12 * w, 4 * w):
        x0, x1 = load(a, i + row), load(a, i + row + w)
        x2, x3 = load(a, i + row + 2 * w), load(a, i + row + 3 * w)
        for column in range(0, 4 * w, w):
            at = j + column
            y = fma(
                x3,
                load(b, at + 8 * w),
                fma(x2, load(b, at + 4 * w), mul(x1, load(b, at))),
            )
            store(out, k + row + column, y)
        store(out, k + row, fma(x0, one, load(out, k + row)))
