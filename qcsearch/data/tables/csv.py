"""CSV files: read strictly, so that nothing is guessed."""

from __future__ import annotations

import codecs
import csv
import io
import re
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

from qcsearch.data.sample import drawn_notice
from qcsearch.data.tables.cells import decimal_mark, is_number
from qcsearch.data.tables.large_text import some_lines
from qcsearch.data.tables.table import Table, check_names
from qcsearch.errors import DataError

__all__ = ["read_csv"]

_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLED, _SAMPLED_CELLS = 200, 10_000
_SEPARATOR_LINE = re.compile(r"\s*sep=([,;\t|])\r?\n", re.IGNORECASE)  # what Excel writes as a first line
_WIDE = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
         codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip

Rows = list[list[str]]


def read_csv(path: Path, sampled: bool = False) -> Table:
    """Read a CSV file with a header.

    It is UTF-8, or UTF-16 or UTF-32 with a byte order mark. The separator is the one of comma, semicolon, tab and bar
    that gives every row as many cells as the header. The decimal mark is a point, or a comma where that is beyond
    doubt, which a notice says. Blank lines and separators at the end of rows are skipped; blanks around a cell are
    dropped.

    Args:
        path: of the file.
        sampled: whether to read lines drawn at random where it holds too many, see `large_text.some_lines`.

    Raises:
        DataError: if the file is empty, not text, in another encoding, a duplicate column, a row of
            another length, quotes that do not close, or separators that can be read in two ways.
    """
    what = f"File '{path.name}'"
    some = some_lines(path, what) if sampled else None
    text = _text(path.read_bytes() if some is None else some.content, what)
    rows, lines = _rows(text, _separator(text, what), what)
    if not rows:
        raise DataError(f"{what} is empty; it must have a header and rows.")
    names, body = _even(rows, lines, what)
    columns = list(zip(*body, strict=True)) if body else [()] * len(names)
    check_names(names, what)
    table = dict(zip(names, columns, strict=True))
    decimal = decimal_mark(table)
    notices = (f"{what} is read with a comma as its decimal mark.",) if decimal == "," else ()
    if some is None:
        return Table(what, table, tuple(lines[1:]), decimal, notices)
    own = tuple(some.numbers[line - 1] for line in lines[1:])
    return Table(what, table, own, decimal, (drawn_notice(len(own), some.n_lines - 1, what), *notices))


def _text(raw: bytes, what: str) -> str:
    if not raw.strip():
        raise DataError(f"{what} is empty; it must have a header and rows.")
    wide = next((name for mark, name in _WIDE.items() if raw.startswith(mark)), None)
    if wide is None and b"\0" in raw:
        raise DataError(f"{what} is not text: it holds zero bytes.", "save it as CSV in UTF-8.")
    try:
        return raw.decode(wide or "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        kind = "UTF-8" if wide is None else wide.upper()
        raise DataError(
            f"{what} is not {kind} text: line {line} holds a byte that is none.", "save it as UTF-8."
        ) from None


def _separator(text: str, what: str) -> str:
    """The mark that gives the first rows as many cells as the header.

    Raises:
        DataError: if two marks do so equally well.
    """
    if told := _SEPARATOR_LINE.match(text):
        return told[1]
    fits = {mark: _fit(text, mark) for mark in _MARKS}
    best = max(fits.values())
    found = [mark for mark, fit in fits.items() if fit == best]
    if best == (0.0, 0.0):  # one column: a mark that no cell holds leaves every cell whole
        return next((mark for mark in _MARKS if mark not in text), ",")
    if len(found) > 1:
        raise DataError(
            f"The cells of {what} can be separated by {' or by '.join(_MARKS[mark] for mark in found)}.",
            "quote the cells that hold the other one.",
        )
    return found[0]


def _fit(text: str, mark: str) -> tuple[float, float]:
    """Share of the first rows with as many cells as the header has, if these are 2 or more; share of numbers."""
    rows: Rows = []
    with suppress(csv.Error):  # the whole file is read again, where this is said
        rows.extend(row for row in islice(_reader(text, mark), _SAMPLED) if any(row))
    n_columns = len(_without_blank_end(rows[0])) if rows else 0
    if n_columns < 2:
        return 0.0, 0.0
    if len(rows) == 1:
        return 1.0, float(n_columns)
    cells = list(islice(chain.from_iterable(rows[1:]), _SAMPLED_CELLS))
    suits = [len(row) >= n_columns and not any(row[n_columns:]) for row in rows[1:]]
    return sum(suits) / len(suits), sum(map(is_number, cells)) / len(cells)


def _without_blank_end(cells: list[str]) -> list[str]:
    n_cells = len(cells)
    while n_cells and not cells[n_cells - 1].strip():
        n_cells -= 1
    return cells[:n_cells]


def _rows(text: str, mark: str, what: str) -> tuple[Rows, list[int]]:
    """The rows that are not blank, and the line that each ends on; in a single column a quoted nothing is a row."""
    reader = _reader(text, mark)
    rows: Rows = []
    lines: list[int] = []
    try:
        for row in reader:
            if len(row) > 1 or (row and (row[0].strip() or (rows and len(rows[0]) == 1))):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{what} cannot be read as CSV near line {reader.line_num}: {error}.") from error
    first = 1 if _SEPARATOR_LINE.match(text) else 0
    return rows[first:], lines[first:]


def _reader(text: str, mark: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True, skipinitialspace=True)


def _even(rows: Rows, lines: list[int], what: str) -> tuple[list[str], Rows]:
    """The header and the rows below, all of one length: what is blank beyond the last name is left out.

    Raises:
        DataError: naming the first row of another length.
    """
    names = [name.strip() for name in rows[0]]
    told = len(_without_blank_end(names))
    if not any(any(map(str.strip, row[told:])) for row in rows):
        names = names[:told]
    body = []
    for row, cells in enumerate(rows[1:]):
        if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
            raise DataError(
                f"{what} is ragged: row {row + 1} (line {lines[row + 1]}) has {len(cells)} cells, and the "
                f"header has {len(names)}."
            )
        body.append(cells[: len(names)])
    return names, body
