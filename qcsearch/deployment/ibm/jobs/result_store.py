"""Results of jobs on the disk, word for word as they came: written before anything else is done with them."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qcsearch.errors import StorageError
from qcsearch.storage import files
from qcsearch.storage.locks import Lease

__all__ = ["ResultStore", "is_text_of_result"]

_log = logging.getLogger("qcsearch.deployment")
_LARGEST = 2**28
"""Bytes of a result, at most."""


def is_text_of_result(text: str) -> bool:
    """Whether a text may be that of a JSON object; a proxy's page is not."""
    return text.lstrip().startswith("{")


class ResultStore:
    """One file a result, each whole or not there.

    ```
    TAG.json     a result
    TAG.part     room for one that is about to be asked for
    TAG.refused  one that cannot be used, or why the service gives none
    .fetch.N     held by the process that asks for one that is given once
    ```

    Args:
        folder: a folder that exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, tag: str, kind: str = "json") -> Path:
        """Where one of its files is."""
        return self.folder / f"{tag}.{kind}"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process that asks for a result that is given once; another is waited for.

        Raises:
            StorageError: if there is no room to say so.
        """
        lease = Lease(self.folder / ".fetch")
        try:
            try:
                lease.take(1.0)
            except TimeoutError as held:
                _log.warning("Another process fetches a result, and is waited for: %s", held)
                lease.take()
        except OSError as error:
            raise self._full(error) from error
        try:
            yield
        finally:
            lease.release()

    def reserve(self, tag: str, size: int) -> None:
        """Take the room that a result needs, so that it can be written once it has come.

        Raises:
            StorageError: if there is not so much.
        """
        part = self.path(tag, "part")
        try:
            with open(_open(part), "wb") as file:
                file.truncate()
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise self._full(error) from error

    def recover(self, tag: str) -> None:
        """Give a result its name that a process wrote which ended before it could; no other may be writing it."""
        written = (_read(self.path(tag, "part")) or b"").rstrip(b"\0")
        if written.endswith(b"}"):
            self.put(tag, written.decode("utf-8", "replace"))

    def put(self, tag: str, text: str) -> None:
        """Write a result; when this returns it is on a disk, if not on this one then on another.

        Raises:
            StorageError: if it can be written nowhere.
        """
        path, data = self.path(tag), text.encode()
        for place in (path, *_elsewhere(tag)):
            if _read(place) == data:
                return
            try:
                _write(place, self.path(tag, "part") if place == path else place.with_suffix(".part"), data)
            except OSError as error:
                _log.warning("A result cannot be written to '%s': %s.", place, error.strerror)
            else:
                if place != path:
                    _log.warning("The result is kept in '%s', and is taken from there.", place)
                return
        raise StorageError(
            f"A result must be kept in '{path}' before it is used. Neither there nor elsewhere is room.",
            fix="make room on that disk, and run the same command again.",
        )

    def get(self, tag: str) -> str | None:
        """A result; None if there is none.

        Raises:
            FileError: if it is larger than a result can be.
        """
        for place in (self.path(tag), *_elsewhere(tag)):
            data = _read(place)
            if data is not None:
                return data.decode("utf-8", "replace")
        return None

    def put_aside(self, tag: str, note: str) -> None:
        """Keep a result that cannot be used out of the way; without one, keep `note` in its place."""
        aside, text = self.aside(tag), self.get(tag)
        if text is None and aside.exists():
            return
        _write(aside, self.path(tag, "part"), (note if text is None else text).encode())
        for place in (self.path(tag), *_elsewhere(tag)):
            if _read(place) is not None:
                place.unlink()

    def aside(self, tag: str) -> Path:
        """Where a result is that cannot be used."""
        return self.path(tag, "refused")

    def _full(self, error: OSError) -> StorageError:
        return StorageError(
            f"There must be room for a result in '{self.folder}'. {error.strerror}.",
            fix="make room on that disk, and run the same command again: the result is not asked for before.",
        )


def _elsewhere(tag: str) -> tuple[Path, ...]:
    """Where a result goes if its own folder cannot take it."""
    return tuple(Path(place) / f"{tag}.json" for place in (tempfile.gettempdir(), Path.home()))


def _open(part: Path) -> int:
    """Open a file to write it; made for its owner alone."""
    return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _write(path: Path, part: Path, data: bytes) -> None:
    """Write a file into the room that may have been taken for it, which `files.write_bytes` would not use."""
    with open(_open(part), "wb") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)  # the name is in the folder, which has to be synced by itself
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes | None:
    """A file of this user's, None if there is none."""
    if not files.is_file(path) or path.lstat().st_uid != os.geteuid():
        return None
    return files.read_bytes(path, _LARGEST)
