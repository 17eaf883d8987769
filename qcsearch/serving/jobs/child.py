"""The front process's side of the worker: it is started, woken, and started again if it dies."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from qcsearch import errors
from qcsearch.errors import BackendError
from qcsearch.processes import environment, python_command
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.models.served import ServedModel

__all__ = ["Child", "Offer"]

_MODULE = "qcsearch.serving.jobs.worker"
_PAUSES = (0.5, 30.0)
_STEADY_SECONDS = 60.0
_END_SECONDS = 5.0

Tell = Callable[..., None]


@dataclass
class Offer:
    """What the worker says of its backend.

    Attributes:
        models: for each digest, the facts of `processor.Facts`.
        slowness: by what factor jobs cost more than was estimated.
    """

    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    slowness: float = 1.0


class Child:
    """The worker, kept alive.

    Args:
        models: what is served.
        settings: see `QpuSettings`.
        folder: of the service's state.
        tell: called with an event and its facts.
        on_batch: called with what the worker says of a batch.
    """

    def __init__(
        self,
        models: Iterable[ServedModel],
        settings: QpuSettings,
        folder: Path,
        tell: Tell,
        on_batch: Callable[[dict[str, Any]], None] = lambda batch: None,
    ) -> None:
        self._models = models
        self._asked = {"settings": settings.to_json(), "folder": str(folder.resolve())}
        self._tell, self._on_batch = tell, on_batch
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._failures = 0
        self.offer = Offer()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start it, and wait until it has opened the backend; from now on it is started again if it dies.

        Raises:
            QCSearchError: if the backend cannot be opened, or cannot run a model.
        """
        refused = await self._open()
        if refused is not None:
            await self._end()
            kind = getattr(errors, str(refused.get("error")), BackendError)
            message = refused.get("message") or "The process that owns the backend must start. It ended."
            raise kind(message, refused.get("fix"))
        self._watching = asyncio.create_task(self._watch())

    def wake(self) -> None:
        """Say that there is something to do."""
        self._send([])

    def serve(self) -> None:
        """Have it take the models that are served by now beside those that it has."""
        self._send(self._specs)

    @property
    def _specs(self) -> list[tuple[str, str]]:
        return [(f"{model.name}={model.path}", model.digest) for model in self._models]

    def _send(self, content: Any) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, RuntimeError):  # it is dead, and will be started again
                self._process.stdin.write(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE))

    async def close(self) -> None:
        """End it; what it was doing is found by the next one."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await self._end()

    async def _open(self) -> dict[str, Any] | None:
        """Start the process, and wait until it is ready; return what it says if it is not."""
        self._process = await asyncio.create_subprocess_exec(
            *python_command(_MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,  # Ctrl-C ends the service, which drains and then ends this
        )
        self._send(self._asked | {"models": self._specs})
        said: dict[str, Any] = await anext(self._said(), {})
        if said.get("event") != "ready":
            return said
        self.offer = Offer(said["models"], said["slowness"])
        return None

    async def _watch(self) -> None:
        """Take in what it says, and start it again when it ends."""
        while True:
            began = time.monotonic()
            async for said in self._said():
                if said["event"] == "models":
                    self.offer.models = said["models"]
                    continue
                if said["event"] == "batch":
                    self.offer.slowness = said["slowness"]
                    self._on_batch(said)
                self._tell(said.pop("event"), **said)
            await self._end()
            self._failures = 0 if time.monotonic() - began > _STEADY_SECONDS else self._failures + 1
            while True:
                self._tell("fault", part="worker", error="ended", pid=os.getpid())
                await asyncio.sleep(min(_PAUSES[1], _PAUSES[0] * 2.0 ** max(0, self._failures - 1)))
                refused = await self._open()
                if refused is None:
                    break
                self._failures += 1
                self._tell("fault", part="worker", error=str(refused.get("message") or refused.get("error")))
                await self._end()

    async def _said(self) -> AsyncIterator[dict[str, Any]]:
        """What it says, line by line, until it ends."""
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            yield orjson.loads(line)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_SECONDS)
        if process.returncode is None:
            process.kill()
            await process.wait()
