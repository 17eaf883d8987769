"""A search space as TOML text, made of the values that TOML was read into."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["to_toml"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(data: Mapping[str, Any]) -> str:
    """TOML that reads back as `data`: plain values first, then a table a key, what is inside it on one line.

    Args:
        data: of strings, whole numbers, finite numbers, booleans, lists and mappings.
    """
    plain, tables = "", ""
    for key, value in data.items():
        if isinstance(value, Mapping):
            tables += f"\n[{_key(key)}]\n{_lines(value)}"
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            tables += "".join(f"\n[[{_key(key)}]]\n{_lines(item)}" for item in value)
        else:
            plain += _lines({key: value})
    return plain + tables


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value, allow_nan=False)


def _text(text: str) -> str:
    """A basic string: what JSON escapes TOML escapes alike, but for DEL, which JSON takes as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
