"""Text files that are too large to be read whole: some of their lines, drawn at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qcsearch.data.sample import drawn_rows
from qcsearch.data.values import IntArray
from qcsearch.errors import DataError

__all__ = ["MAX_BYTES", "MAX_LINES", "Lines", "some_lines"]

MAX_BYTES, MAX_LINES = 96 * 2**20, 50_000
"""Of a text file that are read."""

_SMALL_BYTES = 8 * 2**20
"""Of a file whose lines are not counted."""

_MOST_BYTES = 4 * 2**30
_CHUNK = 16 * 2**20
_HEAD = 2
"""First lines that are always kept: the header, and what a spreadsheet may have written before it."""

_FEWEST = 20


@dataclass(frozen=True)
class Lines:
    """Some lines of a file.

    Attributes:
        content: their bytes, the first lines of the file among them.
        numbers: of each, counted from 1.
        n_lines: how many the file has.
    """

    content: bytes
    numbers: tuple[int, ...]
    n_lines: int


def some_lines(path: Path, what: str) -> Lines | None:
    """As many lines of a large file as `MAX_BYTES` hold, and `MAX_LINES` at most; None if that is all of it.

    Raises:
        DataError: if it is far too large, or some lines of it cannot be told apart: it holds zero bytes, few lines, or
            quotes around line breaks.
    """
    size = path.stat().st_size
    if size <= _SMALL_BYTES:
        return None
    if size > _MOST_BYTES:
        raise _refused(what, size, f"at most {_MOST_BYTES:,} bytes are read")
    n_lines = sum(chunk.count(b"\n") for chunk in _chunks(path))
    n_kept = int(min(MAX_LINES, n_lines * min(1.0, MAX_BYTES / size)))
    if n_kept == n_lines:
        return None
    if n_kept < _FEWEST:
        raise _refused(what, size, f"so its {n_lines:,} lines are too long for a sample of them")
    rows = np.concatenate([np.arange(_HEAD), _HEAD + drawn_rows(n_lines - _HEAD, n_kept - _HEAD)])
    lines = list(_taken(path, rows))
    if any(b"\0" in line or line.count(b'"') % 2 for line in lines):
        raise _refused(what, size, "and a sample of its lines cannot be taken: some hold a part of a row")
    return Lines(b"".join(lines), tuple((rows + 1).tolist()), n_lines)


def _refused(what: str, size: int, why: str) -> DataError:
    return DataError(
        f"{what} has {size:,} bytes; {why}.", "save a sample of its rows, or save it as Parquet."
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _taken(path: Path, rows: IntArray) -> Iterator[bytes]:
    """The lines with these numbers, rising from 0, with their ends."""
    first, rest = 0, b""
    for chunk in _chunks(path):
        content = rest + chunk
        ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n")) + 1
        starts = np.concatenate([[0], ends])
        low, high = np.searchsorted(rows, (first, first + len(ends)))
        for line in rows[low:high] - first:
            yield content[starts[line] : ends[line]]
        first, rest = first + len(ends), content[starts[-1] :]
