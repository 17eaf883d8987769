"""The finished trials that a journal tells of: read as they are, with nothing but the file.

A search replays its journal with Optuna, which needs the whole of it, its space, and what its strategy is made of. To
look at a run none of that is needed: not where the folder cannot be written, nor where a line was damaged, nor where
a plug-in is gone.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qcsearch.errors import CandidateError, FileError, RunError
from qcsearch.search.trial.record import TrialRecord
from qcsearch.storage import canonical, files
from qcsearch.storage.limits import MAX_JOURNAL_BYTES, MAX_JOURNAL_LINE_BYTES

__all__ = ["History", "keeping", "read_history"]

_HEAD = 120
"""Characters at the beginning of a line in which its kind is said, see `SearchStudy.tell`."""


@dataclass(frozen=True)
class History:
    """The finished trials of a run.

    Attributes:
        records: those whose worker lived, by number.
        notices: what could not be read, a sentence each.
    """

    records: tuple[TrialRecord, ...] = ()
    notices: tuple[str, ...] = ()


def read_history(journal: Path) -> History:
    """Read the records in a journal; one that is not there tells of nothing.

    Raises:
        RunError: if it may not be read, or is no journal.
    """
    if not files.is_file(journal):
        return History()
    found: dict[int, TrialRecord] = {}
    stale: set[int] = set()
    damaged: list[int] = []
    try:
        with keeping():
            for number, line in enumerate(_lines(journal), 1):
                try:
                    _take(line, found, stale)
                except (ValueError, TypeError, KeyError, AttributeError, CandidateError):
                    damaged.append(number)
    except (OSError, FileError) as error:
        raise RunError(f"The journal '{journal}' cannot be read: {str(error).rstrip('.')}.") from None
    records = tuple(record for trial, record in sorted(found.items()) if trial not in stale)
    return History(records, _said(journal, damaged))


@contextmanager
def keeping() -> Iterator[None]:
    """Do not look for garbage in circles meanwhile: of thousands of records that are all kept, it takes its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _lines(journal: Path) -> Iterator[bytes]:
    with files.open_read(journal, MAX_JOURNAL_BYTES) as file:
        yield from files.whole_lines(file, MAX_JOURNAL_LINE_BYTES)


def _take(line: bytes, found: dict[int, TrialRecord], stale: set[int]) -> None:
    """Take in what a line says of a record.

    Raises:
        ValueError, TypeError, KeyError, AttributeError, CandidateError: if it cannot be read.
    """
    head = line[:_HEAD]
    if b'"record":' in head:
        canonical.check_size(line)
        # Not `canonical.loads`, which takes four times as long: there are thousands of them, and each is checked below.
        log: dict[str, Any] = json.loads(line, parse_constant=_refuse)
        found[log["trial_id"]] = TrialRecord.from_json(log["user_attr"]["record"])
    elif b'"stale":' in head:
        stale.add(canonical.loads(line)["trial_id"])
    elif not (line.startswith(b"{") and line.endswith(b"}\n")) or b"\0" in head:
        raise ValueError("no JSON object")


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number.")


def _said(journal: Path, damaged: list[int]) -> tuple[str, ...]:
    if not damaged:
        return ()
    first = (
        f"Line {damaged[0]}" if len(damaged) == 1 else f"{len(damaged)} lines, the first line {damaged[0]},"
    )
    are = "is" if len(damaged) == 1 else "are"
    return (f"{first} of the journal '{journal}' {are} damaged; what it said of a trial is not shown.",)
