"""Parquet files and tables of Arrow, through pyarrow (the extra `[parquet]`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.tables import Table, check_names
from qcsearch.errors import DataError, MissingExtraError

__all__ = ["from_arrow", "read_parquet"]

_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(path: Path) -> Table:
    """Read a Parquet file; the index that pandas may have written is left out.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        DataError: if the file cannot be read, has no columns, or a column name stands twice.
    """
    what = f"File '{path.name}'"
    parquet = _pyarrow("Reading Parquet files", "parquet")
    if path.stat().st_size == 0:
        raise DataError(f"{what} is empty.")
    try:
        table = parquet.ParquetFile(path).read()
        columns = [_values(column) for column in table.columns]
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(
            f"{what} cannot be read as Parquet: {str(error).splitlines()[0].rstrip('.')}."
        ) from error
    return _table(what, table.column_names, columns)


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
