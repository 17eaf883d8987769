"""Whether an audit log is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from qcsearch.errors import InputError
from qcsearch.serving.audit.chain import MOST_LINE_BYTES, NOTHING, Link, read_link
from qcsearch.serving.audit.checkpoints import CHECKPOINTS, START, Checkpoint, read_checkpoint
from qcsearch.serving.audit.segments import segments
from qcsearch.serving.audit.signing import PUBLIC, fingerprint
from qcsearch.storage import files
from qcsearch.storage.signing import read_public_key

__all__ = ["ChangedError", "Verified", "verify"]

_MOST_CHECKPOINT_BYTES = 2**30


class ChangedError(InputError):
    """An audit log is not as it was written."""


@dataclass(frozen=True)
class Verified:
    """What is known of a log that is as it was written.

    Attributes:
        lines: of it.
        signed: how many a checkpoint covers; whatever was cut off after the last of these cannot be seen.
        checkpoints: signed ones.
        until: time of the last line; None if there is none.
        ended: whether its last service ended by itself; else it runs, was killed, or what followed is gone.
        signing_key: fingerprint of the key.
    """

    lines: int
    signed: int
    checkpoints: int
    until: str | None
    ended: bool
    signing_key: str


def verify(folder: Path, public_key: Path | None = None, kept: Path | None = None) -> Verified:
    """Read a whole log; a service may write it meanwhile.

    Args:
        folder: of the log.
        public_key: file of the key that signed it; None for the one beside it, which whoever changed the log and had
            its private key may have changed, too.
        kept: a service's log, in which each checkpoint that was made is named; None to ask the folder alone, where
            whoever cuts off log and checkpoints together is not seen.

    Raises:
        ChangedError: naming the first thing that is not as it was written.
        InputError: if there is no log, or no key.
    """
    paths = segments(folder) if folder.is_dir() else []
    if not paths:
        raise InputError(f"There is no audit log in '{folder}'.", "name the folder of serve --state.")
    key = read_public_key(public_key or folder / PUBLIC)
    end = (len(paths), paths[-1][1].stat().st_size)  # checkpoints that a line up to here mentions are written
    named, checkpoints = _kept(kept, key), _checkpoints(folder, key)  # a log names what is written already
    hashes = {checkpoint.hash for checkpoint in checkpoints}
    if missing := next((one for one in named if one.hash not in hashes), None):
        raise ChangedError(
            f"The checkpoint {missing.number} of {missing.time} must be there. It is not, but '{kept}' has it."
        )
    walk = _Walk(checkpoints, end)
    for index, (number, path) in enumerate(segments(folder), 1):
        if number != index:
            raise ChangedError(f"The file {index} of the audit log must be there. It is not.")
        for place, link in _links(path):
            walk.take(link, (index, place))
    return walk.result(fingerprint(key))


class _Walk:
    """Along the lines, and the checkpoints beside them.

    Args:
        checkpoints: all.
        end: index of the file and place in it, up to which the log was written before the checkpoints were read.
    """

    def __init__(self, checkpoints: list[Checkpoint], end: tuple[int, int]) -> None:
        self._checkpoints, self._end = checkpoints, end
        self._passed = 0
        self._last: Link | None = None
        self._last_place = (0, 0)

    def take(self, link: Link, place: tuple[int, int]) -> None:
        """The next line."""
        n, before = (0, NOTHING) if self._last is None else (self._last.n, self._last.hash)
        if link.n != n + 1:
            raise ChangedError(f"The line {n + 1} of the audit log must follow. The line {link.n} does.")
        if link.before != before:
            raise ChangedError(f"The line {link.n} of the audit log must follow that before. It does not.")
        if link.facts.get("event") == "checkpoint":
            self._mention(link, place)
        self._last, self._last_place = link, place
        while self._passed < len(self._checkpoints) and self._checkpoints[self._passed].n == link.n:
            if self._checkpoints[self._passed].head != link.hash:
                raise ChangedError(
                    f"The line {link.n} of the audit log must be the one that was signed. It is not."
                )
            self._passed += 1

    def result(self, signing_key: str) -> Verified:
        """What is known at the end."""
        last = self._last
        if self._passed < len(self._checkpoints):
            signed = self._checkpoints[self._passed]
            raise ChangedError(
                f"The audit log must go to line {signed.n}, which was signed at {signed.time}. "
                f"It ends at line {last.n if last else 0}."
            )
        signed_n = self._checkpoints[-1].n if self._checkpoints else 0
        ended = last is not None and last.facts.get("event") == "ended"
        if last is not None and ended and signed_n != last.n and self._last_place <= self._end:
            raise ChangedError(f"The last line of the audit log, {last.n}, must be signed. It is not.")
        until = None if last is None else str(last.facts.get("time"))
        return Verified(last.n if last else 0, signed_n, len(self._checkpoints), until, ended, signing_key)

    def _mention(self, link: Link, place: tuple[int, int]) -> None:
        number, found = link.facts.get("number"), link.facts.get("checkpoint")
        if type(number) is not int or number < 1:
            raise ChangedError(f"The line {link.n} of the audit log must mention a checkpoint. It does not.")
        if number > len(self._checkpoints) and place > self._end:
            return  # both were written since
        if number > self._passed or self._checkpoints[number - 1].hash != found:
            raise ChangedError(
                f"The checkpoint {number}, which line {link.n} of the audit log mentions, must be there. It is not."
            )


def _checkpoints(folder: Path, key: Ed25519PublicKey) -> list[Checkpoint]:
    path = folder / CHECKPOINTS
    content = files.read_bytes(path, _MOST_CHECKPOINT_BYTES) if path.exists() else b""
    if content and not content.endswith(b"\n"):
        raise ChangedError("The last checkpoint of the audit log must be whole. It is not.")
    found, last = [], START
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            checkpoint = read_checkpoint(line, key)
        except (ValueError, TypeError) as error:
            raise ChangedError(
                f"The checkpoint {number} of the audit log is not as it was written: {error}."
            ) from None
        if (checkpoint.number, checkpoint.before) != (number, last.hash) or checkpoint.n <= last.n:
            raise ChangedError(
                f"The checkpoint {number} of the audit log must follow that before. It does not."
            )
        found.append(checkpoint)
        last = checkpoint
    return found


def _kept(log: Path | None, key: Ed25519PublicKey) -> list[Checkpoint]:
    """The checkpoints that a log names; those of another key are of another service."""
    found: list[Checkpoint] = []
    if log is None:
        return found
    with files.reading(log), files.open_read(log, follow=True) as file:
        for line in iter(lambda: file.readline(MOST_LINE_BYTES), b""):
            with suppress(ValueError, TypeError, KeyError, AttributeError):  # it says something else
                found.append(read_checkpoint(orjson.loads(line)["line"].encode(), key))
    return found


def _links(path: Path) -> Iterator[tuple[int, Link]]:
    """The lines of a file, and where each ends."""
    with files.open_read(path) as file:
        place = 0
        for number, line in enumerate(iter(lambda: file.readline(MOST_LINE_BYTES), b""), 1):
            place += len(line)
            if not line.endswith(b"\n"):
                raise ChangedError(f"The line {number} of '{path.name}' must be whole. It is not.")
            try:
                yield place, read_link(line[:-1])
            except ValueError as error:
                raise ChangedError(
                    f"The line {number} of '{path.name}' is not as it was written: {error}."
                ) from None
