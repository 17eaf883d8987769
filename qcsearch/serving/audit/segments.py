"""The files of a log: `audit-000001.jsonl` and so on; a line goes into the last one until that is large enough."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from qcsearch.serving.audit.chain import MOST_LINE_BYTES
from qcsearch.storage import files

__all__ = ["Appended", "flush", "last_line", "segment", "segments"]

_NAME = re.compile(r"audit-(\d{6})\.jsonl", re.ASCII)


def segments(folder: Path) -> list[tuple[int, Path]]:
    """The files that there are, in order, with their numbers."""
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(name[1]), path) for name, path in found if name)


def segment(folder: Path, number: int) -> Path:
    """The file of a number."""
    return folder / f"audit-{number:06}.jsonl"


def last_line(path: Path) -> tuple[bytes, int]:
    """The last line that has an end, without it; and how many bytes follow it, which a crash left."""
    tail = files.read_tail(path, 2 * MOST_LINE_BYTES)
    whole, end, torn = tail.rpartition(b"\n")
    return (whole.rpartition(b"\n")[2], len(torn)) if end else (b"", len(tail))


class Appended:
    """A file that lines are appended to, whole or not at all.

    Args:
        path: the file; made if it is missing.
        torn: bytes at its end that are no line, and go.
    """

    def __init__(self, path: Path, torn: int = 0) -> None:
        self._file: BinaryIO = files.open_update(path)
        self.size = os.fstat(self._file.fileno()).st_size - torn
        if torn:
            os.ftruncate(self._file.fileno(), self.size)

    def append(self, line: bytes) -> None:
        """Append a line.

        Raises:
            OSError: if it cannot be; nothing of it is there then.
        """
        try:
            written = os.write(self._file.fileno(), line)
            if written != len(line):
                raise OSError(f"{written} of {len(line)} bytes were written")
        except OSError:
            os.ftruncate(self._file.fileno(), self.size)
            raise
        self.size += len(line)

    def copy(self) -> int:
        """A descriptor of its own, for `flush`, which whoever asks closes."""
        return os.dup(self._file.fileno())

    def close(self) -> None:
        """Close it."""
        self._file.close()


def flush(descriptor: int) -> None:
    """Have what was written survive the machine, and close the descriptor."""
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
