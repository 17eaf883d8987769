"""Tables: named columns, of which one may be the target."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import as_numbers, check_finite, check_text, place, short
from qcsearch.data.dataset import FloatArray
from qcsearch.errors import DataError

__all__ = ["TARGET_NAMES", "Table", "table_from_dataframe", "unique_names"]

TARGET_NAMES = ("target", "label", "class", "y")
"""A column of one of these names, in any case, is the target when none is given."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # 007 stays text, and so does what no int64 holds
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "<na>", "#n/a"}


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, not yet checked.

    Attributes:
        what: the table's name in messages.
        columns: one array `(n_rows,)` a name; of text cells where `lines` is given.
        lines: for a CSV file, the line that each row ends on.
    """

    what: str
    columns: Mapping[str, NDArray[Any] | Sequence[str]]
    lines: tuple[int, ...] | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows, the header not counted."""
        return len(next(iter(self.columns.values())))

    def target(self, target: str | None) -> str:
        """Return the name of the target column.

        Raises:
            DataError: if `target` is not a column; or none is given and not exactly one column has one of
                `TARGET_NAMES`.
        """
        if target is not None:
            if target not in self.columns:
                raise DataError(f"{self.what} has no column '{target}'. Columns: {self._names()}.")
            return target
        found = self._candidates()
        if len(found) != 1:
            which = (
                f"{len(found)} columns could be the target" if found else "no column is named as the target"
            )
            raise DataError(
                f"{self.what} needs to be told its target: {which}. Columns: {self._names()}.",
                "give --target COLUMN (target=… in Python).",
            )
        return found[0]

    def likely_target(self, features: Sequence[str]) -> str | None:
        """The column that `target` would find, unless there is none or it is one of `features`."""
        found = self._candidates()
        return found[0] if len(found) == 1 and found[0] not in features else None

    def features(self, names: Sequence[str]) -> FloatArray:
        """Return the columns `names` as finite numbers `(n_rows, len(names))`.

        Raises:
            DataError: if a column is not there, there are none, there are no rows, or a cell is not a finite
                number.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
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
        X = np.column_stack([self._numbers(name) for name in names])
        check_finite(X, self.what, names, self.lines)
        return X

    def labels(self, name: str) -> NDArray[Any]:
        """Return the column `name` as labels `(n_rows,)`: of a CSV file as numbers if every cell is one."""
        cells = self.columns[name]
        if self.lines is None:
            return np.asarray(cells)
        absent = _MISSING - {"none"}  # which may well be a class
        texts = [None if cell.casefold() in absent else cell for cell in map(str.strip, cells)]
        given = [text for text in texts if text is not None]
        if all(_FRACTION.fullmatch(text) for text in given):
            whole = all(_WHOLE.fullmatch(text) for text in given)
            return np.array([text and (int(text) if whole else float(text)) for text in texts], dtype=object)
        return np.array(texts, dtype=object)

    def _candidates(self) -> list[str]:
        return [name for name in self.columns if name.casefold() in TARGET_NAMES]

    def _numbers(self, name: str) -> FloatArray:
        cells = self.columns[name]
        if self.lines is None:
            return as_numbers(np.asarray(cells)[:, np.newaxis], self.what, [name])[:, 0]
        try:
            if "_" not in "".join(cells):  # Python reads 1_000 as a number
                return np.array(cells, dtype=np.float64)
        except ValueError:
            pass
        return np.array([self._cell(cell.strip(), row, name) for row, cell in enumerate(cells)])

    def _cell(self, cell: str, row: int, name: str) -> float:
        try:
            return float("nan") if cell.casefold() in _MISSING else float(cell.replace("_", "?"))
        except ValueError:
            raise DataError(
                f"{self.what} holds the text {short(cell)} in {place(row, self.lines)}, column '{name}'; "
                "every feature must be a number.",
                "encode the column as numbers, remove it, or name it as --target.",
            ) from None

    def _names(self) -> str:
        names = list(self.columns)
        return ", ".join(names[:20]) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


def table_from_dataframe(frame: Any, what: str = "The DataFrame") -> Table:
    """Return the columns of a frame: anything with `.columns`, and columns that have `.to_numpy()`.

    Raises:
        DataError: if a column name stands twice, or there are no columns.
    """
    names = unique_names([str(name) for name in frame.columns], what)
    columns = zip(names, frame.columns, strict=True)
    return Table(what, {name: np.asarray(frame[own].to_numpy()) for name, own in columns})


def unique_names(names: Sequence[str], what: str) -> Sequence[str]:
    """Return `names` if each is there once and none is empty.

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
    return names
