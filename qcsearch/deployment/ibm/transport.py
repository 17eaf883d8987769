"""What goes on the wire: nothing without a deadline, nothing twice, and never the raw API key."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, Any

from ibm_cloud_sdk_core import ApiException  # type: ignore[import-untyped]  # it brings no types
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from qcsearch.errors import BackendError, CredentialsError, IdentityError

if TYPE_CHECKING:
    from qiskit_ibm_runtime.api.auth import CloudAuth
    from requests import PreparedRequest, Response, Session

__all__ = ["identity_fault", "secure"]

_CONNECT_SECONDS = 10.0


def secure(session: Session, seconds: float) -> None:
    """Put a session of the client on our transport.

    Args:
        session: the client's own, with its `CloudAuth`.
        seconds: of silence after which a call has failed.
    """
    if not isinstance(session.auth, BearerAuth):
        session.auth = BearerAuth(session.auth, seconds)
    for scheme in ("http://", "https://"):
        session.mount(scheme, Transport(seconds))


class Transport(HTTPAdapter):
    """Sends each request once: the client's own would repeat a POST that the cloud may have accepted.

    Args:
        seconds: of silence after which a call has failed.
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

    Args:
        auth: the client's.
        seconds: of silence of the identity service after which a call has failed.
    """

    def __init__(self, auth: CloudAuth, seconds: float) -> None:
        self._auth, self._seconds = auth, seconds
        self._renew()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request.

        Raises:
            IdentityError: if there is no token to be had.
            CredentialsError: if the key is refused.
        """
        request.headers.update({"Service-CRN": self._auth.crn, "Authorization": f"Bearer {self._token()}"})
        return request

    def _token(self) -> str:
        tokens = self._tokens
        try:
            return str(tokens.get_token())
        except Exception as error:  # whatever it is, the key stays here
            if tokens.access_token and tokens.expire_time > time.time() + self._seconds:
                return str(tokens.access_token)  # only the early renewal failed
            self._renew()  # the old manager would wait for a minute before it asks again
            raise identity_fault(error) from error

    def _renew(self) -> None:
        self._tokens = copy.deepcopy(self._auth).tm
        self._tokens.http_config = {"timeout": self._seconds}


def identity_fault(error: BaseException) -> BackendError:
    """What went wrong with the identity service, in our words."""
    if isinstance(error, ApiException) and error.status_code in (400, 401, 403):
        return CredentialsError(
            "The identity service must accept the API key. It refuses it.",
            fix="make a new key and set QISKIT_IBM_TOKEN.",
        )
    return IdentityError(
        f"The identity service must answer with an access token. It failed with {type(error).__name__}.",
        fix="run the same command again later; no key was sent anywhere else, and no job is lost.",
    )
