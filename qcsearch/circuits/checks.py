"""Checks of settings: each answers with the clean value or raises one sentence."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from reprlib import repr as short
from typing import Any, SupportsFloat

from qcsearch.errors import CandidateError

__all__ = ["MAX_LAYERS", "flag", "integer", "names", "number", "one_of"]

MAX_LAYERS = 1000
"""No circuit of more layers is built: a slip of the pen must not fill the memory."""


def refuse(owner: str, parameter: str, wanted: str, value: object) -> CandidateError:
    """The error *The 'p' parameter of X must be … Got …*, to be raised."""
    return CandidateError(f"The '{parameter}' parameter of {owner} must be {wanted}. Got {short(value)}.")


def one_of(owner: str, parameter: str, value: Any, allowed: Sequence[str]) -> str:
    """`value` if it is one of the names `allowed`.

    Raises:
        CandidateError: if it is not.
    """
    if isinstance(value, str) and value in allowed:
        return value
    raise refuse(owner, parameter, f"one of {', '.join(allowed)}", value)


def names(owner: str, parameter: str, value: Any, allowed: Sequence[str]) -> tuple[str, ...]:
    """A non-empty sequence of names out of `allowed`, as a tuple.

    Raises:
        CandidateError: if it is not one.
    """
    if isinstance(value, list | tuple) and value and all(isinstance(v, str) and v in allowed for v in value):
        return tuple(value)
    raise refuse(owner, parameter, f"a list of one or more of {', '.join(allowed)}", value)


def integer(owner: str, parameter: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int in `[low, high]`; a bool or a float is not one.

    Raises:
        CandidateError: if it is not.
    """
    wanted = f"an int ≥ {low}" if high is None else f"an int in [{low}, {high}]"
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise refuse(owner, parameter, wanted, value)
    result = operator.index(value)
    if result < low or (high is not None and result > high):
        raise refuse(owner, parameter, wanted, value)
    return result


def number(
    owner: str,
    parameter: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
) -> float:
    """`value` as a finite float in `[low, high]`, or in `(low, high]` with `above`.

    Raises:
        CandidateError: if it is not.
    """
    bounds = [f"{'>' if above else '≥'} {low:g}"] if low > -math.inf else []
    bounds += [f"≤ {high:g}"] if high < math.inf else []
    wanted = " ".join(["a finite number", " and ".join(bounds)]).strip()
    if isinstance(value, bool | str | bytes) or not isinstance(value, SupportsFloat):
        raise refuse(owner, parameter, wanted, value)
    try:
        result = float(value) + 0.0  # + 0.0 turns −0.0 into 0.0, so that equal numbers have one spelling
    except (TypeError, ValueError, OverflowError):
        raise refuse(owner, parameter, wanted, value) from None
    if not math.isfinite(result) or not low <= result <= high or (above and result == low):
        raise refuse(owner, parameter, wanted, value)
    return result


def flag(owner: str, parameter: str, value: Any) -> bool:
    """`value` if it is a bool.

    Raises:
        CandidateError: if it is not.
    """
    if isinstance(value, bool):
        return value
    raise refuse(owner, parameter, "true or false", value)
