"""A service's life: models are read, warmed and tried, then it listens; on a signal it ends and drops nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import uvicorn

from qcsearch.errors import InputError
from qcsearch.serving.audit.log import AuditLog
from qcsearch.serving.http.connection import connection_class
from qcsearch.serving.opening import Opened, open_service
from qcsearch.serving.refusals import AuditError
from qcsearch.serving.service import Service
from qcsearch.serving.settings import ServingSettings
from qcsearch.serving.watching.log import Log

__all__ = ["Server", "connection_config", "serve"]

_GRACE_SECONDS = 30
_BACKLOG = 512
_TICKS_BETWEEN_SWEEPS = 5
_CHECKPOINT_SECONDS = 60.0


def serve(
    bundles: Sequence[str],
    settings: ServingSettings,
    *,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve bundles until SIGTERM or SIGINT; then finish what was begun, and return.

    Args:
        bundles: paths, or `NAME=PATH`.
        settings: see `ServingSettings`.
        on_ready: called with the address once the service answers.

    Raises:
        BundleError: if a bundle is not as it was written.
        BackendError: if the backend of jobs cannot be opened.
        InputError: if a name stands twice, nobody can listen there, the issuer gives no keys, or the state is of
            another service.
    """
    with (
        _bound(settings.host, settings.port) as listener,  # nobody is answered before all models are warm
        open_service(bundles, settings) as opened,
    ):
        server = Server(
            connection_config(settings, opened.app), opened.service, settings.drain_seconds, opened.log
        )
        opened.service.metrics.watch_connections(lambda: len(server.server_state.connections))
        host, port = listener.getsockname()[:2]
        address = (
            f"{'https' if settings.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        )
        server.on_started = lambda: on_ready(address)
        asyncio.run(_run(server, listener, opened))


async def _run(server: Server, listener: socket.socket, opened: Opened) -> None:
    signing, desk = asyncio.create_task(_sign(opened.audit, server.log)), opened.service.desk
    async with nullcontext() if desk is None else desk:
        await server.serve([listener])
    await opened.service.engine.close()
    signing.cancel()


async def _sign(audit: AuditLog | None, log: Log) -> None:
    """Sign how far the audit log went, each minute."""
    while audit is not None:
        await asyncio.sleep(_CHECKPOINT_SECONDS)
        try:
            await asyncio.to_thread(audit.checkpoint)
        except AuditError as error:
            log.event("fault", part="audit", error=error.message)


class Server(uvicorn.Server):
    """uvicorn's, which watches its connections, and ends in two steps.

    First it says that it is not ready, while all else goes on: whoever balances load sends requests elsewhere from then
    on. Then it stops listening, has each answer close its connection, and finishes. Not before: clients whose
    connections are closed come back with new ones, and those that the kernel has taken and we have not are lost when
    the listener is.

    Args:
        config: of uvicorn.
        service: gets to know that it ends.
        drain_seconds: of the first step.
        log: gets a line for each.
    """

    def __init__(self, config: uvicorn.Config, service: Service, drain_seconds: float, log: Log) -> None:
        super().__init__(config)
        self._service, self._drain_seconds, self.log = service, drain_seconds, log
        self._ends_at: float | None = None
        self._terminal = has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        self._reloading: set[asyncio.Task[None]] = set()
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.log.event("ready", models=[model.name for model in self._service.catalog])
        self.on_started()

    async def on_tick(self, counter: int) -> bool:
        """Every tenth of a second: end connections that are late, and the service if its time has come."""
        now = time.monotonic()
        if counter % _TICKS_BETWEEN_SWEEPS == 0:
            for connection in list(self.server_state.connections):
                connection.sweep(now)  # type: ignore[union-attr]  # they are `Connection`s
        return await super().on_tick(counter) or (self._ends_at is not None and now >= self._ends_at)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was begun; connections that are late end meanwhile, too."""
        self._service.closing = True
        sweeping = asyncio.create_task(self._sweep())
        await super().shutdown(sockets)
        sweeping.cancel()
        self.log.event("ended")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for connection in list(self.server_state.connections):
                connection.sweep(time.monotonic())  # type: ignore[union-attr]

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have SIGTERM and SIGINT end the service, the second one at once; on SIGHUP bundles are read again."""
        loop = asyncio.get_running_loop()
        does = {signal.SIGTERM: self._end, signal.SIGINT: self._end, signal.SIGHUP: self._hang_up}
        handlers = {number: signal.getsignal(number) for number in does}
        for number, do in does.items():
            loop.add_signal_handler(number, do)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def _end(self) -> None:
        if self._service.draining:
            self.should_exit = self.force_exit = True
            return
        self._service.draining = True
        self._ends_at = time.monotonic() + self._drain_seconds
        self.log.event("draining")

    def _hang_up(self) -> None:
        """Read bundles again; or end, if what hung up is the terminal that the service was started from."""
        if self._service.draining:
            return
        if self._terminal and not has_terminal():
            self._end()
        else:
            task = asyncio.create_task(self._service.reloader.reload_all())
            self._reloading.add(task)
            task.add_done_callback(self._reloading.discard)


def has_terminal() -> bool:
    """Whether the process has a terminal that can be closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def connection_config(settings: ServingSettings, app: Any) -> uvicorn.Config:
    """What uvicorn is told."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # the log is ours
        logging.getLogger(name).disabled = True
    return uvicorn.Config(
        app,
        http=connection_class(settings.limits),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # an address that a client can choose is none
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=int(settings.limits.idle_seconds) + 1,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that has its address, and takes no connection yet.

    Raises:
        InputError: if it cannot be.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise InputError(
            f"Nobody can listen on {host}, port {port}: {error.strerror or error}.",
            "choose another --port or --host.",
        ) from error
    with listener:
        yield listener
