"""A request's body: counted while it is read, and parsed strictly."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from qcsearch.serving.refusals import MediaTypeError, TooLargeError, UnreadableError

__all__ = ["parse", "read_body"]

T = TypeVar("T", bound=BaseModel)

_MOST_DEPTH = 32
_MOST_PARTS = 2**16
_OPENERS = (b"[", b"{")


async def read_body(request: Request, most: int) -> bytes:
    """All of a body.

    Args:
        request: whose.
        most: bytes that it may have.

    Raises:
        TooLargeError: if it has more, or says that it will have.
        MediaTypeError: if it is compressed: what that unpacks to would have to be counted, too.
        UnreadableError: if the client is gone before it is whole.
    """
    headers = request.headers
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeError("A body must not be compressed. This one is.", "send it as it is.")
    said = headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 18 or int(said) > most):
        raise _too_large(most)
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
    except ClientDisconnect:
        raise UnreadableError("The body must be whole. Its client went before.") from None
    return b"".join(parts)


def parse(cls: type[T], content: bytes) -> T:
    """A body as what it must be.

    Args:
        cls: what that is.
        content: JSON.

    Raises:
        UnreadableError: if it is no JSON, nested too deeply, or something else.
    """
    try:
        return cls.model_validate(_loads(content))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "its top level"
        raise UnreadableError(f"The body is wrong at '{place[:80]}': {first['msg'].rstrip('.')}.") from None


def _loads(content: bytes) -> Any:
    parts = sum(
        map(content.count, _OPENERS)
    )  # a list of two bytes takes thirty times as much once it is read
    if parts > _MOST_PARTS:
        raise UnreadableError(
            f"The body must hold at most {_MOST_PARTS:,} lists and objects. It may hold {parts:,}."
        )
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableError(f"The body must be JSON. It is not: {str(error).rstrip('.')}.") from None
    if parts > _MOST_DEPTH:
        _check_depth(found)
    return found


def _check_depth(value: Any) -> None:
    """Level by level, not by recursion."""
    level, depth = [value], 0
    while level := [inner for whole in level for inner in _parts(whole) if isinstance(inner, dict | list)]:
        depth += 1
        if depth > _MOST_DEPTH:
            raise UnreadableError(f"The body must be nested at most {_MOST_DEPTH} deep. It is nested deeper.")


def _parts(whole: Any) -> Any:
    return whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ()


def _too_large(most: int) -> TooLargeError:
    return TooLargeError(
        f"A body must have at most {most:,} bytes. This one has more.", "send the samples in parts."
    )
