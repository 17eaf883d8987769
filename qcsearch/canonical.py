"""JSON that is the same text for the same content, and strict when read.

Everything that is hashed, signed or compared by content goes through here, so that a digest
never depends on the order of keys or on a float's spelling.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from qcsearch import files

__all__ = ["Json", "digest", "dumps", "loads", "write_text"]

Json = Any
"""What JSON can say: None, bool, int, float, str, list and dict with string keys."""


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
    """Parse JSON strictly.

    Raises:
        ValueError: on bad syntax, NaN, infinities, overflowing numbers, duplicate keys or too deep nesting.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("JSON nested too deeply.") from None


def digest(value: Json) -> str:
    """SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, see `files.write_bytes`."""
    files.write_bytes(path, text.encode())


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number.")


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
