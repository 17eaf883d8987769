"""JSON that is the same text for the same content, and strict when read.

Everything that is hashed, signed or compared by content goes through here, so that a digest
never depends on the order of keys or on a float's spelling.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from qcsearch.storage.limits import MAX_DEPTH, MAX_JSON_MEMORY

__all__ = ["Json", "check_size", "digest", "dumps", "loads"]

Json = Any
"""What JSON can say: None, bool, int, float, str, list and dict with string keys."""

_SIZES = {",": 34, "[": 96, "{": 216, ":": 100, '"': 28}
"""Bytes that what a mark stands for takes in CPython: a number and its place, a list, a dict, an entry, half a text."""

_MOST = 2 * 4 + max(_SIZES.values())
"""Bytes that one character stands for at most."""

_MAX_DIGITS = 40  # the state of a random generator has 39
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def dumps(value: Json, *, indent: int | None = None) -> str:
    """Return `value` as canonical JSON: sorted keys, no NaN, shortest round-trip floats.

    Raises:
        ValueError: if a number is NaN or infinite.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        value, sort_keys=True, allow_nan=False, ensure_ascii=False, separators=separators, indent=indent
    )


def loads(text: str | bytes) -> Json:
    """Parse JSON strictly, and only if its values are sure to fit, see `limits`.

    Raises:
        ValueError: on bad syntax, NaN, infinities, overflowing numbers, duplicate keys, too deep nesting, text that
            UTF-8 cannot spell, or so many values that they would fill the memory.
    """
    check_size(text)
    spelled = text.decode() if isinstance(text, bytes) else text
    try:
        value = json.loads(
            spelled, parse_constant=_refuse, parse_float=_finite, parse_int=_whole, object_pairs_hook=_unique
        )
    except RecursionError:
        raise ValueError("JSON nested too deeply.") from None
    _check_depth(value)
    if _SURROGATE.search(spelled):
        dumps(value).encode()
    return value


def check_size(text: str | bytes) -> None:
    """Pass if the values of a JSON text take no more memory than `limits.MAX_JSON_MEMORY`; nothing is parsed.

    Raises:
        ValueError: if they may take more.
    """
    if len(text) * _MOST <= MAX_JSON_MEMORY:
        return
    width = 1 if text.isascii() else 4  # one wide character widens a whole text
    marks = {
        mark: text.count(mark) if isinstance(text, str) else text.count(mark.encode()) for mark in _SIZES
    }
    needed = 2 * width * len(text) + sum(size * marks[mark] for mark, size in _SIZES.items())
    if needed > MAX_JSON_MEMORY:
        raise ValueError(
            f"its values may take {needed // 2**20} MB of memory, and {MAX_JSON_MEMORY // 2**20} MB is the limit"
        )


def digest(value: Json) -> str:
    """SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()


def _check_depth(value: Json) -> None:
    level, depth = [value], 0
    while level := [part for whole in level if isinstance(whole, dict | list) for part in _parts(whole)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError("JSON nested too deeply.")


def _parts(whole: dict[str, Json] | list[Json]) -> list[Json]:
    """What in an object or a list may hold more."""
    inner = whole.values() if isinstance(whole, dict) else whole
    return [part for part in inner if isinstance(part, dict | list)]


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number.")


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"{text[:20]}… has more than {_MAX_DIGITS} digits.")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large for a float.")
    return number


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("A key stands twice in one JSON object.")
    return result
