"""CSV files: read strictly, so that nothing is guessed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from qcsearch.data.tables import Table, unique_names
from qcsearch.errors import DataError

__all__ = ["read_csv"]


def read_csv(path: Path) -> Table:
    """Read a CSV file with a header: UTF-8, separated by comma, semicolon or tab, as its first line shows.

    Blank lines are skipped; blanks around a cell are dropped.

    Raises:
        DataError: if the file is empty, not text, not UTF-8, has no header, a duplicate column, a row of
            another length, or quotes that do not close.
    """
    what = f"File '{path.name}'"
    text = _text(path, what)
    rows, lines = _rows(text, what)
    if not rows:
        raise DataError(f"{what} is empty; it must have a header and rows.")
    header, body = [name.strip() for name in rows[0]], rows[1:]
    if all(_is_number(cell) for cell in header) and not _counts_columns(header):
        raise DataError(
            f"{what} has no header: its first row holds numbers only.", "add a row of column names."
        )
    names = unique_names(header, what)
    for row, cells in enumerate(body):
        if len(cells) != len(header):
            raise DataError(
                f"{what} is ragged: row {row + 1} (line {lines[row + 1]}) has {len(cells)} cells, and the "
                f"header has {len(header)}."
            )
    columns = list(zip(*body, strict=True)) if body else [()] * len(header)
    return Table(what, dict(zip(names, columns, strict=True)), tuple(lines[1:]))


def _text(path: Path, what: str) -> str:
    raw = path.read_bytes()
    if not raw.strip():
        raise DataError(f"{what} is empty; it must have a header and rows.")
    if b"\0" in raw:
        raise DataError(f"{what} is not text: it holds zero bytes.", "save it as CSV in UTF-8.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{what} is not UTF-8 text: line {line} holds a byte that is none.", "save it as UTF-8."
        ) from None


def _rows(text: str, what: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{what} cannot be read as CSV near line {reader.line_num}: {error}.") from error
    return rows, lines


def _delimiter(text: str) -> str:
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    return next((mark for mark in (",", ";", "\t") if mark in first), ",")


def _counts_columns(header: list[str]) -> bool:
    """Whether the names are 0, 1, 2, … or 1, 2, 3, …, as programs write them for columns without a name."""
    return header in ([str(first + i) for i in range(len(header))] for first in (0, 1))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
