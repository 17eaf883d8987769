"""Arguments that people give: numbers of Python or numpy, paths, taken as Python's own or refused in one sentence.

`True` is no number, 1.0 is no int and "2" is neither, as in scikit-learn: what looks like a mistake is not guessed at.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from qcsearch.errors import InputError
from qcsearch.storage.canonical import Json

__all__ = ["as_float", "as_int", "as_json", "as_path"]


def as_int(value: object, what: str, low: int, high: int | None = None) -> int:
    """Return `value` as an int.

    Args:
        value: what was given.
        what: the subject of the sentence: "The number of trials".
        low: the least it may be.
        high: the most it may be; None for no limit.

    Raises:
        InputError: if it is no whole number of Python or numpy in `[low, high]`.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if low <= number and (high is None or number <= high):
            return number
    bounds = f"≥ {low}" if high is None else f"in [{low}, {high}]"
    raise InputError(f"{what} must be an int {bounds}. Got {_shown(value)}.")


def as_float(value: object, what: str, below: float = math.inf) -> float:
    """Return `value` as a float; `what` is the subject of the sentence and what it is in: "a number of µs".

    Raises:
        InputError: if it is no number of Python or numpy in `(0, below)`.
    """
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if 0 < number < below:
        return number
    bounds = "> 0" if below == math.inf else f"in (0, {below:g})"
    raise InputError(f"{what} {bounds}. Got {_shown(value)}.")


def as_json(value: object) -> Json:
    """Return `value` with the numbers and arrays of numpy in it as Python's own; all else stays as it is."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {as_json(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    return value


def as_path(value: object, what: str) -> Path:
    """Return `value` as a path.

    Raises:
        InputError: if it is none.
    """
    if isinstance(value, str | os.PathLike) and isinstance(os.fspath(value), str) and os.fspath(value):
        return Path(value)
    raise InputError(f"{what} must be a path. Got {_shown(value)}.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
