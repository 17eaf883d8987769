"""Errors as answers: `application/problem+json` (RFC 9457), in the sentences of the command line.

Each has an `error` too, which is where clients of the Open Inference Protocol look.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qcsearch.errors import InputError, QCSearchError
from qcsearch.serving.refusals import RefusedError

__all__ = [
    "PROBLEM",
    "documented",
    "internal_problem",
    "on_http_error",
    "on_refusal",
    "plain_problem",
    "problem",
    "refused_problem",
]

PROBLEM = "application/problem+json"


def problem(
    status: int,
    title: str,
    detail: str,
    request_id: str,
    fix: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An answer that says what is wrong.

    Args:
        status: of HTTP.
        title: the same for all problems of this kind.
        detail: one sentence about this one.
        request_id: of the request.
        fix: what can be done about it.
        headers: further ones.
    """
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    body |= {} if fix is None else {"fix": fix}
    body["error"] = detail if fix is None else f"{detail} Fix: {fix}"
    content = orjson.dumps(body, default=str)
    return Response(content, status, headers, PROBLEM)


def internal_problem(request_id: str) -> Response:
    """What a client is told of a fault that is not theirs."""
    return problem(500, "Internal error", "Something went wrong here; the log knows more.", request_id)


def on_refusal(request: Request, error: Exception) -> Response:
    """The answer to a request that was refused on purpose."""
    record = request.state.record
    if isinstance(error, RefusedError):
        record.error = error.title
        return refused_problem(error, record.request_id)
    assert isinstance(error, QCSearchError)
    status, title = (
        (400, "Bad request") if isinstance(error, InputError) else (500, "The model cannot answer")
    )
    record.error = type(error).__name__
    return problem(status, title, error.message, record.request_id, error.fix)


def refused_problem(error: RefusedError, request_id: str) -> Response:
    """What a client is told that is refused."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    headers |= {"Connection": "close"} if error.status == 413 else {}  # the rest is not read
    return problem(error.status, error.title, error.message, request_id, error.fix, headers)


def on_http_error(request: Request, error: Exception) -> Response:
    """The answer where there is no such route, or not with this method."""
    assert isinstance(error, HTTPException)
    record, words = (
        request.state.record,
        {404: "There is nothing at this address.", 405: "Not with this method."},
    )
    record.error = str(error.detail)
    detail = words.get(error.status_code, str(error.detail))
    return problem(
        error.status_code, str(error.detail), detail, record.request_id, headers=dict(error.headers or {})
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for OpenAPI: these statuses answer with a problem."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": "A problem.", "content": {PROBLEM: schema}} for status in statuses}


def plain_problem(status: int, detail: str, *, retry_after: int | None = None) -> bytes:
    """A whole HTTP answer with a problem, for a connection that ends before there is a request."""
    title = HTTPStatus(status).phrase
    body = orjson.dumps(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, "error": detail}
    )
    head = [
        f"HTTP/1.1 {status} {title}",
        f"content-type: {PROBLEM}",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    head += [] if retry_after is None else [f"retry-after: {retry_after}"]
    return "\r\n".join([*head, "", ""]).encode() + body
