"""Cells of a text table: what says nothing, what is a number, what is true or false, and the decimal mark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from qcsearch.data.values import FloatArray

__all__ = ["as_floats", "decimal_mark", "is_absent", "is_number", "number", "truth_values", "with_point"]

_ABSENT = {"", "na", "n/a", "nan", "null", "?", "<na>", "#n/a"}
_PLACEHOLDERS = {"none", "-", "--", "—", ".", ".."}
"""Among numbers they say that there is none; among texts they may well be a value."""

_TRUTH = {"true": 1.0, "false": 0.0}
_WITH_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]+([eE][+-]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")


def is_absent(cell: str) -> bool:
    """Whether a stripped cell says that there is nothing."""
    return cell.casefold() in _ABSENT


def number(cell: str, decimal: str = ".") -> float | None:
    """The number that a cell holds, NaN if it says that there is none, None if it is text."""
    cell = cell.strip()
    folded = cell.casefold()
    if folded in _ABSENT or folded in _PLACEHOLDERS:
        return float("nan")
    try:
        return float(with_point(cell, decimal).replace("_", "?"))  # Python reads 1_000 as a number
    except ValueError:
        return None


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, written with a point or with a comma."""
    value = number(cell, ",")
    return value is not None and not np.isnan(value)


def with_point(cell: str, decimal: str) -> str:
    """The cell with a decimal point, if it is a number with the mark `decimal`."""
    return cell.replace(",", ".") if decimal == "," and _WITH_COMMA.fullmatch(cell) else cell


def as_floats(cells: Sequence[str]) -> FloatArray | None:
    """All cells as numbers `(n_rows,)` if each of them is one; None if not."""
    try:
        return None if "_" in "".join(cells) else np.array(cells, dtype=np.float64)
    except ValueError:
        return None


def truth_values(texts: Iterable[str]) -> list[float] | None:
    """1 for each `true` and 0 for each `false`, in any case; None if one of the texts is neither."""
    values = [_TRUTH.get(text.casefold()) for text in texts]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def decimal_mark(columns: Mapping[str, Sequence[str]]) -> str:
    """The decimal mark of a table: a comma if its numbers have one and it can be nothing else, else a point.

    A comma before three digits may part thousands, so that alone decides nothing; and where other numbers have a
    point, one of the two marks is none.
    """
    if not any("," in "".join(cells) for cells in columns.values()):
        return "."
    sure = False
    for cells in columns.values():
        if as_floats(cells) is not None:
            if any("." in cell for cell in cells):
                return "."
            continue
        told = [cell for cell in map(str.strip, cells) if not np.isnan(number(cell) or 0.0)]
        with_comma = [cell for cell in told if _WITH_COMMA.fullmatch(cell)]
        if len(with_comma) + sum(bool(_WHOLE.fullmatch(cell)) for cell in told) == len(told):
            sure = sure or any(not _THOUSANDS.fullmatch(cell) for cell in with_comma)
        elif all(number(cell) is not None for cell in told) and any("." in cell for cell in told):
            return "."
    return "," if sure else "."
