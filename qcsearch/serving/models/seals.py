"""Which bundles a service takes that asks for seals: of one key, of the name that it gives them, and none too old.

A seal alone does not keep an old bundle out, which was good when it was sealed: whoever can put files in the place of a
bundle could put back one with a fault that was mended since. So the time of the newest seal that was served under each
name is kept in a file, and it only grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qcsearch.bundle.seal import Seal
from qcsearch.bundle.sealing import sealed_with
from qcsearch.bundle.verify import Verified
from qcsearch.errors import BundleError, InputError
from qcsearch.storage import canonical, files
from qcsearch.storage.signing import public_text, read_public_key
from qcsearch.typed import read

__all__ = ["Seals"]

_FORMAT, _VERSION = "qcsearch.seals", 1
_MOST_BYTES = 2**20
_AHEAD = timedelta(minutes=5)
"""That the clock of who seals may be before ours. A seal of next year would keep out all honest ones until then."""


@dataclass(frozen=True)
class _Newest:
    """The newest seal that was served under a name."""

    sealed_at: str
    digest: str


@dataclass(frozen=True)
class _File:
    """What is kept."""

    format: str
    schema_version: int
    newest: Mapping[str, _Newest]


class Seals:
    """What seals must be like, and what they were.

    Args:
        key: file of the public key.
        path: file of the newest seals; made when one is remembered.

    Raises:
        InputError: if one of both cannot be read.
    """

    def __init__(self, key: Path, path: Path) -> None:
        self._key, self._path = public_text(read_public_key(key)), path
        self._newest = _load(path)

    def check(self, bundle: Verified, path: str, name: str) -> Seal:
        """The seal of a bundle that may be served.

        Args:
            bundle: the bundle.
            path: where it is, for messages.
            name: as which it would be served.

        Raises:
            BundleError: if it has none, or one of another key, of another name, from the future, or older than one that
                was served.
        """
        seal = sealed_with(self._key, bundle, path)
        if seal.name != name:
            raise BundleError(
                f"The bundle at '{path}' must be sealed as '{name}', as which it is served. It is as '{seal.name}'.",
                f"serve {seal.name}={path}, or seal it with --name {name}.",
            )
        if seal.time > datetime.now(UTC) + _AHEAD:
            raise BundleError(
                f"The seal of the bundle at '{path}' must not be from the future. It is of {seal.sealed_at}.",
                "set the clock here, or there, and seal it again.",
            )
        newest = self._newest.get(name)
        if newest is not None and seal.sealed_at < newest.sealed_at:
            raise BundleError(
                f"The bundle at '{path}' must not be sealed before the last one that was served as '{name}', at "
                f"{newest.sealed_at}. It was at {seal.sealed_at}.",
                "to go back to it, seal it again.",
            )
        return seal

    def remember(self, seal: Seal) -> None:
        """Keep that a bundle is served from now on.

        Raises:
            InputError: if it cannot be written.
        """
        kept = {**self._newest, seal.name: _Newest(seal.sealed_at, seal.digest)}
        if kept == self._newest:
            return
        try:
            files.write_text(
                self._path, canonical.dumps(asdict(_File(_FORMAT, _VERSION, kept)), indent=1) + "\n"
            )
        except OSError as error:
            raise InputError(f"'{self._path}' cannot be written: {error.strerror or error}.") from None
        self._newest = kept


def _load(path: Path) -> dict[str, _Newest]:
    if not path.exists():
        return {}
    fix = "put back the copy of it that is whole; without it a service takes seals of any age."
    with files.reading(path, fix):
        found = read(_File, canonical.loads(files.read_bytes(path, _MOST_BYTES)), "a file of seals")
        if (found.format, found.schema_version) != (_FORMAT, _VERSION):
            raise InputError(f"its format must be {_FORMAT}, version {_VERSION}.")
        for newest in found.newest.values():
            datetime.fromisoformat(newest.sealed_at)
        return dict(found.newest)
