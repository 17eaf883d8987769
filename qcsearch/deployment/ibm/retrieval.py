"""From a job that is done to its result: kept before it is read, and put aside if it is none."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from qcsearch.deployment.ibm.cloud import Cloud
from qcsearch.deployment.ibm.entry import Entry
from qcsearch.deployment.ibm.faults import LATER, is_transient
from qcsearch.deployment.ibm.journal import Journal
from qcsearch.errors import BackendError, CredentialsError, ResultError, ServiceError, StorageError

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["Retrieval"]

T = TypeVar("T")
_log = logging.getLogger("qcsearch.deployment")


class Verbatim:
    """A decoder for the client: results as the text that they are, if they may be JSON; a proxy's page is not."""

    @staticmethod
    def is_applicable(data: str) -> bool:
        """Whatever comes."""
        return True

    @staticmethod
    def decode(data: str) -> str:
        """Return `data`.

        Raises:
            ServiceError: if it cannot be the text of a JSON object.
        """
        if not data.lstrip().startswith("{"):
            raise ServiceError("The service must give the result of a job. It gives something else.", LATER)
        return data


class Retrieval:
    """Gets the results of jobs, each written to the disk before it is looked at.

    Args:
        cloud: the backend.
        journal: where results are kept.
    """

    def __init__(self, cloud: Cloud, journal: Journal) -> None:
        self._cloud, self._journal, self._shelf = cloud, journal, journal.shelf

    def result(
        self, entry: Entry, wait: Callable[[], RuntimeJobV2], read: Callable[[str], T], size: int
    ) -> T:
        """The result of an entry's job; a bad one is put aside, and asked for once more.

        Args:
            entry: that has a job.
            wait: waits for the job.
            read: makes of the text what is wanted; raises `ResultError` if it is no result of the request.
            size: bytes of the text, at most.

        Raises:
            ResultError: if the service gives none that can be used; the bad one is kept.
            StorageError: if there is no room for it.
            BackendError: if there is none yet.
        """
        first: ResultError | None = None
        for _ in range(2):
            try:
                text = self._journal.load(entry) or self._ask(entry, wait(), size)
                found = read(text)
            except ResultError as fault:
                self._journal.refuse(entry, fault.message)
                first = first or fault
            else:
                self._journal.store(entry, text)
                return found
        assert first is not None
        raise ResultError(
            f"{first.message} What came for job {entry.job} is kept in '{self._shelf.aside(entry.tag)}'.",
            fix="run the same command again: it asks for the result of the same job once more. To pay for another "
            "job in its place, remove that file first.",
        ) from first

    def _ask(self, entry: Entry, job: RuntimeJobV2, size: int) -> str:
        """Ask for a result, for which there is room on the disk by then, and write it.

        Raises:
            ResultError: if the service refuses to give it.
        """
        self._shelf.reserve(entry.tag, size)
        try:
            text = self._cloud.call(lambda: job.result(decoder=Verbatim))
        except BackendError as fault:
            if is_transient(fault) or isinstance(fault, CredentialsError):
                raise
            raise ResultError(f"The service must give a job's result. {fault.message}") from fault
        if not text:
            raise ResultError("The service must give a job's result. It is empty.")
        self._keep(entry, str(text))
        return str(text)

    def _keep(self, entry: Entry, text: str) -> None:
        """Write a result; it may be the only time that it is given, so a full disk is waited for."""
        patience = self._cloud.patience
        for failures in range(1, patience.attempts):
            try:
                return self._shelf.put(entry.tag, text)
            except StorageError as fault:
                _log.warning("%s It is held in memory, and tried again.", fault.message)
                time.sleep(patience.pause(failures))
        return self._shelf.put(entry.tag, text)
