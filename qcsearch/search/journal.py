"""The journal of a study.

Optuna's own file locks are files or links that exist or not: a process killed while it holds one leaves it
behind, and the next waits 30 s before it breaks it. Those of `qcsearch.locks` are free at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from qcsearch import canonical, files
from qcsearch.limits import MAX_JOURNAL_BYTES, MAX_JOURNAL_LINE_BYTES
from qcsearch.locks import locked

__all__ = ["JournalFile", "mend", "open_storage"]

_BLOCK = 1 << 16


class JournalFile(BaseJournalBackend):
    """A file of one JSON object a line, to which many processes append.

    Whoever takes the lock to write removes a last line without its end: its writer died in the middle of it
    and told nobody. A line is in the operating system's hands when `append_logs` returns, so that a kill
    loses nothing; it is forced to the disk when it holds a trial's state, with all lines before it, so that a
    power failure loses no finished trial either.

    Args:
        path: the file, created if it is missing; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_name(f".{path.name}.lock")
        self._read = 0
        self._offset = 0
        if not files.is_file(path):  # one that is there may be read where nothing may be written
            files.open_update(path).close()

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append some lines, all or none of which a later reader sees."""
        content = "".join(canonical.dumps(log) + "\n" for log in logs).encode()
        with locked(self._lock):
            mend(self._path)
            with files.open_update(self._path) as file:
                file.write(content)
                file.flush()
                if any("state" in log for log in logs):
                    os.fsync(file.fileno())

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """The lines from number `log_number_from` on."""
        if log_number_from < self._read:
            self._read, self._offset = 0, 0
        # Nobody need be kept out: a line without its end may be taken back, one with it stays.
        with files.open_read(self._path, MAX_JOURNAL_BYTES) as file:
            file.seek(self._offset)
            lines = list(files.whole_lines(file, MAX_JOURNAL_LINE_BYTES))
        skipped = log_number_from - self._read
        self._read += len(lines)
        self._offset += sum(map(len, lines))
        return [canonical.loads(line) for line in lines[skipped:]]


def mend(journal: Path) -> int:
    """Cut an unfinished last line off a journal; the caller holds its lock.

    Args:
        journal: a file of lines.

    Returns:
        The number of bytes removed.
    """
    with files.open_update(journal) as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)
        return size - end


def open_storage(journal: Path) -> JournalStorage:
    """Open, or create, the journal of a study.

    Args:
        journal: the file; its folder exists.
    """
    return JournalStorage(JournalFile(journal))
