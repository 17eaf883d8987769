"""What each key used each day, and what is reserved for requests on their way: SQLite, one transaction a step.

A request reserves what it may use at most, if that and all that is used or reserved stays within the quota. What it
did use is settled before its answer is sent; what failed is released. So a service that is killed at any moment has
never answered more than its file knows of. What it had reserved then, *counts as used* when the next one opens the
file: the answers may have been on their way. Except what was reserved for a job that outlives its service: that
stays reserved until whoever owns the job settles it.

What costs money is flushed to the disk, see `database`.
"""

from __future__ import annotations

import math
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from qcsearch.serving.access.quota import Quota
from qcsearch.serving.database import Database
from qcsearch.serving.quotas.amounts import MEASURES, NONE, Amounts, most
from qcsearch.serving.refusals import QuotaError

__all__ = ["Ledger", "ledger_file", "used_on"]

_PARTS = "rows, qpu_microseconds, microdollars"
_SUMS = "COALESCE(SUM(rows), 0), COALESCE(SUM(qpu_microseconds), 0), COALESCE(SUM(microdollars), 0)"
_AMOUNTS = "rows INTEGER NOT NULL, qpu_microseconds INTEGER NOT NULL, microdollars INTEGER NOT NULL"
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS used (key TEXT, day TEXT, {_AMOUNTS}, PRIMARY KEY (key, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reserved (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, day TEXT NOT NULL, {_AMOUNTS}, job TEXT UNIQUE
);
CREATE INDEX IF NOT EXISTS reserved_of_key ON reserved (key, day);
"""
_VERSION = 1
_WAIT_SECONDS = 10.0
_SOON_SECONDS = 2


def ledger_file(folder: Path) -> Path:
    """Where quotas are kept in the folder of a service's state."""
    return folder / "quotas.sqlite3"


class Ledger:
    """The file, open; for one thread at a time.

    Args:
        path: the file; made if it is missing.

    Raises:
        sqlite3.Error: if it cannot be opened, or is of another kind; so do the methods if they cannot read or write.
    """

    def __init__(self, path: Path) -> None:
        self._file = Database(path, _SCHEMA, _VERSION)
        self._base = self._file.base

    def recover(self) -> Amounts:
        """Count as used what services that are dead had reserved, other than for jobs; called by the one that lives.

        Returns:
            The sum of it.
        """
        with self._file.transaction(flushed=True):
            left = self._base.execute(f"SELECT id, {_PARTS} FROM reserved WHERE job IS NULL").fetchall()
            for ident, *parts in left:
                self._spend(ident, Amounts(*parts))
        return sum((Amounts(*parts) for _, *parts in left), NONE)

    def reserve(
        self, key: str, quota: Quota, asked: Amounts, job: str | None = None, now: datetime | None = None
    ) -> int:
        """Reserve what a request may use at most.

        Args:
            key: id of the key.
            quota: what it may use.
            asked: what is reserved.
            job: name of a job that outlives this process; None if the answer does not.
            now: when; None for now.

        Returns:
            The number of the reservation.

        Raises:
            QuotaError: if it would be more than the key may use this day.
        """
        now = now or datetime.now(UTC)
        day = now.date().isoformat()
        with self._file.transaction(flushed=asked.billed):
            used = self._sum("used", key, day)
            _check(quota, asked, used, self._sum("reserved", key, day), now)
            row = (key, day, *asked.parts, job)
            return self._base.execute(
                f"INSERT INTO reserved (key, day, {_PARTS}, job) VALUES (?, ?, ?, ?, ?, ?)", row
            ).lastrowid  # type: ignore[return-value]  # after an INSERT it is one

    def settle(self, reservation: int, used: Amounts) -> None:
        """Say what was used of a reservation, on the day when it was made; a second time changes nothing.

        Args:
            reservation: what `reserve` returned.
            used: `NONE` releases it; more than was reserved counts, too.
        """
        with self._file.transaction(flushed=used.billed):
            self._spend(reservation, used)

    def of_job(self, job: str) -> int | None:
        """The reservation for a job; None if there is none, or it was settled."""
        row = self._base.execute("SELECT id FROM reserved WHERE job = ?", (job,)).fetchone()
        return None if row is None else int(row[0])

    def jobs(self) -> list[str]:
        """Names of the jobs for which something is reserved."""
        return [str(job) for (job,) in self._base.execute("SELECT job FROM reserved WHERE job IS NOT NULL")]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _sum(self, table: str, key: str, day: str) -> Amounts:
        found = self._base.execute(f"SELECT {_SUMS} FROM {table} WHERE key = ? AND day = ?", (key, day))
        return Amounts(*found.fetchone())

    def _spend(self, reservation: int, used: Amounts) -> None:
        row = self._base.execute("SELECT key, day FROM reserved WHERE id = ?", (reservation,)).fetchone()
        if row is None:
            return
        self._base.execute("DELETE FROM reserved WHERE id = ?", (reservation,))
        self._base.execute(
            f"INSERT INTO used (key, day, {_PARTS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key, day) DO UPDATE SET "
            "rows = rows + excluded.rows, qpu_microseconds = qpu_microseconds + excluded.qpu_microseconds, "
            "microdollars = microdollars + excluded.microdollars",
            (*row, *used.parts),
        )


def used_on(path: Path, day: str) -> dict[str, tuple[Amounts, Amounts]]:
    """What each key used on a day, and what is reserved for it; nothing is changed, and a service may run meanwhile.

    Raises:
        sqlite3.Error: if it is no such file.
    """
    base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)
    try:
        base.execute("BEGIN")
        found: dict[str, tuple[Amounts, Amounts]] = {}
        for place, table in enumerate(("used", "reserved")):
            rows: Any = base.execute(f"SELECT key, {_SUMS} FROM {table} WHERE day = ? GROUP BY key", (day,))
            for key, *parts in rows:
                pair = found.get(key, (NONE, NONE))
                found[key] = (Amounts(*parts), pair[1]) if place == 0 else (pair[0], Amounts(*parts))
        return found
    finally:
        base.close()


def _check(quota: Quota, asked: Amounts, used: Amounts, reserved: Amounts, now: datetime) -> None:
    rows = zip(MEASURES, most(quota), asked.parts, used.parts, reserved.parts, strict=True)
    for (name, scale), bound, more, spent, held in rows:
        if bound is None or more == 0 or spent + held + more <= bound:
            continue
        wait = _SOON_SECONDS if spent + more <= bound else _until_midnight(now)
        raise QuotaError(
            f"The key may use {bound / scale:,.6g} {name} a day. {spent / scale:,.6g} are used, "
            f"{held / scale:,.6g} are reserved by requests on their way, and this one may use {more / scale:,.6g}.",
            wait,
            "ask again later, or for less.",
        )


def _until_midnight(now: datetime) -> int:
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    return max(1, math.ceil((tomorrow - now).total_seconds()))
