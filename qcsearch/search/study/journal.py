"""The journal of a study.

Optuna's own file locks are files or links that exist or not: a process killed while it holds one leaves it
behind, and the next waits 30 s before it breaks it. Those of `qcsearch.storage.locks` are free at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.study import StudyDirection

from qcsearch.search.trial.record import TrialRecord
from qcsearch.storage import canonical, files
from qcsearch.storage.limits import MAX_JOURNAL_BYTES, MAX_JOURNAL_LINE_BYTES
from qcsearch.storage.locks import locked

__all__ = ["JournalFile", "mend", "open_storage", "repair"]

_BLOCK = 1 << 16
_CREATE_STUDY, _CREATE_TRIAL = 0, 4
"""Optuna's numbers of these operations, as they stand in every journal."""


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

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The lines from number `log_number_from` on, one by one: the first that is wrong ends the reading."""
        if log_number_from < self._read:
            self._read, self._offset = 0, 0
        # Nobody need be kept out: a line without its end may be taken back, one with it stays.
        with files.open_read(self._path, MAX_JOURNAL_BYTES) as file:
            file.seek(self._offset)
            for line in files.whole_lines(file, MAX_JOURNAL_LINE_BYTES):
                self._read += 1
                self._offset += len(line)
                if self._read > log_number_from:
                    yield canonical.loads(line)


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


def repair(journal: Path, study_name: str) -> str:
    """Leave damaged lines out of a journal, so that a search can resume with all others; nobody else is at work in it.

    Args:
        journal: the file.
        study_name: of its study, for the case that the line that makes it is damaged.

    Returns:
        A sentence that says what was done, and where the journal is kept as it was.
    """
    with files.open_read(journal, MAX_JOURNAL_BYTES) as file:
        lines = list(files.whole_lines(file, MAX_JOURNAL_LINE_BYTES))
    replay = _Replay()
    logs = [_log(line, replay) for line in lines]
    asides = (journal.with_name(f".{journal.name}.damaged.{n}") for n in count())
    kept = next(path for path in asides if not os.path.lexists(path))
    files.write_bytes(kept, b"".join(lines))
    whole = _completed(logs, study_name)
    files.write_bytes(journal, "".join(canonical.dumps(log) + "\n" for log in whole).encode())
    n = logs.count(None)
    what = "1 line is" if n == 1 else f"{n} lines are"
    return f"The journal of the run was damaged: {what} left out. As it was it is kept in '{kept}'."


class _Replay(BaseJournalBackend):
    """Lets Optuna replay lines one by one; it raises at one that it can make nothing of, and knows those before."""

    def __init__(self) -> None:
        self._logs: list[dict[str, Any]] = []
        self._storage = JournalStorage(self)

    def apply(self, log: dict[str, Any]) -> None:
        self._logs.append(log)
        self._storage.get_all_studies()

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        raise NotImplementedError("A replay writes nothing.")


def _log(line: bytes, replay: _Replay) -> dict[str, Any] | None:
    """What a line says; None if Optuna cannot make anything of it, or a record in it is none."""
    try:
        log: dict[str, Any] = canonical.loads(line)
        replay.apply(log)
        record = log.get("user_attr", {}).get("record")
        if record is not None:
            TrialRecord.from_json(record)
    except Exception:  # whatever a damaged line makes of a library
        return None
    return log


def _completed(logs: Sequence[dict[str, Any] | None], study_name: str) -> list[dict[str, Any]]:
    """The lines that are whole, and new ones for a study and for trials that damaged ones must have made.

    Optuna numbers trials by the order of the lines that make them. So a damaged line before one that speaks of a trial
    that nobody made did make it; the new one is of a trial whose worker is gone.
    """
    found, damaged, n_trials = list(logs), list[int](), 0
    for place, log in enumerate(logs):
        if log is None:
            damaged.append(place)
            continue
        n_trials += log["op_code"] == _CREATE_TRIAL
        while damaged and log.get("trial_id", -1) >= n_trials:
            found[damaged.pop()] = _line(_CREATE_TRIAL, study_id=0, datetime_start=None)
            n_trials += 1
    whole = [log for log in found if log is not None]
    if all(log["op_code"] != _CREATE_STUDY for log in whole):
        n_values = max((len(log.get("values") or ()) for log in whole), default=1)
        costs = [StudyDirection.MINIMIZE] * (n_values - 1)
        directions = [int(direction) for direction in (StudyDirection.MAXIMIZE, *costs)]
        whole.insert(0, _line(_CREATE_STUDY, study_name=study_name, directions=directions))
    return whole


def _line(operation: int, **parts: Any) -> dict[str, Any]:
    return {"op_code": operation, "worker_id": "repair", **parts}


def open_storage(journal: Path) -> JournalStorage:
    """Open, or create, the journal of a study.

    Args:
        journal: the file; its folder exists.
    """
    return JournalStorage(JournalFile(journal))
