"""The quotas of a service: how often a key may ask, and what it may use."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from qcsearch.serving.access.caller import Caller
from qcsearch.serving.quotas.amounts import NONE, Amounts
from qcsearch.serving.quotas.ledger import Ledger
from qcsearch.serving.quotas.rate import Rates
from qcsearch.serving.refusals import LedgerError

__all__ = ["Quotas", "Reservation"]

T = TypeVar("T")


@dataclass(eq=False)
class Reservation:
    """What is reserved for one request.

    Attributes:
        used: what it did use; at first what was reserved.
    """

    used: Amounts


class Quotas:
    """Counts what keys use.

    Args:
        ledger: where it is kept; None if it is not: then keys that have a bound a day are refused.
        on_fault: told what went wrong where nobody could be.
    """

    def __init__(self, ledger: Ledger | None, on_fault: Callable[[str], None] = lambda error: None) -> None:
        self._ledger = ledger
        self._on_fault = on_fault
        self._rates = Rates()
        self._thread = ThreadPoolExecutor(1, "qcsearch-quotas")  # a disk may be slow, the event loop may not

    def check_rate(self, caller: Caller) -> None:
        """Count a request of a key.

        Raises:
            QuotaError: if it asks more often than it may.
        """
        self._rates.check(caller)

    @asynccontextmanager
    async def reserved(self, caller: Caller, asked: Amounts) -> AsyncIterator[Reservation]:
        """For the time of a `with`, reserve what a request may use at most; then settle what it used.

        A request that fails releases it. One that is cancelled while it is reserved leaves it reserved, and it counts
        as used: that happens to a service that ends alone.

        Args:
            caller: whoever asks.
            asked: what is reserved.

        Raises:
            QuotaError: if it is more than the key may use.
            LedgerError: if that cannot be known.
        """
        reservation = Reservation(asked)
        if not caller.quota.daily:
            yield reservation
            return
        number = await self._reserve(caller, asked)
        try:
            yield reservation
        except BaseException:
            await self._settle(number, NONE)
            raise
        await self._settle(number, reservation.used)

    async def reserve_job(self, caller: Caller, asked: Amounts, job: str) -> None:
        """Reserve what a job may use at most; that outlives this process.

        Raises:
            QuotaError: if it is more than the key may use.
            LedgerError: if that cannot be known.
        """
        if caller.quota.daily:
            await self._reserve(caller, asked, job)

    async def release_job(self, job: str) -> None:
        """Release what was reserved for a job that used nothing."""
        ledger = self._ledger
        if ledger is None:
            return

        def release() -> None:
            reservation = ledger.of_job(job)
            if reservation is not None:
                ledger.settle(reservation, NONE)

        try:
            await self._do(release)
        except sqlite3.Error as error:
            self._on_fault(str(error))

    async def jobs(self) -> list[str]:
        """Names of the jobs for which something is reserved."""
        return [] if self._ledger is None else await self._do(self._ledger.jobs)

    def close(self) -> None:
        """Finish what was begun; the file is its owner's to close."""
        self._thread.shutdown()

    async def _reserve(self, caller: Caller, asked: Amounts, job: str | None = None) -> int:
        ledger = self._ledger
        if ledger is None:
            raise LedgerError(
                "The key has a quota, and this service keeps none.", "start it with --state DIR."
            )
        try:
            return await self._do(lambda: ledger.reserve(caller.key, caller.quota, asked, job))
        except sqlite3.Error as error:
            self._on_fault(str(error))
            raise LedgerError("The quotas cannot be kept now.", "ask again later.") from None

    async def _settle(self, number: int, used: Amounts) -> None:
        """What cannot be written stays reserved, and counts as used from the next start on."""
        ledger = self._ledger
        assert ledger is not None
        try:
            await self._do(lambda: ledger.settle(number, used))
        except sqlite3.Error as error:
            self._on_fault(str(error))

    async def _do(self, step: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, step)
