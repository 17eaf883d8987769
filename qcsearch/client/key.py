"""The key of a service: from the environment or a file, and in nothing that is shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from qcsearch.errors import CredentialsError
from qcsearch.storage import files

__all__ = ["ApiKey"]

_KEY, _FILE = "QCSEARCH_API_KEY", "QCSEARCH_API_KEY_FILE"
_MOST_BYTES = 2**14


class ApiKey:
    """A key, or a token of an identity provider, which no repr, format or pickle shows.

    Args:
        secret: as it was given out.

    Raises:
        CredentialsError: if it cannot stand in a header.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        secret = secret.strip()
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise CredentialsError("A key must be one word of ASCII characters. This one is not.")
        self._secret = secret

    @classmethod
    def found(cls) -> ApiKey | None:
        """The key of the variable `QCSEARCH_API_KEY`, or of the file that `QCSEARCH_API_KEY_FILE` names; else None."""
        if secret := os.environ.get(_KEY, "").strip():
            return cls(secret)
        path = os.environ.get(_FILE, "").strip()
        return cls.of_file(Path(path)) if path else None

    @classmethod
    def of_file(cls, path: Path | str) -> ApiKey:
        """The key that a file holds.

        Raises:
            CredentialsError: if it cannot be read, or others can read it.
        """
        place = Path(path)
        try:
            with files.open_read(place, _MOST_BYTES, follow=True) as file:
                mode, content = os.fstat(file.fileno()).st_mode, file.read(_MOST_BYTES)
        except OSError as error:
            raise CredentialsError(
                f"The key's file '{place}' cannot be read: {error.strerror or error}."
            ) from None
        if stat.S_IMODE(mode) & 0o077:
            raise CredentialsError(
                f"The key's file '{place}' must be its owner's alone. Others can read it.",
                f"chmod 600 {place}",
            )
        return cls(content.decode("ascii", "replace"))

    def header(self) -> str:
        """What a request says."""
        return f"Bearer {self._secret}"

    def __repr__(self) -> str:
        return "ApiKey(…)"

    def __reduce__(self) -> tuple[type[ApiKey], tuple[str]]:
        raise TypeError("A key is not pickled: whoever opens the pickle would have it.")
