"""A dataclass from the JSON that `dataclasses.asdict` made of it, every type in it checked."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError, create_model

from qcsearch.errors import InputError
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json

__all__ = ["read"]

T = TypeVar("T")


def read(cls: type[T], data: Json, what: str) -> T:
    """Rebuild a dataclass whose fields are plain values, tuples, mappings and further such dataclasses.

    Args:
        cls: the dataclass.
        data: what `asdict` returned, tuples as lists; what is missing has its default.
        what: how a message calls it.

    Raises:
        InputError: if a part is missing, unknown or of another type.
    """
    key: Any = cls
    try:
        found: T = _holder(key).model_validate_json(canonical.dumps({"value": data})).value
        return found
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"][1:])) or "its top level"
        raise InputError(f"Not {what}: '{place}' is wrong: {first['msg'].rstrip('.')}.") from None


@lru_cache
def _holder(cls: Any) -> Any:
    """A model around the class: its settings hold for the dataclasses within."""
    strict = ConfigDict(extra="forbid", strict=True)
    return create_model("Holder", __config__=strict, value=(cls, ...))
