"""A connection that does not wait for ever: uvicorn's protocol, with deadlines and a place in the count of its address.

uvicorn itself closes no client that is silent, half done with its headers or its body, or does not read. Each phase
of a connection has its end here; the server looks once in a while which is past it, so a request costs no timer.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from enum import Enum
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from qcsearch.serving.routes.problems import plain_problem
from qcsearch.serving.settings import Limits

__all__ = ["Connection", "connection_class"]


_LINGER_SECONDS = 1.0
"""For which a connection must have been quiet to be closed when the service ends: what its client sent just now is then
here."""


class Phase(Enum):
    """What is waited for."""

    HEAD = "the request's line and headers"
    BODY = "its body"
    ANSWER = "this service"
    IDLE = "a further request"


class Connection(HttpToolsProtocol):
    """One connection; made by uvicorn, through a class of `connection_class`."""

    limits: Limits
    per_address: Counter[str]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it; refuse it if its address, or all together, have too many."""
        super().connection_made(transport)
        self._stalled: float | None = None
        self._closing: float | None = None
        self._ends = False
        self._n_head = 0
        self._enter(Phase.HEAD)
        self._address = self.client[0] if self.client else ""
        self.per_address[self._address] += 1
        many = self.per_address[self._address] > self.limits.connections_per_address
        if many or len(self.connections) > self.limits.connections:
            transport.write(plain_problem(503, "There are too many connections.", retry_after=1))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        super().connection_lost(exc)
        self.per_address[self._address] -= 1
        if self.per_address[self._address] <= 0:
            del self.per_address[self._address]

    def data_received(self, data: bytes) -> None:
        """Read what came; a head without end is refused."""
        if self.transport.is_closing() or self.parser is None:
            return
        if self._phase is Phase.IDLE:
            self._enter(Phase.HEAD)
        self._n_head += len(data) if self._phase is Phase.HEAD else 0
        super().data_received(data)
        if len(self.pipeline) > self.limits.pipelined:
            self.transport.abort()
        if (
            self._phase is Phase.HEAD
            and self._n_head > self.limits.head_bytes
            and not self.transport.is_closing()
        ):
            self.transport.write(plain_problem(431, "The request's headers are too large."))
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self.transport.write(plain_problem(400, "The request is no HTTP that can be read."))
        self.transport.close()

    def on_headers_complete(self) -> None:
        """The body's time begins."""
        self._enter(Phase.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Now it is on us."""
        self._enter(Phase.ANSWER)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for a further request, unless the body of this one is still coming."""
        super().on_response_complete()
        if (
            self._phase is Phase.ANSWER and self.cycle.response_complete
        ):  # the latest of those that came together
            self._enter(Phase.IDLE)

    def shutdown(self) -> None:
        """End it, now that the service ends, but not under a request that is on its way: its answer closes it."""
        self._ends = True
        if self._phase in (Phase.BODY, Phase.ANSWER):
            super().shutdown()

    def pause_writing(self) -> None:
        """The client does not read."""
        self._stalled = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled = None
        super().resume_writing()

    def sweep(self, now: float) -> None:
        """End it if what is waited for is late; `now` in seconds of `time.monotonic`."""
        if self.transport.is_closing():  # it has something left to say that nobody reads
            self._closing = self._closing or now
        late = {
            Phase.HEAD: self.limits.head_seconds,
            Phase.BODY: self.limits.body_seconds,
            Phase.IDLE: self.limits.idle_seconds,
        }.get(self._phase)
        if (
            (late is not None and now - self._since > late)
            or (self._stalled is not None and now - self._stalled > self.limits.write_seconds)
            or (self._closing is not None and now - self._closing > self.limits.write_seconds)
        ):
            self.transport.abort()
        elif self._ends and self._quiet and now - self._since > _LINGER_SECONDS:
            self.transport.close()

    @property
    def _quiet(self) -> bool:
        """Whether nothing of a request has come."""
        return self._phase is Phase.IDLE or (self._phase is Phase.HEAD and self._n_head == 0)

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since = phase, time.monotonic()
        if phase is Phase.HEAD:
            self._n_head = 0


def connection_class(limits: Limits) -> Any:
    """The class of a server's connections."""
    return type("LimitedConnection", (Connection,), {"limits": limits, "per_address": Counter()})
