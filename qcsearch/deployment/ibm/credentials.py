"""The API key: from the environment, the keyring or the client's own file, and nowhere else."""

from __future__ import annotations

import importlib
import importlib.util
import os
import stat
from pathlib import Path
from typing import Any

from qcsearch.errors import CredentialsError

__all__ = ["account"]

_KEYRING = "qcsearch-ibm"


def account() -> dict[str, str]:
    """What to give to the client's constructor so that it finds the account; empty where it looks itself.

    The first of these counts: the variable `QISKIT_IBM_TOKEN`; the keyring's password of `qcsearch-ibm`, user
    `token`, if the package `keyring` is installed; the client's file `~/.qiskit/qiskit-ibm.json`.

    Raises:
        CredentialsError: if there is none, others can read the file, the keyring keeps plain text, or no instance is
            named.
    """
    if os.environ.get("QISKIT_IBM_TOKEN"):
        return _named_instance({})
    token = _from_keyring()
    if token:
        url = os.environ.get("QISKIT_IBM_URL")
        return _named_instance({"token": token} | ({"url": url} if url else {}))
    _check_file(Path.home() / ".qiskit" / "qiskit-ibm.json")
    instance = os.environ.get("QISKIT_IBM_INSTANCE")
    return {"instance": instance} if instance else {}


def _named_instance(found: dict[str, str]) -> dict[str, str]:
    """Without a name the client would search, and take any instance that has the backend, at any price."""
    instance = os.environ.get("QISKIT_IBM_INSTANCE")
    if not instance:
        raise CredentialsError(
            "The instance that pays must be named. QISKIT_IBM_INSTANCE is not set.",
            fix="set it to the CRN that the platform's page of instances shows.",
        )
    return {**found, "instance": instance}


def _from_keyring() -> str | None:
    """The key of the first store that has it.

    Raises:
        CredentialsError: if that store is one that `keyring` itself does not recommend.
    """
    if importlib.util.find_spec("keyring") is None:
        return None
    keyring = importlib.import_module("keyring")
    chosen = keyring.get_keyring()
    for store in getattr(chosen, "backends", None) or [chosen]:
        try:
            found = store.get_password(_KEYRING, "token")
        except keyring.errors.KeyringError:
            continue
        if found is not None:
            _check_store(store)
            return str(found)
    return None


def _check_store(store: Any) -> None:
    """Refuse plain text: a store that encrypts, and is fit for it, has a priority of 1 or more."""
    if store.priority < 1:
        raise CredentialsError(
            "A keyring that holds the API key must keep it encrypted. "
            f"{type(store).__module__}.{type(store).__qualname__} is not recommended for it.",
            fix="take it out there with `keyring del qcsearch-ibm token`, and choose another store: keyring --help.",
        )


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise CredentialsError(
            "An API key of the quantum service must be known. There is none in QISKIT_IBM_TOKEN and no account "
            "is saved.",
            fix="set QISKIT_IBM_TOKEN and QISKIT_IBM_INSTANCE.",
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise CredentialsError(
            f"The account file '{path}' must be readable by its owner alone. Its mode is {mode:04o}.",
            fix=f"chmod 600 '{path}'",
        )
