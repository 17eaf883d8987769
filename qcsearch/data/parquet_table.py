"""Parquet files, through pyarrow (the extra `[parquet]`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.tables import Table, unique_names
from qcsearch.errors import DataError, MissingExtraError

__all__ = ["read_parquet"]

_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(path: Path) -> Table:
    """Read a Parquet file; the index that pandas may have written is left out.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        DataError: if the file cannot be read, has no columns, or a column name stands twice.
    """
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "Reading Parquet files needs pyarrow, which is not installed.", "pip install 'qcsearch[parquet]'."
        ) from error
    what = f"File '{path.name}'"
    if path.stat().st_size == 0:
        raise DataError(f"{what} is empty.")
    try:
        table = parquet.ParquetFile(path).read()
        columns = [_values(column) for column in table.columns]
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(
            f"{what} cannot be read as Parquet: {str(error).splitlines()[0].rstrip('.')}."
        ) from error
    kept = {i: name for i, name in enumerate(table.column_names) if not _INDEX.fullmatch(name)}
    names = unique_names(list(kept.values()), what)
    return Table(what, {name: columns[i] for i, name in zip(kept, names, strict=True)})


def _values(column: Any) -> NDArray[Any]:
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(column.to_numpy())
