"""Cosine and sine of a SIMD vector."""

from __future__ import annotations

from math import factorial, pi
from typing import Any

from qcsearch.simulation.exact.kernels.jit import INNER, Floats
from qcsearch.simulation.exact.kernels.simd import fill, fma, mul, nearest

__all__ = ["cosine_and_sine"]

_TWO_PI, _TWO_PI_REST = 2 * pi, 2.4492935982947064e-16
"""2π in two parts: what the nearest float64 lacks is taken off apart, so that no digits are lost at large angles."""
# Taylor coefficients, the highest power first; below π / 4 what they leave out is less than rounding.
_COSINE = tuple((-1) ** k / factorial(2 * k) for k in range(8, -1, -1))
_SINE = tuple((-1) ** k / factorial(2 * k + 1) for k in range(7, -1, -1))


@INNER
def cosine_and_sine(x: Any, like: Floats) -> Any:
    """Of the angles `x` (radians), within some 1e-15 for |x| < 1e6; `like` is an array of the vectors' type.

    The angle less multiples of 2π is divided by four, put into the Taylor series, and the result doubled twice.
    """
    cycles = nearest(mul(x, fill(like, 1 / _TWO_PI)))
    x = fma(cycles, fill(like, -_TWO_PI_REST), fma(cycles, fill(like, -_TWO_PI), x))
    x = mul(x, fill(like, 0.25))
    square = mul(x, x)
    c = fill(like, _COSINE[0])
    for k in range(1, 9):
        c = fma(c, square, fill(like, _COSINE[k]))
    s = fill(like, _SINE[0])
    for k in range(1, 8):
        s = fma(s, square, fill(like, _SINE[k]))
    s = mul(s, x)
    one, minus_two, two = fill(like, 1), fill(like, -2), fill(like, 2)
    c, s = (
        fma(mul(minus_two, s), s, one),
        mul(mul(two, s), c),
    )  # cos 2x = 1 − 2 sin² x, sin 2x = 2 sin x cos x
    return fma(mul(minus_two, s), s, one), mul(mul(two, s), c)
