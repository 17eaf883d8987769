"""Asks the service what jobs and sessions cost, again and again until that is final."""

from __future__ import annotations

import logging

from qcsearch.deployment.ibm.connection.answers import accrued_seconds, charged_seconds, plausible_seconds
from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.ibm.jobs.entry import Entry
from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.errors import BackendError

__all__ = ["Meter"]

_log = logging.getLogger("qcsearch.deployment")


class Meter:
    """Keeps the bills of a journal up to date: of all jobs there ever were, also those that ended badly.

    Args:
        cloud: where the jobs ran.
        journal: the jobs that there were.
    """

    def __init__(self, cloud: Cloud, journal: Journal) -> None:
        self._cloud, self._journal = cloud, journal

    @property
    def open(self) -> frozenset[str]:
        """Ids of the jobs, and of the closed sessions, whose bill is not final."""
        bills = [pair for entry in self._journal.entries for pair in entry.bills.items()]
        clocks = self._journal.sessions.items()
        return frozenset(
            [job for job, bill in bills if not bill.final]
            + [name for name, one in clocks if one.mode == "session" and not (one.open or one.final)]
        )

    def read(self) -> None:
        """Ask for every bill that is not final; one that cannot be had stays as it is."""
        for entry in self._journal.entries:
            for job, bill in list(entry.bills.items()):
                if not bill.final:
                    self._read_job(entry, job)
        for session, clock in self._journal.sessions.items():
            if clock.mode == "session" and not clock.final:
                self._read_session(session)

    def _read_job(self, entry: Entry, job: str) -> None:
        try:
            metrics = self._cloud.metrics(job)
        except BackendError as fault:
            _log.info("The usage of job %s is not known: %s", job, fault)
            return
        final = charged_seconds(metrics)
        self._journal.charged(entry, accrued_seconds(metrics), job, final=final is not None)

    def _read_session(self, session: str) -> None:
        try:
            details = self._cloud.session(session)
        except BackendError as fault:
            _log.info("The usage of session %s is not known: %s", session, fault)
            return
        seconds = plausible_seconds(details.get("elapsed_time"))
        if seconds is not None:
            self._journal.clocked(session, seconds, details.get("state") == "closed")
