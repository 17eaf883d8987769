"""The keys of a file, as a running service knows them: whatever changes there holds from the next request on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from qcsearch.errors import QCSearchError
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.access.guard import bearer
from qcsearch.serving.access.keys import Key, load, load_pepper, recognise
from qcsearch.serving.refusals import KeysError, UnauthorizedError

__all__ = ["Keyring"]


class Keyring:
    """A `Guard` that knows the keys of a file.

    Args:
        path: the file.

    Raises:
        InputError: if it or its pepper cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pepper = load_pepper(path)
        self._seen = self._facts()
        self._keys: dict[str, Key] | None = load(path)

    async def identify(self, authorization: str | None) -> Caller:
        """See `Guard`.

        Raises:
            KeysError: if the file cannot be read any more: nobody is let in then.
        """
        token = bearer(authorization)
        key = recognise(self._now(), self._pepper, token)
        if key is None or not key.valid(datetime.now(UTC)):
            raise UnauthorizedError("The key is not valid.", "ask whoever runs this service for another one.")
        return key.caller

    def _now(self) -> dict[str, Key]:
        """The keys as they are in the file: to look whether it changed costs some microseconds."""
        facts = self._facts()
        if facts != self._seen:
            try:
                self._keys = load(self._path)
            except (OSError, QCSearchError):
                self._keys = None
            self._seen = facts
        if self._keys is None:
            raise KeysError("The keys cannot be read now.", "ask again later.")
        return self._keys

    def _facts(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)
