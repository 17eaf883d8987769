"""Parquet files and tables of Arrow, through pyarrow (the extra `[parquet]`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.sample import drawn_notice, drawn_rows
from qcsearch.data.tables.table import Table, check_names
from qcsearch.errors import DataError, MissingExtraError

__all__ = ["from_arrow", "read_parquet"]

MAX_READ = 30_000_000
"""Values of a table that are read."""

_BATCH = 4_000_000
_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(path: Path, sampled: bool = False) -> Table:
    """Read a Parquet file; the index that pandas may have written is left out.

    Args:
        path: of the file.
        sampled: whether to read rows drawn at random where it holds more than `MAX_READ` values.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        DataError: if the file cannot be read, has no columns, or a column name stands twice.
    """
    what = f"File '{path.name}'"
    parquet = _pyarrow("Reading Parquet files", "parquet")
    if path.stat().st_size == 0:
        raise DataError(f"{what} is empty.")
    try:
        file = parquet.ParquetFile(path)
        n_rows, most = file.metadata.num_rows, MAX_READ // max(1, file.metadata.num_columns)
        some = sampled and n_rows > most
        table = _some(file, most) if some else file.read()
        columns = [_values(column) for column in table.columns]
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(
            f"{what} cannot be read as Parquet: {str(error).splitlines()[0].rstrip('.')}."
        ) from error
    notices = (drawn_notice(most, n_rows, what),) if some else ()
    return replace(_table(what, table.column_names, columns), notices=notices)


def _some(file: Any, n: int) -> Any:
    """`n` rows drawn at random, read batch by batch."""
    pyarrow = _pyarrow("Reading Parquet files")
    rows = drawn_rows(file.metadata.num_rows, n)
    batches, first = [], 0
    for batch in file.iter_batches(batch_size=max(1, _BATCH // file.metadata.num_columns)):
        low, high = np.searchsorted(rows, (first, first + len(batch)))
        batches.append(batch.take(pyarrow.array(rows[low:high] - first)))
        first += len(batch)
    return pyarrow.Table.from_batches(batches)


def from_arrow(source: Any, what: str) -> Table:
    """Return the columns of what has Arrow's C stream or the dataframe interchange protocol.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        DataError: if there are no columns, or a column name stands twice.
    """
    pyarrow = _pyarrow(f"Reading a {type(source).__name__}")
    if hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
        table = pyarrow.table(source)
    else:
        table = _pyarrow(f"Reading a {type(source).__name__}", "interchange").from_dataframe(source)
    return _table(what, table.column_names, [_values(column) for column in table.columns])


def _pyarrow(whose: str, part: str = "") -> Any:
    """The library, or a module of it."""
    try:
        pyarrow = import_module("pyarrow")
        return import_module(f"pyarrow.{part}") if part else pyarrow
    except ImportError as error:
        raise MissingExtraError(
            f"{whose} needs pyarrow, which is not installed.", "pip install 'qcsearch[parquet]'."
        ) from error


def _table(what: str, names: Sequence[str], columns: Sequence[NDArray[Any]]) -> Table:
    kept = [(name, column) for name, column in zip(names, columns, strict=True) if not _INDEX.fullmatch(name)]
    check_names([name for name, _ in kept], what)
    return Table(what, dict(kept))


def _values(column: Any) -> NDArray[Any]:
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(column.to_numpy())
