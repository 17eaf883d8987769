"""Where jobs are taken and looked at: what the routes ask, on the front process's side of the store."""

from __future__ import annotations

import asyncio
import io
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from math import ceil
from typing import Any, TypeVar

import numpy as np
import orjson

from qcsearch.serving.access.caller import Caller
from qcsearch.serving.jobs.child import Child
from qcsearch.serving.jobs.cipher import Cipher
from qcsearch.serving.jobs.packing import touched
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.jobs.store import Job, JobStore, NewJob
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.amounts import Amounts
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.refusals import (
    BusyError,
    ForbiddenError,
    InFlightError,
    JobsError,
    ReusedError,
    UnreadableError,
)
from qcsearch.training.expectations import Floats

__all__ = ["Desk"]

T = TypeVar("T")
_LONGEST_NAME = 255


class Desk:
    """See the module.

    Args:
        store: the jobs.
        cipher: for their samples and answers.
        quotas: what keys may use.
        child: the worker.
        settings: see `QpuSettings`.
    """

    def __init__(
        self, store: JobStore, cipher: Cipher, quotas: Quotas, child: Child, settings: QpuSettings
    ) -> None:
        self._store, self._cipher, self._quotas = store, cipher, quotas
        self.child, self._settings = child, settings
        self._in_flight: set[tuple[str, str]] = set()
        self._thread = ThreadPoolExecutor(1, "qcsearch-jobs")  # a disk may be slow, the event loop may not

    @asynccontextmanager
    async def once(self, caller: Caller, name: str | None, body: bytes) -> AsyncIterator[Job | None]:
        """For the time of a `with`, answer a request that has a name; yield the job that it was given before, if any.

        Args:
            caller: whoever asks.
            name: the `Idempotency-Key`; None if there is none.
            body: of the request.

        Raises:
            UnreadableError: if it is no name.
            InFlightError: if the same request is being answered.
            ReusedError: if it was that of another request.
        """
        if name is None:
            yield None
            return
        if not 0 < len(name) <= _LONGEST_NAME or not (name.isascii() and name.isprintable()):
            raise UnreadableError(
                f"An Idempotency-Key must be 1 to {_LONGEST_NAME} printable characters. This one is not."
            )
        place = (caller.key, name)
        if place in self._in_flight:
            raise InFlightError("A request with this Idempotency-Key is being answered.", "ask again later.")
        self._in_flight.add(place)
        try:
            known = await self._do(lambda: self._store.known(*place))
            if known is None:
                yield None
            elif known[1] != self._cipher.digest(body):
                raise ReusedError(
                    "An Idempotency-Key must go with one request. This one came with another body.",
                    "take a new one for a new request.",
                )
            else:
                yield await self.find(caller, known[0])
        finally:
            self._in_flight.discard(place)

    async def submit(
        self, caller: Caller, model: ServedModel, rows: Floats, name: str | None, body: bytes
    ) -> Job:
        """Take a job: when this returns it survives anything, and what it may cost is reserved.

        Args:
            caller: whoever asks.
            model: the model.
            rows: what its `read` returned.
            name: the `Idempotency-Key`; None if there is none.
            body: of the request.

        Raises:
            QuotaError: if it may cost more than the key may use.
            BusyError: if too much waits.
        """
        ident = secrets.token_hex(16)
        content = io.BytesIO()
        np.save(content, rows, allow_pickle=False)
        new = NewJob(
            ident,
            caller.key,
            model.name,
            model.digest,
            len(rows),
            self._cipher.encrypt(content.getvalue(), f"job {ident}"),
            time.time(),
            name,
            self._cipher.digest(body),
        )
        await self._quotas.reserve_job(caller, self._asked(caller, model, len(rows)), ident)
        try:
            await self._do(lambda: self._store.add(new))
        except BaseException:
            await self._quotas.release_job(ident)
            raise
        self.child.wake()
        return await self.find(caller, ident)

    async def find(self, caller: Caller, job: str) -> Job:
        """A job of the caller.

        Raises:
            UnknownJobError: if there is none.
        """
        return await self._do(lambda: self._store.find(caller.key, job))

    async def cancel(self, caller: Caller, job: str) -> Job:
        """Cancel a job of the caller; it costs nothing.

        Raises:
            UnknownJobError: if there is none.
            ConflictError: if it is with the backend, or has ended.
        """
        found = await self._do(lambda: self._store.cancel(caller.key, job, time.time()))
        await self._quotas.release_job(job)
        return found

    def result(self, job: Job) -> dict[str, Any] | None:
        """What was answered, as `schemas.PredictResponse` has it; None of a job that is not done."""
        parts = [orjson.loads(self._cipher.decrypt(content, place)) for place, content in job.answers]
        if not parts:
            return None
        predictions = [one for part in parts for one in part["predictions"]]
        about = {name: parts[0][name] for name in ("kind", "source")}
        shots = min(part["shots"] for part in parts)
        return {
            "model": job.model,
            "digest": job.digest,
            **about,
            "shots": shots,
            "predictions": predictions,
        }

    async def __aenter__(self) -> Desk:
        """Start the worker, and wait for it.

        Raises:
            QCSearchError: if the backend cannot be opened.
        """
        await self._recover()
        await self.child.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        """End the worker; jobs stay."""
        await self.child.close()

    async def _recover(self) -> None:
        """Release what was reserved for jobs that were never kept: their service was killed in between."""
        reserved = await self._quotas.jobs()
        for job in await self._do(lambda: [name for name in reserved if not self._store.has(name)]):
            await self._quotas.release_job(job)

    def serve(self) -> None:
        """Take jobs of the models that are served by now; those that were asked before are answered as they were."""
        self.child.serve()

    async def waiting_rows(self) -> int:
        """Samples that wait for the backend."""
        return await self._do(self._store.waiting_rows)

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown()

    def _asked(self, caller: Caller, model: ServedModel, rows: int) -> Amounts:
        """What a job may cost at most, as far as that is known before."""
        facts = self.child.offer.models.get(model.digest)
        if facts is None:
            raise BusyError("The backend does not know the model yet.", "ask again later.")
        jobs = touched(rows, facts["most_rows"])
        seconds = jobs * facts["job_seconds"] + rows * facts["row_seconds"]
        price = self._settings.usd_per_qpu_second
        if seconds and price is None and caller.quota.dollars_per_day is not None:
            raise ForbiddenError(
                "The key is bounded in dollars, and this service knows no price of its backend.",
                "start it with --usd-per-qpu-second.",
            )
        seconds *= self.child.offer.slowness
        return Amounts(rows, ceil(seconds * 1e6), ceil(seconds * 1e6 * (price or 0.0)))

    async def _do(self, step: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, step)
        except sqlite3.Error:
            raise JobsError("Jobs cannot be kept now.", "ask again later.") from None
