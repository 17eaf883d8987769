"""Checks of settings: each answers with the clean value or raises one sentence.

They share their first arguments: `owner`, what has the setting, as a message calls it (`angle`, *a candidate*);
`parameter`, the setting's name; `value`, what was given for it, of whatever type.
"""

from __future__ import annotations

import math
import operator
import reprlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, SupportsFloat, overload

from qcsearch.errors import CandidateError
from qcsearch.spelling import meant
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_GATES

__all__ = ["MAX_LAYERS", "flag", "integer", "n_gates", "names", "number", "one_of", "refuse", "short", "text"]

MAX_LAYERS = 1000
"""No circuit of more layers is built: a slip of the pen must not fill the memory."""

MAX_INT = 2**53
"""No count is larger, so that each is the same number as a float, in any JSON reader."""


def short(value: object) -> str:
    """A spelling of any value in at most 100 characters, for a message."""
    try:
        spelled = reprlib.repr(value)
    except Exception:  # a repr of someone else's, or an int too long to spell
        return f"an object of type {type(value).__name__}"
    return spelled if len(spelled) <= 100 else f"{spelled[:97]}..."


def refuse(owner: str, parameter: str, wanted: str, value: object, fix: str | None = None) -> CandidateError:
    """The error *The 'p' parameter of X must be … Got …*, to be raised.

    Args:
        owner: see the module.
        parameter: see the module.
        wanted: what the value must be, to stand after *must be*.
        value: see the module.
        fix: what a person can do about it.
    """
    return CandidateError(
        f"The '{parameter}' parameter of {owner} must be {wanted}. Got {short(value)}.", fix
    )


def one_of(owner: str, parameter: str, value: Any, allowed: Sequence[str]) -> str:
    """`value` if it is one of the names `allowed`; the other arguments as the module says.

    Raises:
        CandidateError: if it is not.
    """
    if isinstance(value, str) and value in allowed:
        return value
    raise refuse(owner, parameter, f"one of {', '.join(allowed)}", value, meant(value, allowed))


def names(owner: str, parameter: str, value: Any, allowed: Sequence[str]) -> tuple[str, ...]:
    """A non-empty sequence of names out of `allowed`, as a tuple; the other arguments as the module says.

    Raises:
        CandidateError: if it is not one.
    """
    if isinstance(value, list | tuple) and value and all(isinstance(v, str) and v in allowed for v in value):
        return tuple(value)
    strange = [v for v in value if v not in allowed] if isinstance(value, list | tuple) else [value]
    fix = meant(strange[0], allowed) if strange else None
    raise refuse(owner, parameter, f"a list of one or more of {', '.join(allowed)}", value, fix)


@overload
def integer(owner: str, parameter: str, value: Any, low: int, high: int | None = None) -> int: ...
@overload
def integer(
    owner: str, parameter: str, value: Any, low: int, high: int | None = None, *, optional: bool
) -> int | None: ...
def integer(
    owner: str, parameter: str, value: Any, low: int, high: int | None = None, *, optional: bool = False
) -> int | None:
    """`value` as an int; a bool or a float is not one.

    Args:
        owner: see the module.
        parameter: see the module.
        value: see the module.
        low: the least that it may be.
        high: the most; None for 2^53, up to which a float holds every int.
        optional: whether None is fine too.

    Raises:
        CandidateError: if it is not.
    """
    if optional and value is None:
        return None
    bare = value if type(value) is int else _index(value)
    if bare is not None and low <= bare <= (MAX_INT if high is None else high):
        return bare
    wanted = f"an int >= {low}" if high is None else f"an int in [{low}, {high}]"
    raise refuse(owner, parameter, wanted + " or None" * optional, value)


def _index(value: Any) -> int | None:
    """The int that a value is, such as one of numpy; None if it is none."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


@overload
def number(owner: str, parameter: str, value: Any, low: float = ..., *, above: bool = ...) -> float: ...
@overload
def number(
    owner: str, parameter: str, value: Any, low: float = ..., *, above: bool = ..., optional: bool
) -> float | None: ...
def number(
    owner: str,
    parameter: str,
    value: Any,
    low: float = -math.inf,
    *,
    above: bool = False,
    optional: bool = False,
) -> float | None:
    """`value` as a finite float.

    Args:
        owner: see the module.
        parameter: see the module.
        value: see the module.
        low: the least that it may be.
        above: whether `low` itself is too little.
        optional: whether None is fine too.

    Raises:
        CandidateError: if it is not.
    """
    if optional and value is None:
        return None
    bare = value if type(value) is float else _float(value)
    if bare is not None and math.isfinite(bare) and (bare > low or (bare == low and not above)):
        return bare + 0.0  # turns −0.0 into 0.0, so that equal numbers have one spelling
    bound = f" {'>' if above else '>='} {low:g}" if low > -math.inf else ""
    raise refuse(owner, parameter, f"a number{bound}{' or None' * optional}", value)


def _float(value: Any) -> float | None:
    """The float that a value is; None if it is none."""
    if isinstance(value, bool | str | bytes) or not isinstance(value, SupportsFloat):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def flag(owner: str, parameter: str, value: Any) -> bool:
    """`value` if it is a bool.

    Raises:
        CandidateError: if it is not.
    """
    if isinstance(value, bool):
        return value
    raise refuse(owner, parameter, "True or False", value)


def text(owner: str, parameter: str, value: Any) -> str:
    """`value` if it is a name: text that is not empty and that UTF-8 can spell.

    Raises:
        CandidateError: if it is not.
    """
    if isinstance(value, str) and value and value.isprintable():
        return value
    raise refuse(owner, parameter, "a name", value)


def n_gates(owner: str, count: int) -> None:
    """Refuse a circuit that would take minutes and gigabytes to build.

    Args:
        owner: who asks for the gates, for the message.
        count: how many, or a number that they cannot be fewer than.

    Raises:
        CandidateError: if there are more than `MAX_GATES`.
    """
    if count > MAX_GATES:
        raise CandidateError(
            f"A circuit must have at most {MAX_GATES} gates. Got {count} or more from '{owner}'.",
            "reduce the features, or take fewer layers or qubits.",
        )


def parts(owner: str, cls: type[Any], data: Json) -> dict[str, Json]:
    """Return a copy of `data` if it is an object that names only fields of the dataclass `cls`.

    Raises:
        CandidateError: if it is no object, or names another field.
    """
    if not isinstance(data, dict):
        raise CandidateError(f"{owner} must be an object. Got {short(data)}.")
    known = [f.name for f in fields(cls)]
    if unknown := [key for key in data if key not in known]:
        raise CandidateError(
            f"{owner} has no part {short(unknown[0])}. Known: {', '.join(known)}.",
            meant(unknown[0], known),
        )
    return dict(data)
