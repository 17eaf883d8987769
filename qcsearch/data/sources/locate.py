"""What a source means: a file, a pair of files, a name, or something in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from qcsearch.data.quantum.generators import GENERATORS, is_generated
from qcsearch.data.sources.arrays import read_npy
from qcsearch.data.sources.examples import EXAMPLES
from qcsearch.data.tables.csv import read_csv
from qcsearch.data.tables.parquet import read_parquet
from qcsearch.data.tables.table import Table
from qcsearch.errors import DataError

__all__ = ["find_file", "is_path", "is_table", "read_pair", "read_table"]

_TABLES = {".csv": read_csv, ".tsv": read_csv, ".parquet": read_parquet}
_KNOWN = (*_TABLES, ".npz", ".npy")


def is_path(source: Any) -> bool:
    """Whether a source is text that names a file or an example."""
    return isinstance(source, str | os.PathLike)


def is_table(path: Path) -> bool:
    """Whether a file is a table."""
    return path.suffix.lower() in _TABLES and not path.is_dir()


def read_table(path: Path, sampled: bool = False) -> Table:
    """Read a CSV, TSV or Parquet file.

    Args:
        path: of the file.
        sampled: whether a sample of the rows will do where all of them would not fit into memory.

    Raises:
        DataError: if it cannot be read.
        MissingExtraError: if it is Parquet and pyarrow is not installed.
    """
    return _TABLES[path.suffix.lower()](path, sampled)


def find_file(text: str) -> Path | None:
    """Return the file or the folder of images that `text` means; None if it is a name or a pair of `.npy` files.

    Raises:
        DataError: if there is no such file, it is none of the known kinds, or it may not be read.
    """
    if not text.strip():
        raise DataError("A data set must be a path or a name. Got an empty text.")
    path = Path(text)
    if text.partition(":")[0] in EXAMPLES or is_generated(text) or _is_pair(text, path):
        return None
    if not _exists(path):
        known = (
            f"data set of scikit-learn ({', '.join(EXAMPLES)}) or of quantum states ({', '.join(GENERATORS)})"
        )
        raise DataError(
            f"'{text}' is neither a file that is there nor a {known}.", "check the path or the name."
        )
    if path.is_dir():
        return path
    if not path.is_file():
        raise DataError(f"'{text}' is a device or a pipe; a data set must be a file or a folder of images.")
    if path.suffix.lower() not in _KNOWN:
        raise DataError(f"File '{path.name}' must end in {', '.join(_KNOWN[:-1])} or {_KNOWN[-1]}.")
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise DataError(f"File '{path.name}' cannot be read: {error.strerror}.") from error


def read_pair(text: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read `"X.npy,y.npy"`.

    Raises:
        DataError: if these are not two files of one array each.
    """
    paths = [find_file(part.strip()) for part in text.split(",") if part.strip()]
    if len(paths) != 2 or not all(path is not None and path.suffix.lower() == ".npy" for path in paths):
        raise DataError(f"Arrays in .npy files must come as a pair. Got '{text}'.", "write X.npy,y.npy.")
    X, y = (read_npy(path) for path in paths if path is not None)
    return X, y


def _is_pair(text: str, path: Path) -> bool:
    return "," in text and ".npy" in text.lower() and not _exists(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a zero byte in it
        return False
