"""Sessions and batches of a deployment: one at a time is open, and none is left behind."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Literal

from qiskit_ibm_runtime import Batch, Session

from qcsearch.deployment.ibm.connection.answers import checked_id
from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.ibm.connection.faults import is_transient
from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.errors import BackendError

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend

__all__ = ["Sessions"]

_log = logging.getLogger("qcsearch.deployment")


class Sessions:
    """The session that jobs are submitted in.

    An intent is journalled before one is opened, and its id as soon as the service tells it, so that a run which is
    killed leaves none that the next does not close. The id of one whose opening got no answer is never known: no job
    runs in it, so that it costs nothing, and the service closes it when its time is up.

    Args:
        cloud: the backend.
        journal: where sessions are written down.
        mode: `session` or `batch`; `job` for none, but for those that are left of runs before.
    """

    def __init__(self, cloud: Cloud, journal: Journal, mode: Literal["job", "session", "batch"]) -> None:
        self._cloud, self._journal, self._mode = cloud, journal, mode
        self._current: Session | None = None

    def current(self, seconds: float) -> Session | IBMBackend:
        """What jobs are submitted to: the session that is open, or else a new one; the backend without sessions.

        Args:
            seconds: wall-clock seconds after which the service closes a new one.

        Raises:
            BackendError: if none can be opened.
        """
        if self._mode == "job":
            return self._cloud.backend
        if self._current is None:
            most = max(1, math.ceil(seconds))
            tag = self._journal.opening(self._mode, most)
            opened = self._cloud.once(lambda: self._open(most))
            self._journal.opened(tag, checked_id(opened.session_id))
            self._current = opened
        return self._current

    def close_left(self) -> None:
        """Close what runs before have left open.

        Raises:
            BackendError: if the service does not answer.
        """
        if self._current is None:
            self.close()

    def close(self) -> None:
        """Close all that may be open, of runs before as well.

        Raises:
            BackendError: if the service does not answer.
        """
        self._current = None
        for session, bill in self._journal.sessions.items():
            if bill.open:
                self._close(session)

    def _open(self, most: int) -> Session:
        if self._mode == "batch":
            return Batch(self._cloud.backend)
        return Session(self._cloud.backend, max_time=most)

    def _close(self, session: str) -> None:
        try:
            self._cloud.close_session(session)
        except BackendError as fault:
            if is_transient(fault):
                raise
            _log.info("Session %s is closed already: %s", session, fault)  # or the service has forgotten it
        self._journal.closed(session)
