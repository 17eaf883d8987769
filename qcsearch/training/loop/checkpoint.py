"""Checkpoints: one file, written atomically, with everything that a training needs to resume."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import FileError, RunError
from qcsearch.storage import canonical, files, npz
from qcsearch.storage.canonical import Json

__all__ = ["read_checkpoint", "write_checkpoint"]

_META = "meta.json"


def write_checkpoint(path: Path, arrays: Mapping[str, NDArray[Any]], meta: Json) -> None:
    """Write arrays and JSON as one `.npz`: whoever reads `path` finds the old checkpoint or the new one.

    Args:
        path: its folder is made if it is not there.
        arrays: numeric arrays by name.
        meta: JSON values.
    """
    files.make_folder(path.parent)
    text = np.frombuffer(canonical.dumps(meta).encode(), dtype=np.uint8)
    # In memory first: what is written to the disk is whole, and written in one piece.
    files.write_bytes(path, npz.save({_META: text, **arrays}, compressed=False))


def read_checkpoint(path: Path) -> tuple[dict[str, NDArray[Any]], Json]:
    """Read what `write_checkpoint` wrote.

    Raises:
        RunError: if it is not such a file.
    """
    try:
        with files.open_read(path) as opened, npz.load(opened) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays, canonical.loads(arrays.pop(_META).tobytes())
    except FileError:
        raise
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise RunError(
            f"The checkpoint {path} cannot be read: {type(error).__name__}.",
            fix="delete it to train from the beginning.",
        ) from error
