"""The process that owns the backend: it packs what waits into batches, runs one after the other, and settles the bills.

It may be killed at any moment. What it was doing stands in the jobs' file and in the journal of jobs, and the next one
goes on with it. It is started by `child`, told what it needs by the first line of its standard input, woken, or given
further models, by each further one, and ends when that ends; what happens it says as lines of JSON on its standard
output.
"""

from __future__ import annotations

import io
import json
import os
import queue
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson

from qcsearch.errors import (
    CredentialsError,
    DeadlineError,
    IdentityError,
    InputError,
    JournalError,
    QCSearchError,
    ServiceError,
    StorageError,
    SubstitutedError,
    UnknownStatusError,
)
from qcsearch.serving.jobs.batches import Batch, Batches
from qcsearch.serving.jobs.cipher import Cipher
from qcsearch.serving.jobs.places import Places
from qcsearch.serving.jobs.processor import Measured, Processor
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.jobs.store import open_database
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.amounts import Amounts
from qcsearch.serving.quotas.ledger import Ledger
from qcsearch.storage.locks import Lease
from qcsearch.training.expectations import Floats

__all__ = ["Worker", "main"]

Tell = Callable[..., None]

_AGAIN = (
    ServiceError,
    IdentityError,
    CredentialsError,
    DeadlineError,
    StorageError,
    SubstitutedError,
    UnknownStatusError,
)
"""What may go well later: the batch stays as it is, and is asked for again."""

_PAUSES = (1.0, 60.0)
_FORGET_SECONDS = 60.0
_LEASE_SECONDS = 15.0


class Worker:
    """See the module.

    Args:
        models: what is served.
        processor: what runs batches.
        settings: see `QpuSettings`.
        places: where everything is.
        tell: called with an event and its facts.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
        processor: Processor,
        settings: QpuSettings,
        places: Places,
        tell: Tell,
    ) -> None:
        self._models: dict[str, ServedModel] = {}
        self._most: dict[str, int] = {}
        self._processor, self._settings, self._tell = processor, settings, tell
        for model in models:
            self._take(model)
        self._database = open_database(places.jobs)
        self._batches, self._cipher = Batches(self._database), Cipher.open(places.key)
        self._ledger = Ledger(places.ledger)
        self._failures, self._forgot = 0, 0.0

    def add(self, model: ServedModel) -> None:
        """Run jobs of a further model; what was asked of another of its name before is answered by that.

        Raises:
            BackendError: if the backend cannot run it.
        """
        if model.digest not in self._models:
            self._processor.add(model)
            self._take(model)

    def _take(self, model: ServedModel) -> None:
        self._models[model.digest], self._most[model.digest] = model, self._processor.facts(model).most_rows

    @property
    def facts(self) -> dict[str, Any]:
        """What samples take, by the digests of the models."""
        return {digest: self._processor.facts(model).to_json() for digest, model in self._models.items()}

    def close(self) -> None:
        """Close the files."""
        self._database.close()
        self._ledger.close()
        self._processor.close()

    def step(self) -> float:
        """Do what is to be done now: settle, run one batch; return seconds until there may be more."""
        self._settle()
        if time.time() - self._forgot > _FORGET_SECONDS:
            self._forgot = time.time()
            self._batches.forget(self._forgot)
        batch, wait = self._batches.open(), 0.0
        if batch is None:
            batch, wait = self._batches.next(self._settings.window_seconds, self._most)
        if batch is None:
            return wait
        return self._run(batch)

    def _run(self, batch: Batch) -> float:
        """Run a batch to its end; return how long to leave the backend alone."""
        model = self._models.get(batch.digest)
        if model is None:  # packed by one that served it
            self._batches.fail(batch, "The model is not served any more.", Amounts())
            return 0.0
        try:
            answers = self._processor.run(batch.id, model, self._rows(batch))
        except _AGAIN as fault:
            self._failures += 1
            self._tell("fault", part="backend", error=fault.message)
            return float(min(_PAUSES[1], _PAUSES[0] * 2.0 ** (self._failures - 1)))
        except JournalError:
            raise  # another process has it: nothing can be said of the batch
        except QCSearchError as fault:
            return self._fail(batch, fault.message)
        except Exception as error:  # whatever it is, it must not be met again and again; it may hold an input
            self._tell("fault", part="worker", error=type(error).__name__)
            return self._fail(batch, f"The answer of the backend could not be used: {type(error).__name__}.")
        self._batches.finish(batch, self._parts(batch, answers), self._bill())
        self._processor.discard()
        self._told(batch, "done")
        self._failures = 0
        return 0.0

    def _fail(self, batch: Batch, problem: str) -> float:
        self._batches.fail(batch, problem, self._bill())
        self._told(batch, "failed")
        return 0.0

    def _rows(self, batch: Batch) -> Floats:
        """The samples of a batch."""
        rows: dict[str, Floats] = {}
        for part, inputs in zip(batch.parts, batch.inputs, strict=True):
            if part.job not in rows:
                content = self._cipher.decrypt(inputs, f"job {part.job}")
                rows[part.job] = np.load(io.BytesIO(content), allow_pickle=False)
        return np.concatenate([rows[part.job][part.first : part.first + part.rows] for part in batch.parts])

    def _parts(self, batch: Batch, answers: Measured) -> list[bytes]:
        """What is answered of each part, encrypted."""
        told, start, found = answers.predictions, 0, []
        about = {"kind": answers.kind, "source": answers.source, "shots": answers.shots}
        for i, part in enumerate(batch.parts):
            content = orjson.dumps({**about, "predictions": told[start : start + part.rows]})
            found.append(self._cipher.encrypt(content, batch.place(i)))
            start += part.rows
        return found

    def _bill(self) -> Amounts:
        seconds = self._processor.bill()
        price = Fraction(repr(float(self._settings.usd_per_qpu_second or 0.0)))
        used = Amounts.of(qpu_seconds=seconds)
        return Amounts(0, used.qpu_microseconds, ceil(used.qpu_microseconds * price))

    def _settle(self) -> None:
        """Tell the quotas what jobs used that have ended."""
        for job, used in self._batches.unsettled():
            reservation = self._ledger.of_job(job)
            if reservation is not None:
                self._ledger.settle(reservation, used)
            self._batches.settled(job)

    def _told(self, batch: Batch, outcome: str) -> None:
        self._settle()
        seconds, slowness = self._processor.last_bill, self._processor.slowness
        self._tell("batch", outcome=outcome, rows=batch.rows, qpu_seconds=seconds, slowness=slowness)


def main() -> None:
    """What runs in the process."""
    with os.fdopen(os.dup(0), "rb") as lines:  # of its own, for two threads read it
        asked = json.loads(lines.readline())
        told: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(lines, told), daemon=True).start()
        try:
            _work(asked, told)
        except QCSearchError as error:
            _say("refused", error=type(error).__name__, message=error.message, fix=error.fix)
        except Exception as error:  # no text of it, for there may be inputs in it
            frames = traceback.extract_tb(error.__traceback__)[-3:]
            places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
            _say("broken", error=type(error).__name__, places=places)
        os._exit(1)


def _work(asked: dict[str, Any], told: queue.SimpleQueue[list[Any]]) -> None:
    settings, places = QpuSettings.from_json(asked["settings"]), Places(Path(asked["folder"]))
    lease = Lease(places.folder / ".qpu")
    lease.take(_LEASE_SECONDS)
    models = _load(asked["models"])
    processor = Processor(models, settings, places.journal)
    worker = Worker(models, processor, settings, places, _say)
    _say("ready", models=worker.facts, slowness=processor.slowness)
    while True:
        try:
            wait = worker.step()
        except sqlite3.OperationalError as error:  # a disk that is full, or busy
            _say("fault", part="jobs", error=str(error))
            wait = _PAUSES[0]
        with suppress(queue.Empty):
            _add(worker, told.get(timeout=wait))
            while True:
                _add(worker, told.get_nowait())


def _add(worker: Worker, asked: list[Any]) -> None:
    """Take models that are served from now on; none is taken if the word was to look."""
    if not asked:
        return
    try:
        for model in _load(asked):
            worker.add(model)
    except QCSearchError as error:
        _say("fault", part="worker", error=error.message)
    _say("models", models=worker.facts)


def _load(asked: list[Any]) -> list[ServedModel]:
    """The models, as the front process has read them.

    Raises:
        InputError: if one has another digest by now.
    """
    models = [ServedModel.load(spec) for spec, _ in asked]
    for model, (_, digest) in zip(models, asked, strict=True):
        if model.digest != digest:
            raise InputError(
                f"The bundle of '{model.name}' must be that which the service has read. It has changed."
            )
    return models


def _listen(lines: BinaryIO, told: queue.SimpleQueue[list[Any]]) -> None:
    """Hand on each line; end with whoever sends them."""
    for line in lines:
        told.put(json.loads(line))
    os._exit(0)


def _say(event: str, **facts: Any) -> None:
    os.write(1, orjson.dumps({"event": event, **facts}, option=orjson.OPT_APPEND_NEWLINE))
