"""Options that hold a name and a value, `NAME=VALUE`, as the library takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.errors import InputError
from qcsearch.storage import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qcsearch.storage.canonical import Json

__all__ = ["by_name", "class_weight"]


def class_weight(said: list[str]) -> Json:
    """What `--class-weight` was given: a word, or weights by label."""
    if len(said) == 1 and "=" not in said[0]:
        return said[0]
    pairs = [text.rpartition("=") for text in said]
    if (bad := next((pair[2] for pair in pairs if not pair[0]), None)) is not None:
        raise InputError(f"A --class-weight must be balanced, or LABEL=WEIGHT. Got {bad!r}.")
    return {label: _json(weight) for label, _, weight in pairs}


def by_name(said: Iterable[str]) -> dict[str, Json]:
    """What `--strategy-option` was given, by name.

    A value is a JSON value, or some of them with commas between, or a word.

    Raises:
        InputError: if one is not NAME=VALUE, or its name stands twice.
    """
    options: dict[str, Json] = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"A --strategy-option must be NAME=VALUE. Got {text!r}.")
        if name in options:
            raise InputError(f"The --strategy-option '{name}' stands twice.")
        options[name] = _json(value)
    return options


def _json(text: str) -> Json:
    try:
        return canonical.loads(text)
    except ValueError:
        return [_json(part) for part in text.split(",")] if "," in text else text
