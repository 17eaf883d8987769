"""Around everything: each request gets a record, is logged and counted, and never ends in a traceback."""

from __future__ import annotations

import time
from typing import Any

from qcsearch.serving.audit.log import AuditLog
from qcsearch.serving.refusals import AuditError
from qcsearch.serving.routes.problems import internal_problem, refused_problem
from qcsearch.serving.service import Service
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.record import Record, request_id

__all__ = ["Watched"]

_METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
_SAFE = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class Watched:
    """An ASGI application around another.

    Args:
        app: the other.
        service: whose metrics count.
        log: gets a line a request.
        audit: the same, before the answer is sent; None if there is none.
    """

    def __init__(self, app: Any, service: Service, log: Log, audit: AuditLog | None = None) -> None:
        self._app, self._service, self._log, self._audit = app, service, log, audit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        record = Record(request_id(_header(scope, b"x-request-id")), method)
        scope.setdefault("state", {})["record"] = record
        status, unwritten = 0, None

        async def watched(message: Any) -> None:
            nonlocal status, unwritten
            if message["type"] == "http.response.start":
                if self._audit is not None and unwritten is None:
                    try:
                        self._audit.request(record, message["status"])
                    except AuditError as error:
                        unwritten = error
                        raise
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    *_SAFE,
                    (b"x-request-id", record.request_id.encode()),
                ]
                if self._service.closing:
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # a fault of ours: said in the log, not to the client
            if unwritten is None:
                self._log.failure(record, error)
            record.error = type(unwritten or error).__name__
            if status == 0 and unwritten is not None:
                await refused_problem(unwritten, record.request_id)(scope, receive, watched)
            elif status == 0:
                await internal_problem(record.request_id)(scope, receive, watched)
        finally:
            seconds = time.monotonic() - record.began
            self._service.metrics.request(record, status, seconds)
            self._log.request(record, status, seconds)
            if self._service.traces is not None:
                self._service.traces.request(record, status, seconds, _header(scope, b"traceparent"))


def _header(scope: Any, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)
