"""The jobs of a service in one SQLite file: what was asked, by whom, and what came of it.

```
waiting ──► running ──► done
   │           └──────► failed
   └──► cancelled
```

A job waits until some of its samples are in a batch, and runs until the last of these has ended. Samples are kept,
encrypted, until the job has ended, answers for a day after it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from qcsearch.serving.database import Database
from qcsearch.serving.refusals import BusyError, ConflictError, UnknownJobError

__all__ = ["Job", "JobStore", "NewJob", "Status", "open_database"]

Status: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, model TEXT NOT NULL,
    digest TEXT NOT NULL, rows INTEGER NOT NULL, placed INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'waiting', inputs BLOB, problem TEXT, created REAL NOT NULL, ended REAL,
    settled INTEGER NOT NULL DEFAULT 0, idempotency TEXT, body TEXT, UNIQUE (owner, idempotency)
);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, number);
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    created REAL NOT NULL, ended REAL
);
CREATE TABLE IF NOT EXISTS parts (
    batch TEXT NOT NULL, place INTEGER NOT NULL, job TEXT NOT NULL, first INTEGER NOT NULL, rows INTEGER NOT NULL,
    answer BLOB, qpu_microseconds INTEGER NOT NULL DEFAULT 0, microdollars INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parts_of_job ON parts (job, first)
"""
_COLUMNS = ("id", "owner", "model", "digest", "rows", "status", "problem", "created", "ended")


@dataclass(frozen=True)
class NewJob:
    """What is asked.

    Attributes:
        id: a random one.
        owner: id of the key.
        model: name of the model.
        digest: of its bundle.
        rows: number of samples.
        inputs: these, encrypted.
        created: seconds since 1970.
        idempotency: the client's name for the request; None if it gave none.
        body: digest of the request's body.
    """

    id: str
    owner: str
    model: str
    digest: str
    rows: int
    inputs: bytes = field(repr=False)
    created: float
    idempotency: str | None = None
    body: str = ""


@dataclass(frozen=True)
class Job:
    """What is known of a job.

    Attributes:
        id: its name.
        owner: id of the key that asked.
        model: name of the model.
        digest: of its bundle.
        rows: number of samples.
        status: see the module.
        problem: why it failed; None if it did not.
        created: seconds since 1970.
        ended: the same; None while it has not.
        qpu_microseconds: its share of what the backend billed so far.
        microdollars: the same in money.
        answers: of a job that is done, what was answered of its samples, encrypted, in their order.
    """

    id: str
    owner: str
    model: str
    digest: str
    rows: int
    status: Status
    problem: str | None
    created: float
    ended: float | None
    qpu_microseconds: int = 0
    microdollars: int = 0
    answers: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)


def open_database(path: Path) -> Database:
    """The file.

    Raises:
        sqlite3.Error: if it cannot be opened.
    """
    return Database(path, _SCHEMA, _VERSION)


class JobStore:
    """The file as the front process sees it; for one thread at a time.

    Args:
        database: what `open_database` returned.
        most_rows: samples that may wait, of all jobs.
        most_jobs: jobs that are kept of one key, whatever became of them.
    """

    def __init__(self, database: Database, most_rows: int, most_jobs: int = 10_000) -> None:
        self._file, self._base = database, database.base
        self._most_rows, self._most_jobs = most_rows, most_jobs

    def add(self, new: NewJob) -> None:
        """Keep a job; when this returns it survives anything.

        Raises:
            BusyError: if too much waits, or too many of the key's jobs are kept.
        """
        with self._file.transaction():
            if self.waiting_rows() + new.rows > self._most_rows:
                raise BusyError(
                    f"At most {self._most_rows:,} samples may wait for the backend. They do.",
                    "ask again later.",
                )
            (kept,) = self._base.execute("SELECT COUNT(*) FROM jobs WHERE owner = ?", (new.owner,)).fetchone()
            if kept >= self._most_jobs:
                raise BusyError(
                    f"At most {self._most_jobs:,} jobs of a key are kept, each for a day. They are.",
                    "ask again tomorrow.",
                )
            self._base.execute(
                "INSERT INTO jobs (id, owner, model, digest, rows, inputs, created, idempotency, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(vars(new).values()),
            )

    def waiting_rows(self) -> int:
        """Samples that wait, of all jobs."""
        (rows,) = self._base.execute(
            "SELECT COALESCE(SUM(rows - placed), 0) FROM jobs WHERE status IN ('waiting', 'running')"
        ).fetchone()
        return int(rows)

    def has(self, job: str) -> bool:
        """Whether there is such a job."""
        return self._base.execute("SELECT 1 FROM jobs WHERE id = ?", (job,)).fetchone() is not None

    def known(self, owner: str, idempotency: str) -> tuple[str, str] | None:
        """Id and body of the job that a key has asked for under a name; None if there is none."""
        row = self._base.execute(
            "SELECT id, body FROM jobs WHERE owner = ? AND idempotency = ?", (owner, idempotency)
        ).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def find(self, owner: str, job: str) -> Job:
        """A job of a key.

        Raises:
            UnknownJobError: if there is none: what is another's is not there.
        """
        row = self._base.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE id = ? AND owner = ?", (job, owner)
        ).fetchone()
        if row is None:
            raise UnknownJobError("There is no such job here.", "jobs are kept for a day after they ended.")
        parts = self._base.execute(
            "SELECT batch, place, answer, qpu_microseconds, microdollars FROM parts WHERE job = ? ORDER BY first",
            (job,),
        ).fetchall()
        done = row[5] == "done"
        answers = tuple((part_place(part[0], part[1]), part[2]) for part in parts) if done else ()
        return Job(
            **dict(zip(_COLUMNS, row, strict=True)),
            qpu_microseconds=sum(part[3] for part in parts),
            microdollars=sum(part[4] for part in parts),
            answers=answers,
        )

    def cancel(self, owner: str, job: str, now: float) -> Job:
        """Cancel a job of which nothing is in a batch yet; a second time changes nothing.

        Raises:
            UnknownJobError: if there is none.
            ConflictError: if it is too late.
        """
        with self._file.transaction():
            found = self.find(owner, job)
            if found.status == "running":
                raise ConflictError(
                    "A job can be cancelled while it waits. This one is with the backend, together with others'."
                )
            if found.status in ("done", "failed"):
                raise ConflictError("A job can be cancelled while it waits. This one has ended.")
            end_job(self._base, job, "cancelled", now)
        return self.find(owner, job)


def part_place(batch: str, place: int) -> str:
    """What the answer of a part is encrypted for."""
    return f"answer {place} of {batch}"


def end_job(base: sqlite3.Connection, job: str, status: Status, now: float, *problem: Any) -> None:
    """Write down that a job has ended, unless it has; its samples are not needed any more."""
    base.execute(
        "UPDATE jobs SET status = ?, ended = ?, problem = ?, inputs = NULL "
        "WHERE id = ? AND status IN ('waiting', 'running')",
        (status, now, *(problem or (None,)), job),
    )
