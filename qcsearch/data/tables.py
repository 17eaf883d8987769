"""Tables: named columns, of which one may be the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import as_numbers, check_finite, is_missing, place
from qcsearch.data.dataset import FloatArray
from qcsearch.errors import DataError

__all__ = ["TARGET_NAMES", "Table", "table_from_dataframe", "unique_names"]

TARGET_NAMES = ("target", "label", "class", "y")
"""A column of one of these names, in any case, is the target when none is given."""

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
        found = [name for name in self.columns if name.casefold() in TARGET_NAMES]
        if len(found) != 1:
            which = (
                f"{len(found)} columns could be the target" if found else "no column is named as the target"
            )
            raise DataError(
                f"{self.what} needs to be told its target: {which}. Columns: {self._names()}.",
                "give --target COLUMN (target=… in Python).",
            )
        return found[0]

    def features(self, names: Sequence[str]) -> FloatArray:
        """Return the columns `names` as finite numbers `(n_rows, len(names))`.

        Raises:
            DataError: if a column is not there, there are none, there are no rows, or a cell is not a finite number.
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
        texts = [None if cell.casefold() in _MISSING - {"none"} else cell for cell in cells]
        try:
            return np.array([int(text) for text in texts if text is not None or _refuse()])
        except (ValueError, OverflowError):
            pass
        try:
            return np.array([float("nan") if text is None else float(text) for text in texts])
        except ValueError:
            return np.array(texts, dtype=object)

    def _numbers(self, name: str) -> FloatArray:
        cells = self.columns[name]
        what = f"Column '{name}' of {self.what}"
        if self.lines is None:
            return as_numbers(cells, what)
        try:
            return np.array(cells, dtype=np.float64)
        except ValueError:
            return np.array([self._cell(cell, row, name) for row, cell in enumerate(cells)])

    def _cell(self, cell: str, row: int, name: str) -> float:
        try:
            return float("nan") if cell.casefold() in _MISSING else float(cell)
        except ValueError:
            raise DataError(
                f"{self.what} holds the text {_short(cell)} in {place(row, self.lines)}, column '{name}'; every "
                "feature must be a number.",
                "encode the column as numbers, remove it, or name it as --target.",
            ) from None

    def _names(self) -> str:
        names = list(self.columns)
        return ", ".join(names[:20]) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


def table_from_dataframe(frame: Any, what: str = "The DataFrame") -> Table:
    """Return the columns of a pandas-like frame: anything with `.columns` and columns that have `.to_numpy()`.

    Raises:
        DataError: if a column name stands twice, or there are no columns.
    """
    names = unique_names([str(name) for name in frame.columns], what)
    return Table(what, {name: _values(frame[own]) for name, own in zip(names, frame.columns, strict=True)})


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
    return names


def _values(column: Any) -> NDArray[Any]:
    values = np.asarray(column.to_numpy())
    if values.dtype.kind == "O" and all(is_missing(v) or isinstance(v, str) for v in values):
        return values  # text stays objects, so that None and NA stay missing
    return values


def _refuse() -> bool:
    raise ValueError


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:40] + "…")
