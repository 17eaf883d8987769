"""What a service refuses: one class a status code, each with a sentence that a client may read."""

from __future__ import annotations

from typing import ClassVar

from qcsearch.errors import QCSearchError

__all__ = [
    "AuditError",
    "BusyError",
    "ConflictError",
    "ExpiredError",
    "ForbiddenError",
    "InFlightError",
    "JobsError",
    "KeysError",
    "LedgerError",
    "MediaTypeError",
    "QuotaError",
    "RefusedError",
    "ReloadError",
    "ReusedError",
    "TooLargeError",
    "UnauthorizedError",
    "UnknownJobError",
    "UnknownModelError",
    "UnreadableError",
]


class RefusedError(QCSearchError):
    """A request is not answered.

    Attributes:
        status: of the HTTP answer.
        title: of its problem document: the same for all of its kind.
        retry_after: seconds after which to ask again; None if that would be no use.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"
    retry_after: int | None = None


class UnreadableError(RefusedError):
    """The body is not what the route takes."""


class UnauthorizedError(RefusedError):
    """There is no key, or one that is not valid; which of both is not told."""

    status, title = 401, "Unauthorized"


class ForbiddenError(RefusedError):
    """The key is valid, but not for this."""

    status, title = 403, "Forbidden"


class UnknownModelError(RefusedError):
    """There is no such model, or none that the key may see."""

    status, title = 404, "Not found"


class UnknownJobError(RefusedError):
    """There is no such job, or it is another's."""

    status, title = 404, "Not found"


class ConflictError(RefusedError):
    """It is too late, or too early: something is as it is."""

    status, title = 409, "Conflict"


class InFlightError(ConflictError):
    """The same request is being answered."""

    retry_after = 1


class ReusedError(RefusedError):
    """The name of a request is that of another."""

    status, title = 422, "Idempotency key reused"


class TooLargeError(RefusedError):
    """The body has more bytes than a request may have."""

    status, title = 413, "Content too large"


class MediaTypeError(RefusedError):
    """The body is compressed, or of a type that the route does not read."""

    status, title = 415, "Unsupported media type"


class QuotaError(RefusedError):
    """The key used what it may use.

    Args:
        message: one sentence.
        retry_after: seconds after which it may use more.
        fix: what can be done about it.
    """

    status, title = 429, "Too many requests"

    def __init__(self, message: str, retry_after: int, fix: str | None = None) -> None:
        super().__init__(message, fix)
        self.retry_after = retry_after


class ReloadError(RefusedError):
    """A bundle cannot take the place of the one before, which is served on."""

    status, title = 409, "Not reloaded"


class BusyError(RefusedError):
    """As much waits to be computed as may."""

    status, title, retry_after = 503, "Busy", 1


class ExpiredError(RefusedError):
    """The request waited longer than it may; nothing was computed for it."""

    status, title, retry_after = 503, "Expired", 1


class KeysError(RefusedError):
    """The service cannot tell who may ask, and lets nobody in."""

    status, title, retry_after = 503, "Keys unreadable", 5


class LedgerError(RefusedError):
    """What keys use cannot be kept, so whoever has a quota gets nothing."""

    status, title, retry_after = 503, "Quotas unreadable", 5


class JobsError(RefusedError):
    """Jobs cannot be kept, so none are taken."""

    status, title, retry_after = 503, "Jobs unreadable", 5


class AuditError(RefusedError):
    """What is asked cannot be written down, so nobody is answered."""

    status, title, retry_after = 503, "Audit log not written", 5
