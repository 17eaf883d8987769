"""From the client's many exceptions to one error with a name and a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from ibm_cloud_sdk_core import ApiException  # type: ignore[import-untyped]  # it brings no types
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit_ibm_runtime.accounts.exceptions import AccountNotFoundError, InvalidAccountError
from qiskit_ibm_runtime.api.exceptions import RequestsApiError
from qiskit_ibm_runtime.exceptions import IBMError, IBMInputValueError, IBMNotAuthorizedError
from requests import ConnectTimeout, RequestException
from urllib3.exceptions import NewConnectionError

from qcsearch.deployment.ibm.connection.transport import identity_fault
from qcsearch.errors import BackendError, CredentialsError, IdentityError, ServiceError, SessionClosedError

__all__ = ["LATER", "is_clear", "is_transient", "session_closed", "status_of", "translate"]

LATER = "run the same command again later; it resumes where it stopped."
_NO_ANSWER = (ValueError, KeyError, TypeError, AttributeError)


def is_transient(fault: BackendError) -> bool:
    """Whether the same call may go well a moment later."""
    return isinstance(fault, (ServiceError, IdentityError))


def translate(error: Exception) -> BackendError:
    """The error with a name that the client's exception stands for.

    Args:
        error: whatever a call of the client raised.
    """
    links = list(_chain(error))
    ours = next((link for link in links if isinstance(link, BackendError)), None)
    if ours is not None:
        return ours
    if any(isinstance(link, InvalidAccountError) for link in links):
        return identity_fault(next((x for x in links if isinstance(x, ApiException)), error))
    if any(isinstance(link, (IBMNotAuthorizedError, AccountNotFoundError)) for link in links):
        return _refused()
    if session_closed(str(error)):
        return SessionClosedError("The session must accept jobs. It was closed.", fix=LATER)
    return _by_status(status_of(error), error, links)


def is_clear(fault: BackendError) -> bool:
    """Whether a call that ended in this fault was not carried out: it was refused, or never sent.

    Everything else leaves open what became of it: the service, or a machine in between, may have taken the request
    before it failed.
    """
    links = list(_chain(fault))
    if isinstance(fault, (IdentityError, CredentialsError)) or len(links) == 1:
        return True
    status = status_of(fault)
    if status is not None and status > 0:
        return 400 <= status < 500 and status != 408
    return any(isinstance(link, (ConnectTimeout, NewConnectionError)) for link in links)


def status_of(fault: BaseException) -> int | None:
    """The HTTP status of the answer behind a fault, -1 where the client tells none; None where there was none."""
    return next((link.status_code for link in _chain(fault) if isinstance(link, RequestsApiError)), None)


def session_closed(text: str) -> bool:
    """Whether a message says that a session is closed (error 1217 of IBM's registry among others)."""
    lowered = text.lower()
    return "session" in lowered and "closed" in lowered


def _by_status(status: int | None, error: Exception, links: list[BaseException]) -> BackendError:
    if status in (401, 403):
        return _refused()
    if status is not None and 400 <= status < 500 and status not in (408, 425, 429):
        return BackendError(f"The service refuses the request: {_sentence(error)}")
    if status is not None and status > 0:
        return ServiceError(f"The service must answer. It failed with HTTP status {status}.", fix=LATER)
    if any(isinstance(link, RequestException) for link in links):
        return ServiceError(f"The service must answer. {_root(links)} ended the connection.", fix=LATER)
    if status is not None:  # the client tells none: there was no answer
        return ServiceError(f"The service must answer. It did not: {_sentence(error)}", fix=LATER)
    if any(isinstance(link, QiskitBackendNotFoundError) for link in links):
        return BackendError(f"The backend must be one of the instance's. {_sentence(error)}")
    if isinstance(error, IBMInputValueError):
        return CredentialsError(f"The account must have the instance. {_sentence(error)}")
    if isinstance(error, _NO_ANSWER):
        return ServiceError(
            f"The client must understand the answer. It fails with {_root(links)}.", fix=LATER
        )
    if isinstance(error, IBMError):
        return ServiceError(f"The service must answer. It failed: {_sentence(error)}", fix=LATER)
    return BackendError(f"The client of the service failed: {type(error).__name__}: {_sentence(error)}")


def _refused() -> CredentialsError:
    return CredentialsError(
        "The service must accept the account's key and instance. It refuses them.",
        fix="check QISKIT_IBM_TOKEN and QISKIT_IBM_INSTANCE, or the saved account.",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and what it was raised during."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _root(links: list[BaseException]) -> str:
    return type(links[-1]).__name__


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).strip("'\"").split())[:300]
    return text if text.endswith(".") else f"{text}."
