"""The compiled building of fused one-qubit matrices from angles, and the way back.

Between two-qubit gates everything on one qubit is one matrix, a product of *segments* and turns by data:
`M(x) = S_k R(φ_k) … S_1 R(φ_1) S_0`. A segment is a product of constant matrices and of turns by shared
angles (no feature in them); it is built once a step. One turn by data between two segments is a *factor*; it
is linear in the cosine and the sine of its angle, `F(φ) = A + B cos φ + C sin φ` with shared A, B, C, so
that it costs 24 multiply-adds a sample.

Turns are `exp(-i θ P / 2)`: about P they mix the two other Pauli components, `p' = c p − s q`, `q' = s p + c
q`.
"""

from __future__ import annotations

from math import cos, sin
from typing import Any, NamedTuple

import numpy as np

from qcsearch.simulation.exact.kernels import INNER, KERNEL, ZERO, Floats, Ints
from qcsearch.simulation.exact.lanes import fill, fma, load, mul, store, width
from qcsearch.simulation.exact.trigonometry import cosine_and_sine

__all__ = ["Recipe", "Step", "bind", "bind_samples", "factor", "matrix_product"]


class Recipe(NamedTuple):
    """How the matrices of a circuit are made; numbers of angles, weights and features; offsets in numbers.

    Kernels take it as a plain tuple: Numba's cache on disk pickles the argument types, and a class of ours
    that a later version renames would make the old cache unreadable.

    Attributes:
        segment_start: `(n_segments + 1,)`: where the elements of each segment begin.
        element_axis: 0 for a constant matrix, 1 2 3 for a turn about X Y Z.
        element_index: of the constant, or of the shared angle.
        constants: `(n_constants, 4, 4)`.
        factors: `(n_factors, 4)`: left segment, right segment, axis, sample angle.
        sample_run_start: `(n_sample_runs + 1,)`: where the factors of each run begin.
        placed: `(n_placed, 3)`: 0 and a segment, or 1 and an angle, and where it goes in `values`.
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
    placed: Ints
    angle_constants: Floats
    terms: Ints
    term_coefficients: Floats
    sample_angle_constants: Floats
    sample_terms: Ints
    sample_term_coefficients: Floats


class Step(NamedTuple):
    """The shared numbers of one step, float64 but for the registers.

    Attributes:
        partial: `(n_elements, 4, 4)`: the product of a segment up to and with each element.
        segments: `(n_segments, 4, 4)`.
        cosines: `(n_angles,)`.
        sines: `(n_angles,)`.
        scales: `(n_sample_terms,)`: coefficient times weight.
        factors: rows 1–3 of A, B, C in all lanes, flat `(n_factors, 36)` registers.
        values: what the sweeps read, see `sweep`: the part that all samples share.
    """

    partial: Floats
    segments: Floats
    cosines: Floats
    sines: Floats
    scales: Floats
    factors: Floats
    values: Floats


@INNER
def _turn(product: Floats, axis: int, c: float, s: float) -> None:
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
def bind(recipe: Any, weights: Floats, step: Any) -> None:
    """Fill `step` for these weights."""
    (
        segment_start,
        element_axis,
        element_index,
        constants,
        table,
        _,
        placed,
        angle_constants,
    ) = recipe[:8]
    terms, coefficients, _, sample_terms, sample_coefficients = recipe[8:]
    partial, segments, cosines, sines, scales, factors, values = step
    for k in range(cosines.size):
        cosines[k] = angle_constants[k]
    for k in range(len(terms)):
        cosines[terms[k, 0]] += coefficients[k] * weights[terms[k, 1]]
    for k in range(cosines.size):
        sines[k] = sin(cosines[k])
        cosines[k] = cos(cosines[k])
    for k in range(len(sample_terms)):
        weight = sample_terms[k, 1]
        scales[k] = sample_coefficients[k] * (weights[weight] if weight >= 0 else 1.0)
    for k in range(len(segments)):
        product = segments[k]
        for row in range(4):
            for column in range(4):
                product[row, column] = row == column
        for e in range(segment_start[k], segment_start[k + 1]):
            index = element_index[e]
            if element_axis[e]:
                _turn(product, element_axis[e], cosines[index], sines[index])
            else:
                _multiply(constants[index], product)
            _set(partial[e], product)
    w = width(values)
    for k in range(len(placed)):
        index, at = placed[k, 1], placed[k, 2]
        if placed[k, 0]:
            store(values, at, fill(values, cosines[index]))
            store(values, at + w, fill(values, sines[index]))
        else:
            for i in range(12):
                store(
                    values,
                    at + i * w,
                    fill(values, segments[index, i // 4 + 1, i % 4]),
                )
    for k in range(len(table)):
        left, right = segments[table[k, 0]], segments[table[k, 1]]
        _build_factor(left, right, table[k, 2], factors, k * 36 * w)


@INNER
def _build_factor(left: Floats, right: Floats, axis: int, factors: Floats, at: int) -> None:
    """A, B, C of `L R(φ) S`: B = L_p S_p + L_q S_q, C = L_q S_p − L_p S_q (columns of L, rows of S)."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    w = width(factors)
    for row in range(1, 4):
        for column in range(4):
            to = at + (row * 4 - 4 + column) * w
            store(
                factors,
                to,
                fill(
                    factors,
                    left[row, 0] * right[0, column] + left[row, axis] * right[axis, column],
                ),
            )
            store(
                factors,
                to + 12 * w,
                fill(
                    factors,
                    left[row, p] * right[p, column] + left[row, q] * right[q, column],
                ),
            )
            store(
                factors,
                to + 24 * w,
                fill(
                    factors,
                    left[row, q] * right[p, column] - left[row, p] * right[q, column],
                ),
            )


@KERNEL
def bind_samples(
    recipe: Any, step: Any, features: Floats, n_features: int, values: Floats, head: int, stride: int
) -> None:
    """Fill the angles and matrices of samples: in `values` from `head` on, `stride` numbers a block.

    `features` holds `(n_blocks, n_features)` registers.
    """
    table, run_start = recipe[4], recipe[5]
    sample_constants, sample_terms = recipe[10], recipe[11]
    scales, factors = step[4], step[5]
    w = width(features)
    n_angles = sample_constants.size
    work = np.empty(24 * w, features.dtype)
    for block in range(features.size // (n_features * w)):
        at = head + block * stride
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
    """Rows 1–3 of `A + B cos φ + C sin φ`, for one block of samples."""
    w = width(out)
    c, s = load(values, angle), load(values, angle + w)
    for i in range(0, 12 * w, w):
        b, d = load(factors, f + i + 12 * w), load(factors, f + i + 24 * w)
        store(out, to + i, fma(d, s, fma(b, c, load(factors, f + i))))


@INNER
def matrix_product(a: Floats, i: int, b: Floats, j: int, out: Floats, k: int) -> None:
    """Rows 1–3 of the product of two matrices whose row 0 is (1, 0, 0, 0)."""
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
