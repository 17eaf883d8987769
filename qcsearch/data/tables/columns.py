"""One column of a table as numbers, with what in it is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import is_missing
from qcsearch.data.tables.cells import as_floats, is_absent, number, truth_values
from qcsearch.data.values import FloatArray

__all__ = ["Column", "column_of_cells", "column_of_values"]

_KINDS = {"c": "complex numbers", "m": "durations", "M": "dates or times", "V": "records"}


@dataclass(frozen=True, eq=False)
class Column:
    """A column that was read.

    Attributes:
        name: its name.
        values: its numbers `(n_rows,)`, NaN where there is none; true is 1 and false 0.
        texts: the text of each row that holds text.
        odd: what else it holds that is neither number nor text, in words; empty if there is nothing.
        odd_row: the first row that holds it.
        raw: what it was read from.
    """

    name: str
    values: FloatArray
    texts: dict[int, str]
    odd: str = ""
    odd_row: int = 0
    raw: Iterable[Any] = ()

    @cached_property
    def missing(self) -> NDArray[np.int64]:
        """Rows that hold nothing."""
        empty = np.isnan(self.values)
        empty[list(self.texts)] = False
        return np.flatnonzero(empty)

    @cached_property
    def n_numbers(self) -> int:
        """Number of rows that hold a number."""
        return int(np.count_nonzero(~np.isnan(self.values)))

    @property
    def is_text(self) -> bool:
        """Whether more rows hold text than numbers; a column of the other kind may hold stray text."""
        return len(self.texts) > self.n_numbers

    def as_texts(self) -> list[str | None]:
        """Every row as text, None where there is none."""
        cells = [None if is_missing(cell) else str(cell).strip() for cell in self.raw]
        return [None if cell is None or is_absent(cell) else cell for cell in cells]


def column_of_cells(name: str, cells: Sequence[str], decimal: str) -> Column:
    """Read the text cells of a file."""
    floats = as_floats(cells)
    if floats is not None:
        return Column(name, floats, {}, raw=cells)
    parsed = [number(cell, decimal) for cell in cells]
    texts = {row: cells[row].strip() for row, value in enumerate(parsed) if value is None}
    values = np.array([np.nan if value is None else value for value in parsed])
    column = _with_truth(Column(name, values, texts, raw=cells))
    if not column.is_text:
        return column
    # Among texts a dash or `none` is one of them.
    told = {row: cell for row, cell in enumerate(map(str.strip, cells)) if not is_absent(cell)}
    return Column(name, values, {row: cell for row, cell in told.items() if np.isnan(values[row])}, raw=cells)


def column_of_values(name: str, values: NDArray[Any]) -> Column:
    """Read a column that has a type, such as one of a DataFrame or a Parquet file."""
    if values.dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # a longdouble may overflow to an infinity, which is refused by name
            return Column(name, values.astype(np.float64), {}, raw=values)
    numbers = np.full(len(values), np.nan)
    kind = _KINDS.get(values.dtype.kind)
    if kind is not None or values.ndim != 1:
        return Column(name, numbers, {}, kind or "arrays", raw=values)
    texts: dict[int, str] = {}
    odd: dict[int, str] = {}
    for row, value in enumerate(values):
        if is_missing(value):
            continue
        if isinstance(value, Real | Decimal | np.bool_):
            numbers[row] = _float(value)
        elif isinstance(value, str):
            texts[row] = value
        else:
            odd[row] = type(value).__name__
    row = min(odd, default=0)
    column = Column(name, numbers, texts, f"values of type {odd[row]}" if odd else "", row, values)
    return _with_truth(column)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _with_truth(column: Column) -> Column:
    """A column of nothing but `true` and `false` is one of numbers."""
    truth = truth_values(column.texts.values())
    if not truth or column.n_numbers or column.odd:
        return column
    column.values[list(column.texts)] = truth
    return Column(column.name, column.values, {}, raw=column.raw)
