"""A service's jobs, opened and closed with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from qcsearch.errors import InputError
from qcsearch.serving.jobs.child import Child
from qcsearch.serving.jobs.cipher import Cipher
from qcsearch.serving.jobs.desk import Desk
from qcsearch.serving.jobs.places import Places
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.jobs.store import JobStore, open_database
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.watching.metrics import Metrics

__all__ = ["open_desk"]


@contextmanager
def open_desk(
    settings: QpuSettings | None,
    folder: Path | None,
    models: Iterable[ServedModel],
    quotas: Quotas,
    most_rows: int,
    metrics: Metrics,
    tell: Callable[..., None],
) -> Iterator[Desk | None]:
    """For the time of a `with`, have the jobs open; the worker is the event loop's to start.

    Args:
        settings: on what they run; None for a service without a backend.
        folder: of the service's state.
        models: what is served; asked again when it changes.
        quotas: what keys may use.
        most_rows: samples that may wait.
        metrics: count batches.
        tell: called with an event and its facts.

    Raises:
        InputError: if the jobs cannot be read.
    """
    if settings is None or folder is None:
        yield None
        return
    places = Places(folder)
    cipher = Cipher.open(places.key)
    try:
        database = open_database(places.jobs)
    except sqlite3.Error as error:
        raise InputError(f"The jobs in '{folder}' cannot be used: {error}.") from None
    with closing(database):
        child = Child(models, settings, folder, tell, metrics.qpu_batch)
        with closing(Desk(JobStore(database, most_rows), cipher, quotas, child, settings)) as desk:
            yield desk
