"""IBM's client, secured before its first call, and loud where it would hide a failed one."""

from __future__ import annotations

from typing import Any

from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService
from qiskit_ibm_runtime.accounts import Account
from qiskit_ibm_runtime.api.exceptions import RequestsApiError

from qcsearch.deployment.ibm.connection.transport import Authenticator, secure

__all__ = ["Client"]


class Client(QiskitRuntimeService):  # type: ignore[misc]  # the client is untyped
    """The client.

    Args:
        seconds: seconds of silence of the service after which a call has failed.
        account: arguments of `QiskitRuntimeService`.
    """

    def __new__(cls, seconds: float, **account: Any) -> Client:
        """Make it; the client's own would look at the account to choose a class."""
        return object.__new__(cls)

    def __init__(self, seconds: float, **account: Any) -> None:
        self._seconds = seconds
        super().__init__(**account)

    def _discover_account(self, **given: Any) -> Account:
        return _Guarded(self._seconds, super()._discover_account(**given))

    def _get_crn_from_instance_name(self, account: Account, instance: str) -> str:
        return str(super()._get_crn_from_instance_name(_Guarded(self._seconds, account), instance))

    def _discover_backends_from_instance(self, instance: str) -> list[tuple[str, bool]]:
        secure(self._active_api_client._session, self._seconds)
        found = self._active_api_client.list_backends(True)
        self._backends_info_per_instance[instance] = found
        return [(entry["name"], entry.get("class") == "mock") for entry in found]

    def _create_backend_obj(self, *args: Any, **settings: Any) -> IBMBackend:
        """Make a backend; where the client says that there is none, say what is wrong with it."""
        try:
            return super()._create_backend_obj(*args, **settings)
        except QiskitBackendNotFoundError as missing:
            fault = missing.__cause__
            if fault is None or (isinstance(fault, RequestsApiError) and fault.status_code == 404):
                raise
            raise fault from None


class _Guarded(Account):  # type: ignore[misc]  # the client is untyped
    """An account whose instances are asked for on our transport."""

    def __init__(self, seconds: float, account: Account) -> None:
        super().__init__(**{name: value for name, value in vars(account).items() if name != "seconds"})
        self.seconds = seconds

    def get_iam_authentificator(self) -> Authenticator:
        """What signs the requests for instances and plans."""
        return Authenticator(super().get_iam_authentificator(), self.seconds)
