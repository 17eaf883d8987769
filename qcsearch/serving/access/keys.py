"""Keys on disk: a file that holds what recognises them, and one beside it without which that is worth nothing.

A key is `qcs_<id>_<secret>`, with 256 random bits of secret. Kept is its HMAC-SHA-256 under a *pepper*, 256 random bits
in `FILE.pepper`, which its owner alone may read: who has the file of keys alone cannot even test a guess. A slow hash,
as for passwords, would add nothing to so many bits, and let strangers keep the service busy.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from qcsearch.errors import InputError
from qcsearch.serving.access.caller import SCOPES, Caller, Scope
from qcsearch.serving.access.quota import UNBOUNDED, Quota
from qcsearch.storage import canonical, files, locks
from qcsearch.storage.private import make_private, read_private
from qcsearch.typed import read

__all__ = ["Key", "KeyFile", "change", "create", "load", "load_pepper", "recognise", "revoke"]

T = TypeVar("T")

_FORMAT, _VERSION = "qcsearch.keys", 1
_TOKEN = re.compile(r"qcs_([0-9a-f]{12})_[0-9a-f]{64}", re.ASCII)
_MOST_BYTES = 2**22
_PEPPER_BYTES, _SECRET_BYTES, _ID_BYTES = 32, 32, 6
_LOCK_SECONDS = 10.0
_NOBODY = "0" * 64


@dataclass(frozen=True)
class Key:
    """What is known of a key.

    Attributes:
        id: its public part.
        name: whose it is.
        digest: HMAC-SHA-256 of the whole key, hexadecimal.
        scopes: what it may be used for.
        models: which it may be used with; None for all.
        created: ISO 8601, UTC.
        expires: the same; None for never.
        revoked: the same; None if it was not.
        quota: what it may use.
    """

    id: str
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] | None
    created: str
    expires: str | None = None
    revoked: str | None = None
    quota: Quota = UNBOUNDED

    def __post_init__(self) -> None:
        for moment in (self.created, self.expires, self.revoked):
            if moment is not None and datetime.fromisoformat(moment).tzinfo is None:
                raise InputError(f"A moment of the key '{self.id}' must have its time zone. It has none.")

    def valid(self, now: datetime) -> bool:
        """Whether it is neither expired nor revoked."""
        return self.revoked is None and (self.expires is None or now < datetime.fromisoformat(self.expires))

    @property
    def caller(self) -> Caller:
        """Whoever asks with it."""
        models = None if self.models is None else frozenset(self.models)
        return Caller(self.name, frozenset(self.scopes), models, self.id, self.quota)


@dataclass(frozen=True)
class KeyFile:
    """What stands in a file of keys."""

    format: str
    schema_version: int
    keys: tuple[Key, ...]


def load(path: Path) -> dict[str, Key]:
    """Keys by their id.

    Raises:
        FileError: if it is no file of keys.
    """
    with files.reading(path, "make one: qcsearch keys create."):
        found = read(
            KeyFile, canonical.loads(files.read_bytes(path, _MOST_BYTES, follow=True)), "a file of keys"
        )
        if (found.format, found.schema_version) != (_FORMAT, _VERSION):
            raise InputError(f"its format must be {_FORMAT}, version {_VERSION}.")
        return {key.id: key for key in found.keys}


def load_pepper(path: Path) -> bytes:
    """The pepper beside a file of keys.

    Raises:
        InputError: if it is not there, of another length, or others can read it.
    """
    place = _pepper(path)
    content = read_private(place, "The pepper of the keys")
    if len(content) != _PEPPER_BYTES:
        raise InputError(
            f"The pepper of the keys, '{place}', must have {_PEPPER_BYTES} bytes. It has {len(content)}."
        )
    return content


def recognise(keys: dict[str, Key], pepper: bytes, token: str) -> Key | None:
    """The key that a token is, valid or not; None if it is none, which takes as long with such an id as without."""
    found = _TOKEN.fullmatch(token)
    key = keys.get(found[1]) if found else None
    same = hmac.compare_digest(_digest(pepper, token), _NOBODY if key is None else key.digest)
    return key if same else None


def create(
    path: Path,
    name: str,
    scopes: Collection[Scope],
    models: Collection[str] | None,
    days: float | None,
    quota: Quota = UNBOUNDED,
) -> tuple[Key, str]:
    """Make a key; the file and its pepper, too, if there are none.

    Args:
        path: the file of keys.
        name: whose it is.
        scopes: what it may be used for.
        models: which it may be used with; None for all.
        days: after which it expires; None for never.
        quota: what it may use.

    Returns:
        What is kept of it, and the key itself, which is kept nowhere.

    Raises:
        InputError: if a scope is none, or the days are no time.
    """
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise InputError(f"A scope must be one of {', '.join(SCOPES)}. Got {unknown[0]!r}.")
    if days is not None and not 0 < days < 36_500:
        raise InputError(f"The days of a key must be above 0 and below 36,500. Got {days:g}.")
    if not name or len(name) > 64 or not name.isprintable():
        raise InputError("The name of a key must have 1 to 64 characters that can be printed.")
    now = datetime.now(UTC).replace(microsecond=0)
    expires = None if days is None else (now + timedelta(days=days)).isoformat()

    def add(keys: dict[str, Key]) -> tuple[Key, str]:
        ident = secrets.token_hex(_ID_BYTES)
        token = f"qcs_{ident}_{secrets.token_hex(_SECRET_BYTES)}"
        seen = None if models is None else tuple(sorted(models))
        digest = _digest(_made_pepper(path, new=not keys), token)
        key = Key(
            ident, name, digest, tuple(sorted(set(scopes))), seen, now.isoformat(), expires, quota=quota
        )
        keys[ident] = key
        return key, token

    return change(path, add)


def revoke(path: Path, ident: str) -> Key:
    """Revoke a key; a service that reads the file refuses it from its next request on.

    Raises:
        InputError: if there is no such key.
    """

    def end(keys: dict[str, Key]) -> Key:
        if ident not in keys:
            raise InputError(f"There is no key {ident!r} in '{path}'.", "qcsearch keys list shows their ids.")
        if keys[ident].revoked is None:
            keys[ident] = replace(keys[ident], revoked=datetime.now(UTC).replace(microsecond=0).isoformat())
        return keys[ident]

    return change(path, end)


def change(path: Path, do: Callable[[dict[str, Key]], T]) -> T:
    """Change the keys of a file, whole and one process at a time."""
    with locks.locked(path.with_name(f".{path.name}.lock"), max_seconds=_LOCK_SECONDS):
        keys = load(path) if path.exists() else {}
        result = do(keys)
        text = canonical.dumps(asdict(KeyFile(_FORMAT, _VERSION, tuple(keys.values()))), indent=1)
        files.write_text(path, text + "\n")
    return result


def _digest(pepper: bytes, token: str) -> str:
    return hmac.new(pepper, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _pepper(path: Path) -> Path:
    return path.with_name(f"{path.name}.pepper")


def _made_pepper(path: Path, *, new: bool) -> bytes:
    """The pepper, made if these are the first keys: without it those that there are would be worth nothing."""
    if new and not _pepper(path).exists():
        make_private(_pepper(path), secrets.token_bytes(_PEPPER_BYTES))
    return load_pepper(path)
