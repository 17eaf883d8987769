"""One request, one job: submitted once, found again after anything, its result kept before it is used."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from math import inf
from typing import TYPE_CHECKING, Generic, TypeVar

from qcsearch.deployment.ibm.billing.meter import Meter
from qcsearch.deployment.ibm.connection.answers import checked_id
from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.ibm.connection.faults import LATER, is_clear, is_transient, session_closed, status_of
from qcsearch.deployment.ibm.connection.retry import TokenBucket
from qcsearch.deployment.ibm.jobs.duplicates import WAITING, DuplicateJobs, session_of
from qcsearch.deployment.ibm.jobs.entry import Entry
from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.deployment.ibm.jobs.retrieval import Retrieval
from qcsearch.errors import (
    BackendError,
    CeilingError,
    DeadlineError,
    JobCancelledError,
    JobFailedError,
    ResultError,
    SessionClosedError,
    UnknownStatusError,
)

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["Request", "Submitter"]

T = TypeVar("T")
_log = logging.getLogger("qcsearch.deployment")
_TOO_LONG = "longer than maximum execution time"
"""In the message of a job that the service ended at the limit that it was given."""


@dataclass(frozen=True)
class Request(Generic[T]):
    """What is asked of the backend, once.

    Attributes:
        key: equal requests have equal keys.
        submit: submits a job that carries the tag it is given, and is to end after so many QPU seconds.
        check: raises if the job should not be submitted now; else says after how many QPU seconds it is to end.
        ready: sees to what a job needs to be submitted, such as a session.
        read: makes of a result's text what is wanted; raises `ResultError` if it is no result of this request.
        size: bytes that a result's text takes at most.
        estimate: QPU seconds that it will take, at least.
        shots: shots of each circuit, for the journal.
        executions: runs of all circuits together, for the journal.
    """

    key: str
    submit: Callable[[str, int], RuntimeJobV2]
    check: Callable[[], int]
    ready: Callable[[], object]
    read: Callable[[str], T]
    size: int
    estimate: float
    shots: int
    executions: int


class Submitter:
    """Gets the results of requests, each from one job, whatever happens in between.

    What is promised: a request whose job the service has shown within half a minute of its submission is billed once,
    also if answers were lost; a second job that comes to light later is cancelled if it has not run by then, and in
    any case counted. What is assumed: a job that is not in the service's listing half a minute after a submission
    that got no answer was not accepted. A service that takes longer than that may be paid twice.

    Args:
        cloud: the backend.
        journal: where intents and results are kept.
        private: whether jobs are private, so that the service gives each result once.
    """

    def __init__(self, cloud: Cloud, journal: Journal, private: bool) -> None:
        self._cloud, self._journal = cloud, journal
        self._retry = cloud.retry
        self._retrieval = Retrieval(cloud, journal, private)
        self._duplicates, self._meter = DuplicateJobs(cloud, journal), Meter(cloud, journal)
        self._doubts: dict[str, float] = {}
        self._posts: Counter[str] = Counter()
        self._waited: frozenset[str] = self._meter.open  # those of runs before are asked for, not waited for
        self._bucket = TokenBucket(self._retry.submits_per_minute)

    def result(self, request: Request[T]) -> T:
        """The result of a request: from the journal, from a job that is there, or from a new one.

        Raises:
            BackendError: if there is none; the same request can be made again.
            CeilingError: if `request.check` says so.
        """
        entry = self._journal.find(request.key)
        if entry is not None and entry.job is None:  # killed before the answer came
            self._doubt(entry)
            self._posts[entry.tag] += 1
        if entry is None or (entry.job is None and not self._duplicates.find(entry)):
            self._await_bills()
            limit = request.check()
            entry = entry or self._intend(request)
            self._submit(entry, request, limit)
        try:
            found = self._retrieval.result(entry, partial(self._wait, entry), request.read, request.size)
        except ResultError:
            self._meter.read()  # it ran all the same
            raise
        if entry.seconds is None:
            self._meter.read()
        return found

    def settle(self, wait: bool = True) -> None:
        """See to what is still open: jobs that come to light late, and bills that are not final.

        Args:
            wait: look again and again, half a minute at most, as long as something of this run is open.
        """
        for gap in (0.0, *self._retry.gaps[: None if wait else 0]):
            time.sleep(gap)
            for entry in self._journal.entries:
                if entry.doubtful:
                    self._duplicates.look(entry)
            self._meter.read()
            if self._meter.open <= self._waited and not any(map(self._in_doubt, self._journal.entries)):
                break
        self._waited |= self._meter.open

    def _await_bills(self) -> None:
        """Wait a moment for bills that are not final, so that the next job is not let through on an estimate."""
        # Three gaps, seven seconds by default, where `settle` takes all: this is waited for before every job.
        for gap in (0.0, *self._retry.gaps[:3]):
            time.sleep(gap)
            self._meter.read()
            if self._meter.open <= self._waited:
                break
        self._waited |= self._meter.open

    def _in_doubt(self, entry: Entry) -> bool:
        """Whether there may be jobs that have not come to light: fewer are known than were submitted."""
        since = time.monotonic() - self._doubts.get(entry.tag, -inf)
        return len(entry.bills) < self._posts[entry.tag] and since < sum(self._retry.gaps)

    def _doubt(self, entry: Entry) -> None:
        self._doubts[entry.tag] = time.monotonic()
        if not entry.doubtful:
            self._journal.doubt(entry)

    def _intend(self, request: Request[T]) -> Entry:
        return self._journal.intend(
            request.key,
            request.estimate,
            backend=self._cloud.name,
            shots=request.shots,
            executions=request.executions,
        )

    def _submit(self, entry: Entry, request: Request[T], limit: int) -> None:
        """Submit until there is a job.

        Raises:
            BackendError: if there is none. The entry stays open if a job may still turn up.
        """
        for failures in range(self._retry.attempts):
            if failures:
                time.sleep(self._retry.pause(failures))
            fault = self._attempt(entry, request, limit)
            if fault is None:
                return
            _log.info("The submission failed: %s", fault)
            if not is_transient(fault):
                self._journal.end(entry, type(fault).__name__)
                raise fault
        assert fault is not None
        raise fault

    def _attempt(self, entry: Entry, request: Request[T], limit: int) -> BackendError | None:
        """Submit once; return why there is no job.

        Raises:
            BackendError: if it cannot be said whether there is one, or it is on another backend.
        """
        try:
            request.ready()
        except BackendError as fault:
            return fault
        self._bucket.take()
        self._journal.asked(entry, limit)
        self._posts[entry.tag] += 1
        answered = False
        try:
            job = self._cloud.once(lambda: request.submit(entry.tag, limit))
            answered = True
            checked_id(job.job_id())
        except BackendError as fault:
            if not answered and is_clear(fault):
                self._posts[entry.tag] -= 1
                return fault
            self._doubt(entry)
            return None if self._duplicates.find(entry) else fault
        self._journal.submitted(entry, job.job_id(), session_of(job))
        if self._duplicates.substituted(job):
            self._duplicates.refuse(entry, job)
        return None

    def _wait(self, entry: Entry) -> RuntimeJobV2:
        """The entry's job, when it is done.

        Raises:
            BackendError: if it has ended without a result, or not in time.
        """
        started, pause, unknown = time.monotonic(), self._retry.poll_interval, 0
        looks = list(accumulate(self._retry.gaps))
        job = self._job(entry)
        if self._duplicates.substituted(job):  # killed before it was refused
            self._duplicates.refuse(entry, job)
        while True:
            status = self._cloud.call(job.status)
            if status not in WAITING or (looks and time.monotonic() - started > looks[0]):
                looks = looks[1:]
                self._duplicates.look(entry)
                if entry.job != job.job_id():
                    job = self._cloud.job(str(entry.job))
                    continue
            if status == "DONE":
                return job
            if status in ("CANCELLED", "ERROR"):
                self._fail(entry, job, status)
            unknown = 0 if status in WAITING else unknown + 1
            if unknown >= self._retry.unknown_polls:
                raise UnknownStatusError(
                    f"Job {entry.job} must be in a state that is known. It is {str(status)[:40]!r}.",
                    fix=LATER,
                )
            if time.monotonic() - started > self._retry.job_timeout:
                raise DeadlineError(
                    f"Job {entry.job} must end within {self._retry.job_timeout:g} s. It is {status.lower()}.",
                    fix="run the same command again: it waits for this very job.",
                )
            time.sleep(pause)
            pause = min(self._retry.max_poll_interval, 1.5 * pause)

    def _job(self, entry: Entry) -> RuntimeJobV2:
        """The entry's job; one that the service does not know yet may just have been accepted."""
        for gap in self._retry.gaps:
            try:
                return self._cloud.job(str(entry.job))
            except BackendError as fault:
                if status_of(fault) != 404:
                    raise
            time.sleep(gap)
        return self._cloud.job(str(entry.job))

    def _fail(self, entry: Entry, job: RuntimeJobV2, status: str) -> None:
        """Raise what a job stands for that has ended without a result.

        Raises:
            CeilingError: if the service ended it at what was left of the budget.
            BackendError: whatever else it was.
        """
        if status == "CANCELLED":
            self._journal.end(entry, "cancelled")
            self._meter.read()
            raise JobCancelledError(f"Job {entry.job} must run. It was cancelled.", fix=LATER)
        reason = " ".join(str(self._cloud.call(job.error_message)).split())[:300].rstrip(".") + "."
        self._journal.end(entry, "failed")
        self._meter.read()
        if _TOO_LONG in reason:
            raise CeilingError(
                f"Job {entry.job} must fit what is left of the ceiling. The service ended it there.",
                fix="run the same command with a higher --max-qpu-seconds; it resumes where it stopped.",
            )
        if session_closed(reason):
            raise SessionClosedError(
                f"Job {entry.job} must run before its session is closed. {reason}", LATER
            )
        raise JobFailedError(f"Job {entry.job} must run without an error. {reason}", fix=LATER)
