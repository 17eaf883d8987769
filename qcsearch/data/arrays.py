"""NumPy files: `.npz` archives and pairs of `.npy`, never with pickled objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch import files, npz
from qcsearch.errors import DataError, FileError

__all__ = ["OPTIONAL", "read_npy", "read_npz"]

_WHOLE = ("X", "y")
_SPLIT = ("X_train", "X_test", "y_train", "y_test")
OPTIONAL = ("feature_names", "image_shape", "column_coding")
"""What an archive may hold besides: names `(n_features,)`, `[height, width]` of images that are flat, and the JSON text
of the coding of a table with columns of text or gaps, as a run keeps it."""


def read_npz(path: Path, labelled: bool = True) -> Mapping[str, NDArray[Any]]:
    """Read an archive with `X, y` or with `X_train, X_test, y_train, y_test`; other arrays are ignored.

    Args:
        path: of the archive.
        labelled: whether labels must be there; if not, `X` alone will do.

    Raises:
        DataError: if the file cannot be read, holds pickled objects, or lacks an array.
    """
    what = f"File '{path.name}'"
    try:
        with files.open_read(path, follow=True) as file:
            archive = npz.load(file)
            if isinstance(archive, np.ndarray):
                raise DataError(f"{what} is one array; its labels must come with it.", "write X.npy,y.npy.")
            names = list(archive.files)
            wanted = (*_wanted(names, labelled, what), *OPTIONAL)
            return {name: npz.array(archive, name, file) for name in names if name in wanted}
    except DataError:
        raise
    except FileError as error:
        raise DataError(f"{what} cannot be read: {error.message}", error.fix) from error
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(_unreadable(what, error), _fix(error)) from error


def read_npy(path: Path) -> NDArray[Any]:
    """Read one array.

    Raises:
        DataError: if the file cannot be read or holds pickled objects.
    """
    what = f"File '{path.name}'"
    try:
        with files.open_read(path, follow=True) as file:
            mapped = npz.large_array(file)
            array = npz.load(file) if mapped is None else mapped
    except FileError as error:
        raise DataError(f"{what} cannot be read: {error.message}", error.fix) from error
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(_unreadable(what, error), _fix(error)) from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{what} is an archive; it must be a single array.", "name it .npz.")
    return array


def _wanted(names: list[str], labelled: bool, what: str) -> tuple[str, ...]:
    whole, parts = set(_WHOLE) <= set(names), set(_SPLIT) <= set(names)
    if whole and parts:
        raise DataError(
            f"{what} holds X, y and X_train, X_test, y_train, y_test; it must hold one of the two."
        )
    if parts:
        return _SPLIT
    if whole or (not labelled and "X" in names):
        return _WHOLE
    held = ", ".join(names[:20]) or "nothing"
    raise DataError(f"{what} must hold X, y or X_train, X_test, y_train, y_test. It holds {held}.")


def _unreadable(what: str, error: Exception) -> str:
    if "Object arrays" in str(error):
        return f"{what} holds Python objects, which are never loaded; it must hold plain numbers and text."
    if "allow_pickle" in str(error):
        return f"{what} cannot be read as a NumPy file: it does not begin like one."
    reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return f"{what} cannot be read as a NumPy file: {reason}."


def _fix(error: Exception) -> str | None:
    return "save it with dtype float64, int64 or str." if "Object arrays" in str(error) else None
