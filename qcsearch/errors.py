"""The exception tree.

```
QCSearchError                 exit code 2, the base of everything raised on purpose
├── InputError (ValueError)   exit code 2, something a person gave is wrong; nothing was started
│   ├── DataError             the data set
│   ├── DeviceError           the device or its calibration snapshot
│   ├── SpaceError            the search space
│   ├── CandidateError        the candidate: an unknown encoding, qubits that are not there
│   ├── CircuitError          a circuit the engine cannot simulate exactly
│   ├── RunError              the run folder: not one, or made with other settings
│   ├── BundleError           the bundle: changed, incomplete, unreadable
│   └── FileError             a file is none: a link, a pipe, a device; or too large
├── MissingExtraError         exit code 2, an optional dependency is not installed
├── StorageError              exit code 2, a disk is full or cannot be written; what is paid for is kept
├── NoFeasibleCandidateError  exit code 4, every candidate broke a constraint
├── CeilingError              exit code 3, the next job would cost more than was allowed
├── ClientError               exit code 5, a service gave `qcsearch.client` no answer
│   ├── RequestRefusedError   the request is wrong; to send it again is no use
│   ├── AccessRefusedError    no key, one that is not valid, or not for this
│   ├── NotServedError        there is no such model, or none for this key
│   ├── UnavailableError      the service is busy, broken or not reached, again and again
│   └── OutOfTimeError        the seconds ran out
└── BackendError              exit code 5, the backend or the credentials
    ├── CredentialsError      no API key, one that is refused, or one that others can read
    ├── IdentityError         the identity service gives no access token; no key was sent elsewhere
    ├── ServiceError          the service answers with errors, pages or not at all, again and again
    ├── DeadlineError         a job has not ended in time; it is still there
    ├── UnknownStatusError    a job is in a state that nothing is known of
    ├── JobFailedError        a job failed on the backend
    ├── ResultError           what a job gave is no result of what was asked
    ├── JobCancelledError     somebody cancelled a job
    ├── SubstitutedError      a job was put on another backend than it was made for
    ├── SessionClosedError    the session was closed before its jobs were done
    ├── RecalibratedError     the backend was recalibrated and cannot run the circuits any more
    ├── DriftError            the calibration is too far from that which the model was made for
    ├── UsageLimitError       the account's instance has no seconds left
    └── JournalError          the journal of jobs cannot be read or is held by another process
```

A message is one sentence that names the thing, what it must be, and what it was; `fix`, when known,
says what to do.
"""

from __future__ import annotations

__all__ = [
    "AccessRefusedError",
    "BackendError",
    "BundleError",
    "CandidateError",
    "CeilingError",
    "CircuitError",
    "ClientError",
    "CredentialsError",
    "DataError",
    "DeadlineError",
    "DeviceError",
    "DriftError",
    "FileError",
    "IdentityError",
    "InputError",
    "JobCancelledError",
    "JobFailedError",
    "JournalError",
    "MissingExtraError",
    "NoFeasibleCandidateError",
    "NotServedError",
    "OutOfTimeError",
    "QCSearchError",
    "RecalibratedError",
    "RequestRefusedError",
    "ResultError",
    "RunError",
    "ServiceError",
    "SessionClosedError",
    "SpaceError",
    "StorageError",
    "SubstitutedError",
    "UnavailableError",
    "UnknownStatusError",
    "UsageLimitError",
]


class QCSearchError(Exception):
    """Base of every error that qcsearch raises on purpose.

    Args:
        message: one sentence: what, what it must be, what it was. Line breaks in it, such as in the name of a column,
            become spaces.
        fix: what the person can do about it, if that is known.
    """

    exit_code = 2

    def __init__(self, message: str, fix: str | None = None) -> None:
        message = " ".join(message.splitlines())
        super().__init__(message if fix is None else f"{message} Fix: {fix}")
        self.message = message
        self.fix = fix

    def __reduce__(self) -> tuple[type[QCSearchError], tuple[str, str | None]]:
        return type(self), (self.message, self.fix)


class InputError(QCSearchError, ValueError):
    """Something that was given is wrong; no work was started."""


class DataError(InputError):
    """The data set cannot be used."""


class DeviceError(InputError):
    """The device or its calibration snapshot cannot be used."""


class SpaceError(InputError):
    """The search space is wrong."""


class CandidateError(InputError):
    """The candidate cannot be built."""


class CircuitError(InputError):
    """The circuit holds something that the exact engine cannot simulate."""


class RunError(InputError):
    """The run folder is not one, or it was made with other settings."""


class BundleError(InputError):
    """The bundle was changed, is incomplete, or cannot be read."""


class FileError(InputError):
    """In the place of a file is a link, a pipe, a device or a folder, or it is too large to be read."""


class MissingExtraError(QCSearchError, ImportError):
    """An optional dependency is not installed."""


class StorageError(QCSearchError):
    """A disk is full or cannot be written; what was paid for is kept, or still with the service."""


class NoFeasibleCandidateError(QCSearchError):
    """Every candidate broke a constraint."""

    exit_code = 4


class BackendError(QCSearchError):
    """The backend refused, or the credentials did."""

    exit_code = 5


class ClientError(QCSearchError):
    """A service gave no answer.

    Args:
        message: the service's own sentence, where it gave one.
        fix: what can be done about it.
        status: of the HTTP answer; None if there was none.
        request_id: under which the service's log has the request; empty if there was no answer.
    """

    exit_code = 5

    def __init__(
        self, message: str, fix: str | None = None, status: int | None = None, request_id: str = ""
    ) -> None:
        super().__init__(message, fix)
        self.status, self.request_id = status, request_id

    def __reduce__(self) -> tuple[type[ClientError], tuple[str, str | None, int | None, str]]:  # type: ignore[override]
        return type(self), (self.message, self.fix, self.status, self.request_id)


class RequestRefusedError(ClientError):
    """The request is wrong; to send it again is no use."""


class AccessRefusedError(ClientError):
    """There is no key, one that is not valid, or one that is not for this."""


class NotServedError(ClientError):
    """There is no such model, or none for this key."""


class UnavailableError(ClientError):
    """The service is busy, broken or not reached, again and again."""


class OutOfTimeError(ClientError):
    """The seconds ran out before there was an answer."""


class CeilingError(QCSearchError):
    """The next job would cost more than was allowed; what was done is saved."""

    exit_code = 3


class CredentialsError(BackendError):
    """There is no API key, the key is refused, or others can read the file it is in."""


class IdentityError(BackendError):
    """The identity service gives no access token; nothing was sent in its place."""


class ServiceError(BackendError):
    """The service answers with errors, with what is no answer, or not at all, again and again."""


class DeadlineError(BackendError):
    """A job has not ended in time; it is still there."""


class UnknownStatusError(BackendError):
    """A job stays in a state that nothing is known of."""


class JobFailedError(BackendError):
    """A job failed on the backend."""


class ResultError(BackendError):
    """What a backend gave is no result of what was asked."""


class JobCancelledError(BackendError):
    """Somebody cancelled a job."""


class SubstitutedError(BackendError):
    """A job was put on another backend than it was made for."""


class SessionClosedError(BackendError):
    """The session was closed before its jobs were done."""


class RecalibratedError(BackendError):
    """The backend was recalibrated since the circuits were made, and cannot run them any more."""


class DriftError(BackendError):
    """The calibration is too far from that which the model was made for."""


class UsageLimitError(BackendError):
    """The account's instance has no seconds left."""


class JournalError(BackendError):
    """The journal of jobs cannot be read, or is held by another process."""
