"""What goes on the wire: nothing without a deadline, nothing twice, nothing on to another address, never the raw key.

The hook `read_answer` is on every request of every client that is used: those for tokens, for the account's
instances and their plans, and for everything else. `requests` calls it before it would follow a redirect or read a
body.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ibm_cloud_sdk_core import ApiException  # type: ignore[import-untyped]  # it brings no types
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from qcsearch.errors import BackendError, CredentialsError, IdentityError, ServiceError

if TYPE_CHECKING:
    from qiskit_ibm_runtime.api.auth import CloudAuth
    from requests import PreparedRequest, Response, Session

__all__ = ["Authenticator", "few_requests", "identity_fault", "read_answer", "secure"]

_CONNECT_SECONDS = 10.0
"""A host that is there accepts a connection in far less; the answer may take as long as the call's own deadline."""

_LARGEST = 2**28
"""Bytes of an answer; the result of a job of ours is far below."""

_LONGEST = 600.0
"""Seconds of an answer that keeps coming, which the deadline of silence would never end."""

_MOST_REQUESTS = 500
"""Requests within one call: a listing of more pages is taken for one that never ends."""

_left: ContextVar[list[int] | None] = ContextVar("requests left", default=None)


@contextmanager
def few_requests() -> Iterator[None]:
    """Within it no more than 500 requests are answered: a list that never ends is none."""
    token = _left.set([_MOST_REQUESTS])
    try:
        yield
    finally:
        _left.reset(token)


def read_answer(response: Response, **_: Any) -> Response:
    """A hook of `requests`: read an answer to its end, or refuse it.

    Raises:
        BackendError: if it sends the request on to another address, be it one of the same host: whatever signs the
            request would go there too.
        ServiceError: if it is larger than 256 MiB, takes more than ten minutes, or is one too many.
    """
    left = _left.get()
    if left is not None:
        left[0] -= 1
        if left[0] < 0:
            response.close()
            raise BackendError("The service must come to an end. It was asked 500 times for one thing.")
    if 300 <= response.status_code < 400:
        response.close()
        raise BackendError(
            f"The service must answer at its own address. It sends the request on (HTTP status "
            f"{response.status_code}), and no key or token goes there.",
            fix="look whether a log-in page or a proxy is in between, and at the addresses that are set: "
            "QISKIT_IBM_URL, IAM_URL, GLOBAL_SEARCH_URL, GLOBAL_CATALOG_URL.",
        )
    body, until = bytearray(), time.monotonic() + _LONGEST
    for part in response.iter_content(2**16):
        body += part
        if len(body) > _LARGEST or time.monotonic() > until:
            response.close()
            raise ServiceError("An answer of the service must come to an end. It is too long.")
    response._content = bytes(body)
    response.encoding = response.encoding or "utf-8"  # guessing it takes seconds for a large result
    return response


def secure(session: Session, seconds: float) -> None:
    """Put a session of the client on our transport.

    Args:
        session: the client's own, with its `CloudAuth`.
        seconds: seconds of silence after which a call has failed.
    """
    if not isinstance(session.auth, BearerAuth):
        session.auth = BearerAuth(session.auth, seconds)
    session.hooks["response"] = [read_answer]
    for scheme in ("http://", "https://"):
        session.mount(scheme, Transport(seconds))


class Transport(HTTPAdapter):
    """Sends each request once: the client's own would repeat a POST that the cloud may have accepted.

    Args:
        seconds: seconds of silence after which a call has failed.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(max_retries=0)
        self._seconds = seconds

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Send.

        Raises:
            IdentityError: if the request would carry an API key in place of an access token.
        """
        if not str(request.headers.get("Authorization", "")).startswith("Bearer "):
            raise IdentityError("A request to the quantum service must carry an access token. It had none.")
        limits = (min(_CONNECT_SECONDS, self._seconds), self._seconds)
        return super().send(request, stream, limits, verify, cert, proxies)


class BearerAuth(AuthBase):
    """Access tokens, or an error: the client's own falls back on sending the raw key.

    A token that is refused, as after a step of the clock, is replaced once.

    Args:
        auth: the client's.
        seconds: seconds of silence of the identity service after which a call has failed.
    """

    def __init__(self, auth: CloudAuth, seconds: float) -> None:
        self._auth, self._seconds = auth, seconds
        self._replaced = False
        self._renew()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request.

        Raises:
            IdentityError: if there is no token to be had.
            CredentialsError: if the key is refused.
        """
        request.headers.update({"Service-CRN": self._auth.crn, "Authorization": f"Bearer {self._token()}"})
        request.register_hook("response", self._replace)
        return request

    def _replace(self, response: Response, **_: Any) -> Response:
        """Forget a token that is refused, unless it was new.

        Raises:
            IdentityError: if it was forgotten; the same call again is made with another.
        """
        if response.status_code != 401 or self._replaced:
            self._replaced = False
            return response
        response.close()
        self._replaced = True
        self._renew()
        raise IdentityError(
            "The service must accept the access token. It refuses it.",
            fix="run the same command again later.",
        )

    def _token(self) -> str:
        tokens = self._tokens
        try:
            return _checked(tokens.get_token())
        except Exception as error:  # whatever it is, the key stays here
            if tokens.access_token and tokens.expire_time > time.time() + self._seconds:
                return _checked(tokens.access_token)  # only the early renewal failed
            self._renew()  # the old manager would wait for a minute before it asks again
            raise identity_fault(error) from error

    def _renew(self) -> None:
        self._tokens = copy.deepcopy(self._auth).tm
        self._tokens.http_config = _http_config(self._seconds)


class Authenticator(IAMAuthenticator):  # type: ignore[misc]  # the client is untyped
    """Signs requests for the account's instances and plans, and puts the hook on them.

    Args:
        plain: the client's own.
        seconds: seconds of silence of the identity service after which a call has failed.
    """

    def __init__(self, plain: IAMAuthenticator, seconds: float) -> None:
        self.token_manager = plain.token_manager
        self.token_manager.http_config = _http_config(seconds)

    def authenticate(self, req: dict[str, Any]) -> None:
        """Sign a request, given as what `requests` will be called with."""
        super().authenticate(req)
        req["hooks"] = {"response": read_answer}


def identity_fault(error: BaseException) -> BackendError:
    """What went wrong with the identity service, in our words."""
    if isinstance(error, BackendError):
        return error
    if isinstance(error, ApiException) and error.status_code in (400, 401, 403):
        return CredentialsError(
            "The identity service must accept the API key. It refuses it.",
            fix="make a new key and set QISKIT_IBM_TOKEN.",
        )
    return IdentityError(
        f"The identity service must answer with an access token. It failed with {type(error).__name__}.",
        fix="run the same command again later; no key was sent anywhere else, and no job is lost.",
    )


def _http_config(seconds: float) -> dict[str, Any]:
    return {"timeout": seconds, "hooks": {"response": read_answer}}


def _checked(token: object) -> str:
    """A token that can be in a header.

    Raises:
        IdentityError: if it cannot.
    """
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
        raise IdentityError(
            "The identity service must answer with an access token. It answers with something else."
        )
    return token
