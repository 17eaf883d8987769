"""A SQLite file of a service: made if it is missing, of a version that is known, one transaction a step.

A write-ahead log without a flush at each step survives any process; what is flushed, too, survives the machine.
Several processes may have it open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Database"]

_WAIT_SECONDS = 10.0


class Database:
    """The file, open; for one thread at a time.

    Args:
        path: the file.
        schema: statements that make what is not there yet, `;` between them.
        version: of the schema.

    Raises:
        sqlite3.Error: if it cannot be opened, or is of another kind.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self.base = sqlite3.connect(
            path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.execute("PRAGMA secure_delete = ON")
            self._make(schema, version)
        except sqlite3.Error:
            self.base.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.base.close()

    @contextmanager
    def transaction(self, *, flushed: bool = True) -> Iterator[sqlite3.Connection]:
        """Nobody writes between what is read here and what is written."""
        self.base.execute(f"PRAGMA synchronous = {'FULL' if flushed else 'NORMAL'}")
        self.base.execute("BEGIN IMMEDIATE")
        try:
            yield self.base
            self.base.execute("COMMIT")
        except BaseException:
            if self.base.in_transaction:
                self.base.execute("ROLLBACK")
            raise

    def _make(self, schema: str, version: int) -> None:
        with self.transaction():
            (found,) = self.base.execute("PRAGMA user_version").fetchone()
            if found not in (0, version):
                raise sqlite3.DatabaseError(f"its version must be {version}, and is {found}")
            for statement in schema.split(";"):
                self.base.execute(statement)
            self.base.execute(f"PRAGMA user_version = {version}")
