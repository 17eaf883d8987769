"""The exact engine in a thread: what waits while it computes is computed together next.

Nobody waits for others to come: a request that finds the engine idle is computed at once, and those that come meanwhile
are the next batch. So batches are small where there is little to do, and grow with what there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np

from qcsearch.serving.engines.base import Answers
from qcsearch.serving.engines.work import Waiting, Work
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import BusyError
from qcsearch.training.expectations import Floats

__all__ = ["ExactEngine"]

Outcome: TypeAlias = Answers | Exception
OnBatch: TypeAlias = Callable[[int, int], None]


KIND = "simulated exact"


class ExactEngine:
    """An `Engine`: one thread, micro-batches of one model.

    The engine spreads a batch over the cores by itself, so further threads would only share them.

    Args:
        queued_rows: samples that may wait.
        batch_rows: samples that are computed in one go.
        on_batch: called with the numbers of requests and samples of each.
    """

    def __init__(
        self, queued_rows: int, batch_rows: int, on_batch: OnBatch = lambda works, rows: None
    ) -> None:
        self._waiting = Waiting(queued_rows)
        self._batch_rows = batch_rows
        self._on_batch = on_batch
        self._thread = ThreadPoolExecutor(1, "qcsearch-exact")
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting_rows(self) -> int:
        """Samples that wait to be computed."""
        return self._waiting.rows

    async def answer(self, model: ServedModel, rows: Floats, deadline: float) -> Answers:
        """See `Engine`."""
        if self._closed:
            raise BusyError("The service is ending.", "ask another one.")
        work = Work(model, rows, deadline)
        self._waiting.add(work)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await work.answers

    async def close(self) -> None:
        """See `Engine`."""
        self._closed = True
        if self._running is not None:
            await self._running
        self._thread.shutdown()

    async def _run(self) -> None:
        """Compute until nothing waits."""
        loop = asyncio.get_running_loop()
        try:
            while works := self._waiting.take(self._batch_rows):
                self._on_batch(len(works), sum(len(work.rows) for work in works))
                outcomes = await loop.run_in_executor(
                    self._thread, _compute, [(w.model, w.rows) for w in works]
                )
                for work, outcome in zip(works, outcomes, strict=True):
                    _tell(work, outcome)
        finally:
            self._running = None


def _tell(work: Work, outcome: Outcome) -> None:
    if work.answers.done():  # its client went while it was computed
        return
    if isinstance(outcome, Exception):
        work.answers.set_exception(outcome)
    else:
        work.answers.set_result(outcome)


def _compute(asked: list[tuple[ServedModel, Floats]]) -> list[Outcome]:
    """Answers to each request; if they cannot be had together, one by one, so that a bad one fails alone."""
    model = asked[0][0]
    try:
        steps = model.steps(np.concatenate([rows for _, rows in asked]))
        labels, figures = model.labels(steps.outputs), model.figures(steps.outputs)
    except Exception as error:  # whatever it is: it is told to whoever asked, and the thread goes on
        return [error] if len(asked) == 1 else [_compute([one])[0] for one in asked]
    ends = np.cumsum([len(rows) for _, rows in asked])[:-1].tolist()
    parts = zip(np.split(labels, ends), np.split(figures, ends), steps.split(ends), strict=True)
    return [Answers(model, KIND, model.source, *part) for part in parts]
