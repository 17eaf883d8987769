"""One request, one job: submitted once, found again after anything, its result kept before it is used."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from qcsearch.deployment.ibm.answers import charged_seconds
from qcsearch.deployment.ibm.cloud import Cloud
from qcsearch.deployment.ibm.faults import LATER, is_transient, session_closed
from qcsearch.deployment.ibm.journal import Entry, Journal
from qcsearch.deployment.ibm.pace import TokenBucket
from qcsearch.deployment.ibm.retrieval import Retrieval
from qcsearch.errors import (
    BackendError,
    CeilingError,
    DeadlineError,
    JobCancelledError,
    JobFailedError,
    ResultError,
    SessionClosedError,
    SubstitutedError,
    UnknownStatusError,
)

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["Request", "Submitter"]

T = TypeVar("T")
_log = logging.getLogger("qcsearch.deployment")
_TOO_LONG = "longer than maximum execution time"
_WAITING, _GOOD = ("INITIALIZING", "QUEUED", "RUNNING"), ("DONE", "RUNNING", "QUEUED", "INITIALIZING")


@dataclass(frozen=True)
class Request(Generic[T]):
    """What is asked of the backend, once.

    Attributes:
        key: equal requests have equal keys.
        submit: submits a job that carries the tag it is given.
        check: raises if the job should not be submitted now.
        read: makes of a result's text what is wanted; raises `ResultError` if it is no result of this request.
        size: bytes that a result's text takes at most.
        estimate: QPU seconds that it will take, at least.
        shots: for the journal.
        executions: runs of all circuits together, for the journal.
    """

    key: str
    submit: Callable[[str], RuntimeJobV2]
    check: Callable[[], None]
    read: Callable[[str], T]
    size: int
    estimate: float
    shots: int
    executions: int


class Submitter:
    """Gets the results of requests, each from one job, whatever happens in between.

    Args:
        cloud: the backend.
        journal: where intents and results are kept.
    """

    def __init__(self, cloud: Cloud, journal: Journal) -> None:
        self._cloud, self._journal = cloud, journal
        self._patience = cloud.patience
        self._retrieval = Retrieval(cloud, journal)
        self._bucket = TokenBucket(self._patience.submits_per_minute)

    def result(self, request: Request[T]) -> T:
        """The result of a request: from the journal, from a job that is there, or from a new one.

        Raises:
            BackendError: if there is none; the same request can be made again.
            CeilingError: if `request.check` says so.
        """
        entry = self._journal.find(request.key)
        if entry is not None and entry.job is None:  # killed before the answer came
            self._journal.doubt(entry)
        if entry is None or (entry.job is None and not self._adopt(entry)):
            request.check()
            entry = entry or self._intend(request)
            self._submit(entry, request)
        try:
            found = self._retrieval.result(entry, partial(self._wait, entry), request.read, request.size)
        except ResultError:
            self._meter(entry)  # it ran all the same
            raise
        if entry.seconds is None:
            self._meter(entry)
        return found

    def sweep(self) -> None:
        """Look once more for jobs that were accepted late, of submissions that got no clear answer."""
        for entry in self._journal.entries:
            if entry.doubtful:
                self._cancel_others(entry)

    def _intend(self, request: Request[T]) -> Entry:
        return self._journal.intend(
            request.key,
            request.estimate,
            backend=self._cloud.name,
            shots=request.shots,
            executions=request.executions,
        )

    def _submit(self, entry: Entry, request: Request[T]) -> None:
        """Submit until there is a job.

        Raises:
            BackendError: if there is none. The entry stays open if a job may still turn up.
        """
        for failures in range(self._patience.attempts):
            if failures:
                time.sleep(self._patience.pause(failures))
            self._bucket.take()
            try:
                job = self._cloud.once(lambda: request.submit(entry.tag))
            except BackendError as fault:
                _log.info("The submission failed: %s", fault)
                if not entry.doubtful:
                    self._journal.doubt(entry)
                if self._adopt(entry):
                    return
                if not is_transient(fault):
                    self._journal.end(entry, type(fault).__name__)
                    raise
                last = fault
            else:
                self._journal.submitted(entry, job.job_id())
                self._check_backend(entry, job)
                return
        raise last

    def _adopt(self, entry: Entry) -> bool:
        """Take the job that carries the tag, if there is one, and cancel all others."""
        jobs = self._cloud.jobs(entry.tag)
        if not jobs:  # it may be on its way
            time.sleep(self._patience.settle)
            jobs = self._cloud.jobs(entry.tag)
        if not jobs:
            return False
        states = [self._cloud.call(job.status) for job in jobs]
        best = min(range(len(jobs)), key=lambda i: _rank(states[i]))
        self._journal.submitted(entry, jobs[best].job_id())
        self._check_backend(entry, jobs[best])
        self._cancel_others(entry)
        return True

    def _cancel_others(self, entry: Entry) -> None:
        for job in self._cloud.jobs(entry.tag):
            if job.job_id() not in (entry.job, *entry.duplicates):
                if self._cloud.call(job.status) in _WAITING:
                    self._cancel(job)
                self._journal.duplicate(entry, job.job_id(), self._seconds(job) or 0.0)

    def _cancel(self, job: RuntimeJobV2) -> None:
        """Cancel a job unless it has ended."""
        try:
            self._cloud.call(job.cancel)
        except BackendError as fault:
            _log.info("Job %s could not be cancelled: %s", job.job_id(), fault)

    def _check_backend(self, entry: Entry, job: RuntimeJobV2) -> None:
        name = job.backend().name
        if name != self._cloud.name:
            self._cancel(job)
            self._journal.end(entry, f"substituted by {name}")
            raise SubstitutedError(
                f"The job must run on {self._cloud.name}. The service put it on {name}; it was cancelled.",
                fix=LATER,
            )

    def _wait(self, entry: Entry) -> RuntimeJobV2:
        """The entry's job, when it is done.

        Raises:
            BackendError: if it has ended without a result, or not in time.
        """
        job = self._cloud.job(str(entry.job))
        started, pause, unknown = time.monotonic(), self._patience.poll, 0
        while (status := self._cloud.call(job.status)) != "DONE":
            if status == "CANCELLED":
                self._journal.end(entry, "cancelled")
                self._meter(entry)
                raise JobCancelledError(f"Job {entry.job} must run. It was cancelled.", fix=LATER)
            if status == "ERROR":
                self._fail(entry, job)
            unknown = 0 if status in _WAITING else unknown + 1
            if unknown >= self._patience.unknown_polls:
                raise UnknownStatusError(
                    f"Job {entry.job} must be in a state that is known. It is {str(status)[:40]!r}.",
                    fix=LATER,
                )
            if time.monotonic() - started > self._patience.job:
                raise DeadlineError(
                    f"Job {entry.job} must end within {self._patience.job:g} s. It is {status.lower()}.",
                    fix="run the same command again: it waits for this very job.",
                )
            time.sleep(pause)
            pause = min(self._patience.slow_poll, 1.5 * pause)
        return job

    def _fail(self, entry: Entry, job: RuntimeJobV2) -> None:
        """Raise what a failed job stands for.

        Raises:
            CeilingError: if the service ended it at what was left of the budget.
            BackendError: whatever else it was.
        """
        reason = " ".join(str(self._cloud.call(job.error_message)).split())[:300].rstrip(".") + "."
        self._journal.end(entry, "failed")
        self._meter(entry)
        if _TOO_LONG in reason:
            raise CeilingError(
                f"Job {entry.job} must fit what is left of the ceiling. The service ended it there.",
                fix="run the same command with a higher --max-qpu-seconds; it goes on where it stopped.",
            )
        if session_closed(reason):
            raise SessionClosedError(
                f"Job {entry.job} must run before its session is closed. {reason}", LATER
            )
        raise JobFailedError(f"Job {entry.job} must run without an error. {reason}", fix=LATER)

    def _meter(self, entry: Entry) -> None:
        """Write down what the job cost, if that is known by now."""
        try:
            seconds = self._seconds(self._cloud.job(str(entry.job)))
        except BackendError as fault:
            _log.info("The usage of job %s is not known: %s", entry.job, fault)
            return
        if seconds is not None:
            self._journal.charged(entry, seconds)

    def _seconds(self, job: RuntimeJobV2) -> float | None:
        """QPU seconds of a job, None while they are not final."""
        return charged_seconds(self._cloud.call(job.metrics))


def _rank(status: str) -> int:
    """Which of several jobs with one tag to keep: the one that is furthest."""
    return _GOOD.index(status) if status in _GOOD else len(_GOOD)
