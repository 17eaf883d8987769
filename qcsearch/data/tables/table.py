"""Tables: named columns, of which one may be the target."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import check_text
from qcsearch.data.sample import sample_notice
from qcsearch.data.tables.cells import is_absent, is_number, with_point
from qcsearch.data.tables.columns import Column, column_of_cells, column_of_values
from qcsearch.data.tables.troubles import Allowance, check_columns
from qcsearch.data.values import IntArray
from qcsearch.errors import DataError

__all__ = ["TARGET_NAMES", "Table", "check_names"]

TARGET_NAMES = ("target", "label", "class", "y")
"""A column of one of these names, in any case, is the target when none is given."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # 007 stays text, and so does what no int64 holds
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, not yet checked.

    Attributes:
        what: the table's name in messages.
        columns: one array `(n_rows,)` a name; of text cells where `lines` is given.
        lines: for a CSV file, the line that each row ends on.
        decimal: the decimal mark of text cells.
        notices: sentences a person should see about how it was read.
    """

    what: str
    columns: Mapping[str, NDArray[Any] | Sequence[str]]
    lines: tuple[int, ...] | None = None
    decimal: str = "."
    notices: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows, the header not counted."""
        return len(next(iter(self.columns.values())))

    def take(self, rows: IntArray) -> Table:
        """The table of these rows alone, with a notice that says so."""
        return replace(
            self,
            columns={name: _taken(cells, rows) for name, cells in self.columns.items()},
            lines=None if self.lines is None else tuple(self.lines[row] for row in rows),
            notices=(*self.notices, sample_notice(len(rows), self.n_rows, self.what)),
        )

    def targets(self, given: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the names of the target columns.

        Raises:
            DataError: if one that is given is not a column, or stands twice; or none is given and not exactly one
                column has one of `TARGET_NAMES`.
        """
        one = "separate the cells by comma, semicolon, tab or bar." if len(self.columns) == 1 else None
        for name in given:
            if name not in self.columns:
                raise DataError(f"{self.what} has no column '{name}'. Columns: {self._names()}.", one)
        if len(set(given)) < len(given):
            raise DataError(f"The target columns must each be given once. Got {', '.join(given)}.")
        if given:
            return tuple(given)
        found = self._candidates()
        if len(found) != 1:
            which = (
                f"{len(found)} columns could be the target" if found else "no column is named as the target"
            )
            raise DataError(
                f"{self.what} needs to be told its target: {which}. Columns: {self._names()}.",
                one or "give --target COLUMN (target=… in Python).",
            )
        return (found[0],)

    def likely_target(self, features: Sequence[str]) -> tuple[str, ...]:
        """The column that `targets` would find; empty if there is none or it is one of `features`."""
        found = self._candidates()
        return tuple(found) if len(found) == 1 and found[0] not in features else ()

    def check_header(self) -> None:
        """Pass if the names are not the cells of a first sample that was taken for the header.

        They are if all are numbers, or if some are and each other one is also a value of its column. The names
        0, 1, 2, … or 1, 2, 3, … are such as programs write for columns without a name; frames have numbers for names by
        default.

        Raises:
            DataError: if they are.
        """
        names = list(self.columns)
        texts = [name for name in names if not is_number(name)]
        counted = names in ([str(first + i) for i in range(len(names))] for first in (0, 1))
        if len(texts) == len(names) or (not texts and (counted or self.lines is None)):
            return
        if all(name in map(_stripped, self.columns[name]) for name in texts):
            shown = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
            raise DataError(
                f"{self.what} has no header: its first row, {shown}, looks like a sample.",
                "add a row of column names.",
            )

    def without(self, names: Sequence[str]) -> Table:
        """Return the table without the columns `names`.

        Raises:
            DataError: if one is not there.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise DataError(f"{self.what} has no column '{missing[0]}' to drop. Columns: {self._names()}.")
        return replace(
            self, columns={name: cells for name, cells in self.columns.items() if name not in names}
        )

    def check(self, columns: Sequence[Column], allowed: Allowance) -> None:
        """Pass if its columns hold finite numbers, or else what is allowed.

        Raises:
            DataError: with every trouble of every column.
        """
        check_columns(columns, self.what, self.lines, allowed)

    def read(self, names: Sequence[str]) -> list[Column]:
        """Return the columns `names`, unchecked.

        Raises:
            DataError: if a column is not there, there are none, or there are no rows.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
            self.check_header()
            raise DataError(
                f"{self.what} has no column '{missing[0]}'"
                + (f" (and {len(missing) - 1} more are missing)" if len(missing) > 1 else "")
                + f". Columns: {self._names()}.",
                "give the columns of the training.",
            )
        if not names:
            raise DataError(
                f"{self.what} has no columns besides the target; it must have at least 1 feature."
            )
        if self.n_rows == 0:
            raise DataError(f"{self.what} has no rows below its header; it must have at least 1.")
        return [self._column(name) for name in names]

    def labels(self, names: Sequence[str]) -> NDArray[Any]:
        """Return columns as labels, `(n_rows,)` of one and `(n_rows, n_columns)` of several.

        Those of a CSV file are numbers if every cell of the column is one.
        """
        columns = [self._labels(name) for name in names]
        return (
            columns[0]
            if len(columns) == 1
            else np.array([list(column) for column in columns], dtype=object).T
        )

    def _labels(self, name: str) -> NDArray[Any]:
        cells = self.columns[name]
        if self.lines is None:
            return np.asarray(cells)
        texts = [None if is_absent(cell) else cell for cell in map(str.strip, cells)]
        given = [with_point(text, self.decimal) for text in texts if text is not None]
        if all(_FRACTION.fullmatch(text) for text in given):
            kind = int if all(_WHOLE.fullmatch(text) for text in given) else float
            return np.array([text and kind(with_point(text, self.decimal)) for text in texts], dtype=object)
        return np.array(texts, dtype=object)

    def _candidates(self) -> list[str]:
        return [name for name in self.columns if name.casefold() in TARGET_NAMES]

    def _column(self, name: str) -> Column:
        cells = self.columns[name]
        if self.lines is None:
            return column_of_values(name, np.asarray(cells))
        return column_of_cells(name, cast("Sequence[str]", cells), self.decimal)

    def _names(self) -> str:
        names = list(self.columns)
        return ", ".join(names[:20]) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


def _taken(cells: NDArray[Any] | Sequence[str], rows: IntArray) -> NDArray[Any] | Sequence[str]:
    return cells[rows] if isinstance(cells, np.ndarray) else [cells[row] for row in rows]


def check_names(names: Sequence[str], what: str) -> None:
    """Pass if each name is there once and none is empty.

    Raises:
        DataError: if not.
    """
    if not names:
        raise DataError(f"{what} has no columns.")
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise DataError(f"{what} has a duplicate column: the name '{twice[0]}' stands twice in its header.")
    if "" in names:
        raise DataError(
            f"{what} has a column without a name: number {names.index('') + 1} of its header.",
            "name it, or write the table without its index.",
        )
    for name in names:
        check_text(name, "column name")


def _stripped(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell
