"""The audit log: a line for each request of a key, chained, with a signed checkpoint each minute.

A line is written before its answer is sent: what cannot be written down is not answered. It says who asked, for how
much, of which model, and what came of it; never an input, never a key. Refused requests that nobody knows the sender
of, and those of a key that used what it may, are counted, and a line a minute says how many there were: nobody can fill
the disk with what is not answered.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qcsearch.errors import InputError
from qcsearch.serving.audit.chain import NOTHING, read_link, write_link
from qcsearch.serving.audit.checkpoints import (
    CHECKPOINTS,
    START,
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from qcsearch.serving.audit.segments import Appended, flush, last_line, segment, segments
from qcsearch.serving.audit.signing import fingerprint, open_key
from qcsearch.serving.refusals import AuditError
from qcsearch.serving.watching.record import Record

__all__ = ["AuditLog"]

_REFUSED, _TOO_MANY = 400, 429

MOST_BYTES = 64 * 2**20
"""Of one file; the next line goes into another."""


class AuditLog:
    """A log, open; nobody else may have it open.

    Args:
        folder: of its files; it exists.
        tell: called with the facts of each checkpoint, so that they are known elsewhere, too.
        most_bytes: of one file.

    Raises:
        InputError: if it does not go as far as its last checkpoint, or its key cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[..., None] = lambda event, **facts: None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._folder, self._tell, self._most_bytes = folder, tell, most_bytes
        self._lock = threading.Lock()
        self._signing = threading.Lock()
        self._refused: Counter[tuple[str, int]] = Counter()
        found = segments(folder)
        self._key = open_key(folder, new=not found)
        self.fingerprint = fingerprint(self._key.public_key())
        self._checkpoint, torn = self._last_checkpoint()
        self._number = found[-1][0] if found else 1
        self._n, self._head, self._torn = self._last_link([path for _, path in found])
        self._checkpoints = Appended(folder / CHECKPOINTS, torn)
        self._file = Appended(segment(folder, self._number), self._torn)
        self._unflushed: list[int] = []
        self._fresh = self._begun = False

    def started(self, **facts: Any) -> None:
        """Write that a service begins.

        Raises:
            AuditError: if it cannot be written.
        """
        self._begun = True
        torn = {"torn_bytes": self._torn} if self._torn else {}
        self.event("started", signing_key=self.fingerprint, **torn, **facts)

    def event(self, event: str, **facts: Any) -> None:
        """Write that something happened.

        Raises:
            AuditError: if it cannot be written.
        """
        with self._lock:
            self._append(event, facts)
            self._fresh = True

    def request(self, record: Record, status: int) -> None:
        """Write that a request is about to be answered.

        Raises:
            AuditError: if it cannot be written.
        """
        caller = record.caller
        if caller is None or status == _TOO_MANY:
            if status >= _REFUSED:  # not who asks whether the service lives
                with self._lock:
                    self._refused["" if caller is None else caller.key, status] += 1
            return
        self.event(
            "request",
            request_id=record.request_id,
            method=record.method,
            route=record.route,
            status=status,
            error=record.error,
            key=caller.key,
            name=caller.name,
            model=record.model,
            digest=record.digest,
            rows=record.rows,
        )

    def checkpoint(self, *, mention: bool = True) -> None:
        """Sign how far the log went, if it went on; a step for a thread, it waits for the disk.

        Args:
            mention: write that into the log, too; not worth it of the last line.

        Raises:
            AuditError: if it cannot be written.
        """
        with self._signing:
            with self._lock:
                self._count_refused()
                if not self._fresh:
                    return
                n, head, self._fresh = self._n, self._head, False
                todo, self._unflushed = [*self._unflushed, self._file.copy()], []
            try:
                for descriptor in todo:
                    flush(descriptor)
                line = self._sign(n, head)
            except OSError as error:
                self._fresh = True
                raise _unwritten(error) from None
            if mention:
                with self._lock:
                    facts = {"number": self._checkpoint.number, "checkpoint": self._checkpoint.hash}
                    self._append("checkpoint", facts)
        self._tell("checkpoint", line=line.decode().rstrip())

    def close(self) -> None:
        """Write that the service ends, if it began, sign that, and close the files.

        Raises:
            AuditError: if it cannot be written.
        """
        try:
            if self._begun:
                with self._lock:
                    self._count_refused()
                self.event("ended")
                self.checkpoint(mention=False)
        finally:
            self._file.close()
            self._checkpoints.close()

    def _sign(self, n: int, head: str) -> bytes:
        line, checkpoint = write_checkpoint(self._checkpoint, _now(), n, head, self._key)
        self._checkpoints.append(line)
        self._checkpoint = checkpoint
        flush(self._checkpoints.copy())
        return line

    def _count_refused(self) -> None:
        counts = [
            {"key": key, "status": status, "requests": n}
            for (key, status), n in sorted(self._refused.items())
        ]
        if counts:
            self._append("refused", {"counts": counts})
            self._fresh = True
        self._refused.clear()

    def _append(self, event: str, facts: dict[str, Any]) -> None:
        line, head = write_link(self._n + 1, {"time": _now(), "event": event, **facts}, self._head)
        try:
            if self._file.size and self._file.size + len(line) > self._most_bytes:
                self._rotate()
            self._file.append(line)
        except OSError as error:
            raise _unwritten(error) from None
        self._n, self._head = self._n + 1, head

    def _rotate(self) -> None:
        following = Appended(segment(self._folder, self._number + 1))
        self._unflushed.append(self._file.copy())
        self._file.close()
        self._file, self._number = following, self._number + 1

    def _last_checkpoint(self) -> tuple[Checkpoint, int]:
        path = self._folder / CHECKPOINTS
        if not path.exists():
            return START, 0
        line, torn = last_line(path)
        if not line:
            return START, torn
        try:
            return read_checkpoint(line, self._key.public_key()), torn
        except ValueError as error:
            raise _changed(self._folder, f"of its last checkpoint {error}") from None

    def _last_link(self, paths: list[Path]) -> tuple[int, str, int]:
        """Number and hash of the last line, and what a crash left after it in the last file."""
        torn = last_line(paths[-1])[1] if paths else 0
        line = next((line for path in reversed(paths) if (line := last_line(path)[0])), None)
        n, head = 0, NOTHING
        if line is not None:
            try:
                link = read_link(line)
            except ValueError as error:
                raise _changed(self._folder, f"of its last line {error}") from None
            n, head = link.n, link.hash
        signed = self._checkpoint
        if n < signed.n or (n == signed.n and head != signed.head):
            raise _changed(
                self._folder, f"it ends at line {n}, and its last checkpoint is of line {signed.n}"
            )
        return n, head, torn


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _unwritten(error: OSError) -> AuditError:
    return AuditError(f"The audit log cannot be written: {error.strerror or error}.", "ask again later.")


def _changed(folder: Path, why: str) -> InputError:
    return InputError(
        f"The audit log in '{folder}' is not as it was written: {why}.",
        "see what qcsearch audit verify says, keep the folder as evidence, and start with another --state.",
    )
