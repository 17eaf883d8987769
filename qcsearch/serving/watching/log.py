"""The log: one JSON object a line, on standard error; never an input, never a key."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from qcsearch.serving.watching.record import Record

__all__ = ["Log"]


class Log:
    """Writes lines.

    Args:
        write: takes a line; by default it goes to standard error.
    """

    def __init__(self, write: Any = None) -> None:
        self._write = write or _to_stderr

    def event(self, event: str, **facts: Any) -> None:
        """Write that something happened."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(orjson.dumps({"time": time, "event": event, **facts}, option=orjson.OPT_APPEND_NEWLINE))

    def request(self, record: Record, status: int, seconds: float) -> None:
        """Write that a request was answered."""
        self.event(
            "request",
            request_id=record.request_id,
            method=record.method,
            route=record.route,
            status=status,
            ms=round(1e3 * seconds, 3),
            model=record.model,
            rows=record.rows,
            key=record.caller.name if record.caller else "",
            error=record.error,
        )

    def failure(self, record: Record, error: BaseException) -> None:
        """Write where something went wrong that should not; its message is left out, which may hold an input."""
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        self.event("failure", request_id=record.request_id, error=type(error).__name__, places=places)


def _to_stderr(line: bytes) -> None:
    with suppress(
        OSError
    ):  # of a terminal that is closed, or a disk that is full: the audit log is what must be kept
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
