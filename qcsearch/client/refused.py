"""From what a service refused to an exception, in the service's own sentence."""

from __future__ import annotations

import json
from typing import Any

from qcsearch.errors import (
    AccessRefusedError,
    ClientError,
    NotServedError,
    RequestRefusedError,
    UnavailableError,
)

__all__ = ["error_of"]

_MOST_WORDS = 500
_KINDS: dict[int, type[ClientError]] = {
    401: AccessRefusedError,
    403: AccessRefusedError,
    404: NotServedError,
    429: UnavailableError,
}


def error_of(status: int, content: bytes, request_id: str) -> ClientError:
    """The exception of an answer that is none.

    Args:
        status: of HTTP, not 200.
        content: a problem document (RFC 9457), or whatever came.
        request_id: as the service says it.
    """
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    said = found if isinstance(found, dict) else {}
    default = UnavailableError if status >= 500 or status < 400 else RequestRefusedError
    sentence = _text(said.get("detail")) or f"The service must answer with 200. It answers with {status}."
    return _KINDS.get(status, default)(sentence, _text(said.get("fix")) or None, status, request_id)


def _text(value: Any) -> str:
    return value[:_MOST_WORDS] if isinstance(value, str) else ""
