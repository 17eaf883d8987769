"""Small files that their owner alone may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from qcsearch.errors import InputError
from qcsearch.storage import files

__all__ = ["make_private", "read_private"]

_MOST_BYTES = 4096


def make_private(path: Path, content: bytes) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: if it is.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path, what: str) -> bytes:
    """What stands in such a file.

    Args:
        path: the file; a link is followed, for where secrets are mounted they are links.
        what: how a message calls it.

    Raises:
        InputError: if it is not there, or others can read it.
    """
    try:
        mode, content = path.stat().st_mode, files.read_bytes(path, _MOST_BYTES, follow=True)
    except OSError as error:
        raise InputError(f"{what}, '{path}', cannot be read: {error.strerror or error}.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise InputError(f"{what} must be its owner's alone. Others can read it.", f"chmod 600 {path}")
    return content
