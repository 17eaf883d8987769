"""The API key: from the environment, the keyring or the client's own file, and nowhere else."""

from __future__ import annotations

import importlib
import importlib.util
import os
import stat
from pathlib import Path
from typing import Any

from qiskit_ibm_runtime.accounts import AccountManager

from qcsearch.errors import CredentialsError

__all__ = ["account"]

_KEYRING = "qcsearch-ibm"
_CHANNELS = ("ibm_quantum_platform", "ibm_cloud")
_ADDRESSES = ("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL")


def account() -> dict[str, Any]:
    """What to give to the client's constructor: the key, the instance that pays, and the addresses.

    The first of these counts: the variable `QISKIT_IBM_TOKEN`; the keyring's password of `qcsearch-ibm`, user
    `token`, if the package `keyring` is installed; the client's file `~/.qiskit/qiskit-ibm.json`. Blanks and line
    breaks around a value are left out, wherever it is from.

    Raises:
        CredentialsError: if there is none, a value cannot be what it stands for, others can read the file, the
            keyring keeps plain text, or no instance is named.
    """
    for name in _ADDRESSES:  # the client reads these itself
        if name in os.environ:
            os.environ[name] = _cleaned(os.environ[name], name)
    token, instance = _variable("QISKIT_IBM_TOKEN") or _from_keyring(), _variable("QISKIT_IBM_INSTANCE")
    if token:
        found: dict[str, Any] = {
            "channel": _variable("QISKIT_IBM_CHANNEL") or _CHANNELS[0],
            "token": token,
            "instance": instance,
            "url": _variable("QISKIT_IBM_URL") or None,
        }
    else:
        found = _saved(Path.home() / ".qiskit" / "qiskit-ibm.json") | (
            {"instance": instance} if instance else {}
        )
    _check(found, "The saved account names none" if not token else "QISKIT_IBM_INSTANCE is not set")
    return found


def _check(found: dict[str, Any], unnamed: str) -> None:
    """Without a name the client would search, and take any instance that has the backend, at any price."""
    if found["instance"] in (None, "", "auto"):
        raise CredentialsError(
            f"The instance that pays must be named. {unnamed}.",
            fix="set QISKIT_IBM_INSTANCE to the CRN that the platform's page of instances shows.",
        )
    if found["channel"] not in _CHANNELS:
        raise CredentialsError(f"The channel of the account must be {' or '.join(_CHANNELS)}.")


def _saved(path: Path) -> dict[str, Any]:
    """The account that the client has saved."""
    _check_file(path)
    try:
        found = AccountManager.get(filename=str(path))
        proxies = None if found.proxies is None else found.proxies.to_dict()
        texts = {name: getattr(found, name) or "" for name in ("token", "url", "instance")}
    except Exception as error:  # whatever is in the file
        raise CredentialsError(
            f"The account file '{path}' must be one that the client wrote. It fails with {type(error).__name__}.",
            fix="save the account again, or set QISKIT_IBM_TOKEN and QISKIT_IBM_INSTANCE.",
        ) from error
    cleaned = {name: _cleaned(text, f"{name} of '{path}'") or None for name, text in texts.items()}
    more = {"verify": found.verify, "proxies": proxies, "private_endpoint": found.private_endpoint}
    return {"channel": found.channel, **cleaned, **more}


def _variable(name: str) -> str:
    """A variable of the environment, empty if it is not set."""
    return _cleaned(os.environ.get(name, ""), name)


def _cleaned(text: object, name: str) -> str:
    """A value without the blanks around it; it is not shown, as it may be the key.

    Raises:
        CredentialsError: if it is nothing but blanks, or holds what no key, name or address holds.
    """
    cleaned = text.strip() if isinstance(text, str) else "\0"
    if (
        not cleaned.isprintable()
        or (text and not cleaned)
        or (" " in cleaned and "INSTANCE" not in name.upper())
    ):
        raise CredentialsError(
            f"The {name} must be printable characters, without blanks. It holds "
            f"{'others' if cleaned else 'nothing but blanks'}.",
            fix="copy it again, in one line.",
        )
    return cleaned


def _from_keyring() -> str:
    """The key of the first store that has it.

    Raises:
        CredentialsError: if that store is one that `keyring` itself does not recommend.
    """
    if importlib.util.find_spec("keyring") is None:
        return ""
    keyring = importlib.import_module("keyring")
    chosen = keyring.get_keyring()
    for store in getattr(chosen, "backends", None) or [chosen]:
        try:
            found = store.get_password(_KEYRING, "token")
        except keyring.errors.KeyringError:
            continue
        if found is not None:
            _check_store(store)
            return _cleaned(found, "API key of the keyring")
    return ""


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
