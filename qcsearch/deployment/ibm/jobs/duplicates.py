"""Jobs with one tag: one is kept, the rest are cancelled while they can be, and all are on the bill."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.ibm.connection.faults import LATER
from qcsearch.deployment.ibm.jobs.entry import Entry
from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.errors import BackendError, SubstitutedError

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["WAITING", "DuplicateJobs"]

_log = logging.getLogger("qcsearch.deployment")
WAITING = ("INITIALIZING", "QUEUED", "RUNNING")
"""States of a job that has not ended."""

_BEST = ("DONE", "RUNNING", "QUEUED", "INITIALIZING")
"""States from the best to the worst: the job that is furthest is kept, the others cost least if they are cancelled."""


class DuplicateJobs:
    """Finds the jobs of an entry by its tag.

    A service may accept a job and lose the answer, and show it in its listing some time later. Who is in doubt
    therefore looks again with growing gaps, half a minute in all as it comes, before the job is submitted once more;
    and as long as a job waits, runs, or has just ended, its listing is looked at for others that came to light.

    Args:
        cloud: the backend.
        journal: where all jobs that are found are written down.
    """

    def __init__(self, cloud: Cloud, journal: Journal) -> None:
        self._cloud, self._journal = cloud, journal

    def find(self, entry: Entry) -> bool:
        """Look for a job that may be there, until it can be said that there is none.

        Returns:
            Whether there is one; it is the entry's now.

        Raises:
            SubstitutedError: if the service put it on another backend.
        """
        for gap in self._cloud.retry.gaps:
            if self.look(entry):
                return True
            time.sleep(gap)
        return self.look(entry)

    def look(self, entry: Entry) -> bool:
        """Look once, keep the job that is furthest, and cancel the others; return whether the entry has a job.

        Raises:
            SubstitutedError: if the only one is on another backend.
        """
        jobs = {job.job_id(): job for job in self._cloud.jobs(entry.tag)}
        if jobs.keys() <= {entry.job} and entry.ended is None:
            return entry.job is not None
        for name in jobs.keys() - entry.bills.keys():
            self._journal.duplicate(entry, name, session_of(jobs[name]))
        if entry.job is not None and entry.job not in jobs:
            jobs[entry.job] = self._cloud.job(entry.job)
        states = {name: self._cloud.call(job.status) for name, job in jobs.items()}
        kept = self._choose(entry, jobs, states)
        if kept is not None and kept != entry.job:
            self._journal.submitted(entry, kept, session_of(jobs[kept]))
        for name, job in jobs.items():
            if name != kept and states[name] in WAITING:
                self.cancel(job)
        if kept is None and entry.ended is None and jobs:
            self.refuse(entry, next(iter(jobs.values())))
        return kept is not None

    def refuse(self, entry: Entry, job: RuntimeJobV2) -> None:
        """End an entry whose job is on another backend.

        Raises:
            SubstitutedError: always.
        """
        name = job.backend().name
        self.cancel(job)
        self._journal.end(entry, f"substituted by {name}")
        raise SubstitutedError(
            f"The job must run on {self._cloud.name}. The service put it on {name}; it was cancelled.",
            fix=LATER,
        )

    def cancel(self, job: RuntimeJobV2) -> None:
        """Cancel a job unless it has ended."""
        try:
            self._cloud.call(job.cancel)
        except BackendError as fault:
            _log.info("Job %s could not be cancelled: %s", job.job_id(), fault)

    def substituted(self, job: RuntimeJobV2) -> bool:
        """Whether a job is on another backend than it was made for."""
        return job.backend() is not None and job.backend().name != self._cloud.name

    def _choose(self, entry: Entry, jobs: dict[str, RuntimeJobV2], states: dict[str, str]) -> str | None:
        """The job to keep: that whose result is here, or the one that is furthest, the entry's own if in doubt."""
        if entry.ended is not None:
            return None
        if entry.stored is not None:
            return entry.job
        good = [name for name, job in jobs.items() if not self.substituted(job)]
        return min(good, key=lambda name: (_rank(states[name]), name != entry.job), default=None)


def session_of(job: RuntimeJobV2) -> str | None:
    """The session that a job was submitted in; no call is made for it."""
    return job._session_id or None


def _rank(status: str) -> int:
    return _BEST.index(status) if status in _BEST else len(_BEST)
