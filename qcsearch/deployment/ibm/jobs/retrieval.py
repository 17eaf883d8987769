"""From a job that is done to its result: kept before it is read, and put aside if it is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.ibm.connection.faults import LATER, is_transient
from qcsearch.deployment.ibm.jobs.entry import Entry
from qcsearch.deployment.ibm.jobs.fetcher import detached
from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.deployment.ibm.jobs.result_store import is_text_of_result
from qcsearch.errors import BackendError, CredentialsError, ResultError, ServiceError

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["Retrieval"]

T = TypeVar("T")


class TextDecoder:
    """A decoder for the client: results as the text that they are, if they may be JSON."""

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
        if not is_text_of_result(data):
            raise ServiceError("The service must give the result of a job. It gives something else.", LATER)
        return data


class Retrieval:
    """Gets the results of jobs, each written to the disk before it is looked at.

    Args:
        cloud: the backend.
        journal: where results are kept.
        private: whether results are given once; then each is fetched by a process of its own.
    """

    def __init__(self, cloud: Cloud, journal: Journal, private: bool) -> None:
        self._cloud, self._journal, self._results = cloud, journal, journal.results
        self._private = private

    def result(
        self, entry: Entry, wait: Callable[[], RuntimeJobV2], read: Callable[[str], T], size: int
    ) -> T:
        """The result of an entry's job; a bad one is put aside, and asked for once more.

        Args:
            entry: an entry that has a job.
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
            f"{first.message} What came for job {entry.job} is kept in '{self._results.aside(entry.tag)}'.",
            fix="run the same command again: it asks for the result of the same job once more. To pay for another "
            "job in its place, remove that file first.",
        ) from first

    def _ask(self, entry: Entry, job: RuntimeJobV2, size: int) -> str:
        """Ask for a result, and write it.

        Raises:
            ResultError: if the service refuses to give it.
        """
        try:
            text = self._cloud.call(lambda: self._read(entry, job, size))
        except BackendError as fault:
            if is_transient(fault) or isinstance(fault, CredentialsError):
                raise
            raise ResultError(f"The service must give a job's result. {fault.message}") from fault
        if not text:
            raise ResultError("The service must give a job's result. It is empty.")
        self._results.put(entry.tag, str(text))
        return str(text)

    def _read(self, entry: Entry, job: RuntimeJobV2, size: int) -> object:
        """What the client makes of the result of a job."""
        if not self._private:
            return job.result(decoder=TextDecoder)
        with detached(job, self._results, entry.tag, size, self._cloud.retry.call_timeout):
            return job.result(decoder=TextDecoder)
