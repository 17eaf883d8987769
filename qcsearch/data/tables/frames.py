"""Tables in memory: a DataFrame of any library."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import getattr_static
from typing import Any

import numpy as np

from qcsearch.data.checks import default_names
from qcsearch.data.tables.parquet import from_arrow
from qcsearch.data.tables.table import Table, check_names
from qcsearch.errors import DataError, QCSearchError

__all__ = ["holds_text", "is_frame", "read_array", "read_frame"]

_LAZY = ("collect", "compute", "toPandas")


def is_frame(source: Any) -> bool:
    """Whether a source is a table of pandas, polars, pyarrow or of a library that behaves like one of them."""
    # Looked up without asking for them: a lazy frame would begin to work, and warn of it.
    own = (getattr_static(source, name, None) is not None for name in ("columns", "schema"))
    return not isinstance(source, Mapping) and any(own)


def read_frame(frame: Any) -> Table:
    """Return the columns of a frame.

    Each column's own `to_numpy` is asked where there is one; else the frame hands itself over through Arrow's
    C stream, `to_pandas` or the dataframe interchange protocol.

    Raises:
        DataError: if it holds no values yet, cannot be read, has no columns, or a column name stands twice.
        MissingExtraError: if it can be read through Arrow only and pyarrow is not installed.
    """
    what = f"The {type(frame).__name__}"
    try:
        return _read(frame, what)
    except QCSearchError:
        raise
    except Exception as error:  # a library of any kind may fail in any way
        reason = (str(error).splitlines() or [""])[0].rstrip(".")
        raise DataError(
            f"{what} cannot be read as a table: {type(error).__name__} {reason}.", "give a pandas DataFrame."
        ) from error


def holds_text(source: Any) -> bool:
    """Whether a source is an array of text, or of numbers and text."""
    return isinstance(source, np.ndarray) and source.dtype.kind in "OUST"


def read_array(X: Any) -> Table:
    """Return the columns of samples `(n_samples, n_features)`, which may hold text, under the names x0, x1, ….

    Raises:
        DataError: if they have no two dimensions.
    """
    array = X if isinstance(X, np.ndarray) else np.array(X, dtype=object)
    if array.ndim != 2:
        raise DataError(f"X must have 2 dimensions (samples, features) to have columns. Got {array.ndim}.")
    return Table("X", {name: array[:, j] for j, name in enumerate(default_names(array.shape[1]))})


def _read(frame: Any, what: str) -> Table:
    if hasattr(frame, "iloc"):
        return _by_columns(frame, what)
    if lazy := next((way for way in _LAZY if hasattr(frame, way)), None):
        raise DataError(f"{what} holds no values yet.", f"call its .{lazy}() first.")
    if hasattr(frame, "get_column"):  # polars, which needs no Arrow for this
        return _by_columns(frame, what)
    if hasattr(frame, "__arrow_c_stream__") or hasattr(frame, "__arrow_c_array__"):
        return from_arrow(frame, what)
    if hasattr(frame, "to_pandas"):
        return _by_columns(frame.to_pandas(), what)
    return from_arrow(frame, what) if hasattr(frame, "__dataframe__") else _by_columns(frame, what)


def _by_columns(frame: Any, what: str) -> Table:
    own = list(frame.columns)
    names = [str(name) for name in own]
    check_names(names, what)  # before a name that stands twice gives two columns
    columns = [np.asarray(frame[name].to_numpy()) for name in own]
    return Table(what, dict(zip(names, columns, strict=True)))
