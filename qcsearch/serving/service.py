"""What every prediction goes through, whichever route it came by: who, which model, how much, then the engine.

A further rule is a step here and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qcsearch.serving.access.caller import Caller, Scope
from qcsearch.serving.access.guard import Guard
from qcsearch.serving.engines.base import Answers, Engine
from qcsearch.serving.jobs.desk import Desk
from qcsearch.serving.models.catalog import Catalog
from qcsearch.serving.models.loading import Reloader
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.amounts import Amounts
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.refusals import UnreadableError
from qcsearch.serving.settings import Limits
from qcsearch.serving.watching.metrics import Metrics
from qcsearch.serving.watching.record import Record
from qcsearch.serving.watching.traces import Traces
from qcsearch.training.expectations import Floats

__all__ = ["Service"]


@dataclass(eq=False)
class Service:
    """The parts of a service that its routes ask.

    Attributes:
        catalog: its models.
        engine: what computes.
        guard: who may ask.
        quotas: how much a key may.
        limits: how much a request, and all together.
        metrics: what is counted.
        reloader: reads bundles again.
        desk: takes jobs for a backend; None if there is none.
        seen: called with a model and the samples of each request that it answered.
        traces: make spans of requests; None for none.
        draining: whether it was told to end, and still takes connections.
        closing: whether it takes none any more, so that each answer closes its own.
    """

    catalog: Catalog
    engine: Engine
    guard: Guard
    quotas: Quotas
    limits: Limits
    metrics: Metrics
    reloader: Reloader
    desk: Desk | None = None
    seen: Callable[[ServedModel, Floats], None] = lambda model, X: None
    traces: Traces | None = None
    draining: bool = False
    closing: bool = False

    @property
    def ready(self) -> bool:
        """Whether it should be sent requests; models are warm before it listens at all."""
        return not self.draining

    async def identify(self, authorization: str | None, record: Record) -> Caller:
        """Who sent an `Authorization` header.

        Raises:
            UnauthorizedError: if it names nobody.
            QuotaError: if that key asks too often.
        """
        record.caller = await self.guard.identify(authorization)
        self.quotas.check_rate(record.caller)
        return record.caller

    def find(
        self, caller: Caller, name: str, version: str | None = None, scope: Scope = "predict"
    ) -> ServedModel:
        """A model, for who may use it.

        Raises:
            ForbiddenError: if the caller may not predict.
            UnknownModelError: if there is no such model, or none for the caller.
        """
        caller.check(scope)
        caller.check_model(name)
        return self.catalog.find(name, version)

    def check_rows(self, n_rows: int, most: int | None = None) -> None:
        """Pass if one request may have so many samples.

        Args:
            n_rows: how many it has.
            most: fewer than any request may have, if its route takes fewer.

        Raises:
            UnreadableError: if not.
        """
        most = self.limits.rows if most is None else most
        if n_rows > most:
            raise UnreadableError(
                f"A request must have at most {most:,} sample{'s' * (most > 1)}. It has {n_rows:,}.",
                "send them in parts.",
            )

    async def predict(
        self, model: ServedModel, rows: Any, record: Record, seconds: float | None = None
    ) -> Answers:
        """What a model says of samples.

        Args:
            model: what `find` returned.
            rows: as `ServedModel.read` takes them.
            record: of the request.
            seconds: that the client waits; None for as long as the service allows.

        Raises:
            DataError: if the model cannot take the samples.
            RefusedError: if there are too many, its key used what it may, too much waits, or it took too long.
        """
        assert record.caller is not None
        record.model, record.digest = model.name, model.digest
        checked = model.read(rows)
        record.rows = len(checked)
        self.check_rows(len(checked))
        patience = (
            self.limits.request_seconds if seconds is None else min(seconds, self.limits.request_seconds)
        )
        async with self.quotas.reserved(record.caller, Amounts(rows=len(checked))):
            asked = time.monotonic()
            answers = await self.engine.answer(model, checked, record.began + patience)
            record.computing = (asked, time.monotonic())
        self.metrics.rows.labels(model.name).inc(len(answers))
        self.seen(model, checked)
        return answers
