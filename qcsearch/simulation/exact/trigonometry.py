"""Cosine and sine of a whole register."""

from __future__ import annotations

from math import factorial, pi
from typing import Any

from qcsearch.simulation.exact.kernels import INNER, Floats
from qcsearch.simulation.exact.lanes import fill, fma, mul, nearest

__all__ = ["cosine_and_sine"]

_TURN, _TURN_REST = 2 * pi, 2.4492935982947064e-16
"""2π in two parts."""
_COSINE = tuple((-1) ** k / factorial(2 * k) for k in range(8, -1, -1))
_SINE = tuple((-1) ** k / factorial(2 * k + 1) for k in range(7, -1, -1))


@INNER
def cosine_and_sine(x: Any, like: Floats) -> Any:
    """Of the angles `x` (radians), within some 1e-15 for |x| < 1e6; `like` is an array of the lanes' type.

    The angle less whole turns is divided by four, put into the Taylor series, and the result doubled twice.
    """
    turns = nearest(mul(x, fill(like, 1 / _TURN)))
    x = fma(turns, fill(like, -_TURN_REST), fma(turns, fill(like, -_TURN), x))
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
    c, s = fma(mul(minus_two, s), s, one), mul(mul(two, s), c)
    return fma(mul(minus_two, s), s, one), mul(mul(two, s), c)
