"""One connection to IBM's cloud through its own client: every call has a deadline and few repetitions."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from qcsearch.deployment.ibm.connection.client import Client
from qcsearch.deployment.ibm.connection.credentials import account
from qcsearch.deployment.ibm.connection.faults import is_transient, translate
from qcsearch.deployment.ibm.connection.retry import CircuitBreaker, RetryPolicy
from qcsearch.deployment.ibm.connection.transport import few_requests
from qcsearch.errors import BackendError, QCSearchError

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService, RuntimeJobV2

__all__ = ["Cloud"]

T = TypeVar("T")
_log = logging.getLogger("qcsearch.deployment")


class Cloud:
    """A backend of IBM's cloud, reached with the account that the environment names.

    Nothing is sent before the first call.

    Args:
        name: name of the backend.
        retry: deadlines and limits.
        fractional: whether its fractional gates are wanted, where it has them.
    """

    def __init__(self, name: str, retry: RetryPolicy | None = None, fractional: bool = False) -> None:
        self.name = name
        self._fractional = fractional
        self.retry = retry or RetryPolicy()
        self._breaker = CircuitBreaker(self.retry.breaker_failures, self.retry.breaker_seconds)

    @cached_property
    def backend(self) -> IBMBackend:
        """The backend, as the client sees it.

        Raises:
            BackendError: if the account or the backend is not there.
        """
        service = self.service
        return self.call(lambda: service.backend(self.name, use_fractional_gates=self._fractional))

    @cached_property
    def service(self) -> QiskitRuntimeService:
        """The client, on our transport."""
        logging.getLogger("qiskit_ibm_runtime").setLevel(logging.ERROR)
        return self.call(self._connect)

    def job(self, job_id: str) -> RuntimeJobV2:
        """The job of that id."""
        service = self.service
        return self.call(lambda: service.job(job_id))

    def jobs(self, tag: str) -> list[RuntimeJobV2]:
        """All jobs that carry a tag, oldest first."""
        service = self.service
        return self.call(lambda: service.jobs(limit=None, job_tags=[tag], descending=False))

    def metrics(self, job_id: str) -> object:
        """Whatever the service says of the usage of a job; asked once, for it is asked again later."""
        service = self.service
        return self.once(lambda: service._active_api_client.job_metadata(job_id))

    def session(self, session_id: str) -> dict[str, Any]:
        """What the service says of a session; asked once."""
        service = self.service
        return self.once(lambda: dict(service._active_api_client.session_details(session_id)))

    def close_session(self, session_id: str) -> None:
        """Let a session take no more jobs; those that wait in it run."""
        service = self.service
        self.call(lambda: service._active_api_client.close_session(session_id))

    def calibrated_at(self) -> object:
        """Time of the calibration that was last fetched.

        Raises:
            BackendError: if the service gives none.
        """
        backend = self.backend
        return self.call(lambda: backend.properties().last_update_date)

    def usage(self) -> dict[str, Any]:
        """What the instance has used and may use, in seconds."""
        service = self.service
        return self.call(lambda: dict(service.usage()))

    def call(self, work: Callable[[], T]) -> T:
        """Call the service, again if need be; `work` makes no such calls of its own, or they would multiply.

        Raises:
            BackendError: the last fault, if it is one that stays or there were too many.
        """
        for failures in range(1, self.retry.attempts):
            try:
                return self.once(work)
            except BackendError as fault:
                if not is_transient(fault):
                    raise
                _log.info("Attempt %d of %d failed: %s", failures, self.retry.attempts, fault)
                time.sleep(self.retry.pause(failures))
        return self.once(work)

    def once(self, work: Callable[[], T]) -> T:
        """Call the service once, and say in our words what went wrong.

        Raises:
            BackendError: whatever went wrong; errors of ours that are no fault of the service stay what they are.
        """
        self._breaker.check()
        try:
            with warnings.catch_warnings(), few_requests():
                warnings.simplefilter("ignore")  # the client's warnings are checked for what they warn of
                found = work()
        except Exception as error:
            if isinstance(error, QCSearchError) and not isinstance(error, BackendError):
                raise
            fault = translate(error)
            if is_transient(fault):
                self._breaker.failed()
            if fault is error:
                raise
            raise fault from error
        self._breaker.succeeded()
        return found

    def _connect(self) -> QiskitRuntimeService:
        return Client(self.retry.call_timeout, **account())
