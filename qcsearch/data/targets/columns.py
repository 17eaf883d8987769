"""Columns of numbers that are labels: of a regression, or the indicators of a multi-label target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import LARGEST, check_text, is_missing, place, short
from qcsearch.data.tables.cells import is_number
from qcsearch.data.targets.base import Target
from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError
from qcsearch.storage.limits import MAX_CLASSES, MAX_LABEL

__all__ = ["ColumnTarget", "check_enough", "named", "read_columns"]

_LEAST = 2
"""Samples that a part must have, so that a score of it says anything."""


@dataclass(frozen=True)
class ColumnTarget(Target):
    """A target of one output a column of labels.

    Attributes:
        columns: one name an output.
        thing: what a column holds, a word.
    """

    columns: tuple[str, ...]

    thing: ClassVar[str]
    least_of_a_part: ClassVar[int] = _LEAST

    @property
    def n_outputs(self) -> int:
        """See `Target`."""
        return len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """See `Target`."""
        return self.columns

    @property
    def words(self) -> str:
        """See `Target`."""
        return f"1 {self.thing}" if len(self.columns) == 1 else f"{len(self.columns)} {self.thing}s"

    @property
    def told(self) -> str:
        """See `Target`."""
        return self.words


def named(columns: Sequence[str] | None, n_columns: int, what: str) -> tuple[str, ...]:
    """One name a column: those that are given, or `what` with a number where there are several.

    Raises:
        DataError: if they are not as many, one stands twice, or one is too long.
    """
    if columns is None:
        return (what,) if n_columns == 1 else tuple(f"{what}{j}" for j in range(n_columns))
    if len(columns) != n_columns or len(set(columns)) != n_columns:
        raise DataError(
            f"The {n_columns} columns of labels must each have a name of its own. Got {list(columns)}."
        )
    for name in columns:
        if not isinstance(name, str) or len(check_text(name, "name of a label")) > MAX_LABEL:
            raise DataError(
                f"The name of a label must be text of at most {MAX_LABEL} characters. Got {name!r}."
            )
    return tuple(columns)


def read_columns(labels: Any, what: str, n_columns: int | None = None) -> FloatArray:
    """Labels as finite numbers `(n_samples, n_columns)`.

    Args:
        labels: `(n_samples,)` or `(n_samples, n_columns)`, numbers or truth values, or texts of numbers.
        what: what they are called in messages.
        n_columns: how many columns there must be, if it is known.

    Raises:
        DataError: if they are anything else.
    """
    array = _array(labels, what)
    if n_columns is not None and array.shape[1] != n_columns:
        raise DataError(f"{what} must have {n_columns} column(s) of labels. Got {array.shape[1]}.")
    if array.dtype.kind in "biuf":
        values = array.astype(np.float64)
    else:
        values = np.array(
            [[_number(cell, what, row) for cell in cells] for row, cells in enumerate(array.tolist())]
        ).reshape(array.shape)
    if np.isnan(values).any():
        rows = np.flatnonzero(np.isnan(values).any(axis=1))
        raise DataError(
            f"Input y contains NaN or missing labels: {what} has {len(rows)} in {len(values)} rows, the first in "
            f"{place(int(rows[0]))}.",
            "fill in these labels or remove these rows.",
        )
    if (large := np.abs(values) > LARGEST).any():
        row = int(np.flatnonzero(large.any(axis=1))[0])
        raise DataError(
            f"Input y contains infinity or a value too large for dtype('float64'): {what} holds it in {place(row)}."
        )
    return values


def check_enough(y: NDArray[Any], what: str, n_parts: int, why: str) -> None:
    """Pass if each of `n_parts` parts can have 2 samples; see `Target.check_counts`.

    Raises:
        DataError: if not.
    """
    if len(y) < _LEAST * n_parts:
        raise DataError(
            f"{what} has {len(y)} sample(s); it must have at least {_LEAST * n_parts}{why}.", "add samples."
        )


def _array(labels: Any, what: str) -> NDArray[Any]:
    if hasattr(labels, "toarray"):
        raise DataError(f"{what} is a sparse matrix; it must be dense.", "call its .toarray().")
    if isinstance(labels, np.ma.MaskedArray):
        labels = np.ma.filled(labels.astype(object), np.nan)
    try:
        array = np.asarray(labels) if hasattr(labels, "dtype") else np.asarray(labels, dtype=object)
        if hasattr(labels, "columns"):  # a frame of several types
            array = np.asarray(labels.to_numpy())
    except (ValueError, TypeError) as error:
        raise DataError(f"{what} must hold the labels of each sample in a row.") from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(
            f"{what} must hold a number for each sample, or a row of them. Got shape {array.shape}."
        )
    if array.shape[1] > MAX_CLASSES:
        raise DataError(
            f"{what} must have at most {MAX_CLASSES:,} columns of labels. Got {array.shape[1]:,}."
        )
    if array.dtype.kind == "c":
        raise DataError(f"Complex data not supported: {what} holds complex numbers.")
    if array.dtype.kind in "mMV":
        raise DataError(f"The labels in {what} must be numbers. Got {array.dtype}.")
    return array


def _number(cell: Any, what: str, row: int) -> float:
    if is_missing(cell) or (isinstance(cell, str) and not cell.strip()):
        return float("nan")
    if isinstance(cell, str) and not is_number(cell):
        raise DataError(f"{what} holds the text {short(cell)} in {place(row)}; it must hold numbers.")
    try:
        return float(cell)
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        raise DataError(
            f"{what} holds a {type(cell).__name__} in {place(row)}; it must hold numbers."
        ) from None
