"""What a service keeps in a folder: quotas, audit log and newest seals; one service at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qcsearch.errors import InputError
from qcsearch.serving.audit.log import AuditLog
from qcsearch.serving.quotas.amounts import NONE, Amounts
from qcsearch.serving.quotas.ledger import Ledger, ledger_file
from qcsearch.storage import files
from qcsearch.storage.locks import Lease

__all__ = ["NO_STATE", "State", "audit_folder", "open_state", "seals_file"]


@dataclass(frozen=True, eq=False)
class State:
    """What is open.

    Attributes:
        folder: where it is; None if nothing is kept.
        ledger: what keys use; None if that is not kept.
        audit: the audit log; None if there is none.
        recovered: what a service that was killed had reserved, and counts as used.
    """

    folder: Path | None = None
    ledger: Ledger | None = None
    audit: AuditLog | None = None
    recovered: Amounts = NONE


NO_STATE = State()


def seals_file(folder: Path) -> Path:
    """Where the newest seals that were served are kept."""
    return folder / "seals.json"


def audit_folder(folder: Path) -> Path:
    """Where the audit log is."""
    return folder / "audit"


@contextmanager
def open_state(folder: Path | None, tell: Callable[..., None]) -> Iterator[State]:
    """For the time of a `with`, have a folder open; made if it is missing, for its owner alone.

    Args:
        folder: the folder, on a disk of this machine; None to keep nothing.
        tell: called with an event and its facts.

    Raises:
        InputError: if another service has it, it was changed, or it cannot be read.
    """
    if folder is None:
        yield NO_STATE
        return
    with ExitStack() as opened:
        with _reading(folder):
            _make(folder)
            opened.callback(_taken(folder).release)
            ledger = Ledger(ledger_file(folder))
            opened.callback(ledger.close)
            recovered = ledger.recover()
            audit = AuditLog(audit_folder(folder), tell)
        opened.callback(audit.close)
        yield State(folder, ledger, audit, recovered)


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    audit_folder(folder).mkdir(mode=0o700, exist_ok=True)
    files.check_tree(folder)


def _taken(folder: Path) -> Lease:
    lease = Lease(folder / ".lock")
    try:
        lease.take(0.0)
    except TimeoutError as error:
        raise InputError(
            f"The --state '{folder}' can be of one service. Another has it: {error}", "give each its own."
        ) from None
    return lease


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"The --state '{folder}' cannot be used: {error.strerror or error}.") from None
    except sqlite3.Error as error:
        raise InputError(f"The quotas in '{folder}' cannot be used: {error}.") from None
