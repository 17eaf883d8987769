"""A service without keys is for this machine's own programs, and not for the pages of others in its browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from qcsearch.serving.routes.problems import problem
from qcsearch.serving.settings import is_loopback

__all__ = ["LocalOnly"]


class LocalOnly:
    """An ASGI application around another, which answers to this machine's own names alone.

    A page from elsewhere may have its name resolved to this machine (DNS rebinding), and its browser then lets it read
    what a service here answers. But the browser still says which name it asks for.

    Args:
        app: the other.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """See ASGI."""
        if scope["type"] == "http" and not _is_local(scope):
            record = scope["state"]["record"]
            record.error = "Misdirected request"
            refusal = problem(
                421,
                record.error,
                "A service without keys must be asked for as localhost or 127.0.0.1. It was asked for by another name.",
                record.request_id,
                "serve with --keys; or have the proxy in front send Host: localhost.",
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_local(scope: Any) -> bool:
    """Whether a request names no host, or this machine."""
    for name, value in scope["headers"]:
        if name == b"host":
            try:
                return is_loopback(urlsplit(f"//{value.decode('latin-1')}").hostname or "")
            except ValueError:
                return False
    return True
