"""The fault script of the local server: which call goes wrong, how, and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

CALLS = (
    "iam", "search", "catalog", "backends", "configuration", "properties", "status", "usage",
    "submit", "jobs", "job", "results", "metrics", "cancel", "session",
)  # fmt: skip


@dataclass(frozen=True)
class Redirect:
    """An answer that sends the client on.

    Attributes:
        url: where to.
        status: 301, 302, 303, 307 or 308.
    """

    url: str
    status: int = 307


Effect: TypeAlias = int | str | Redirect | Callable[[object], object]


@dataclass
class Fault:
    """One kind of trouble with one kind of call.

    Attributes:
        call: one of `CALLS`.
        effect: an HTTP status that is answered instead; a `Redirect`; what to make of the answer (bytes are sent
            as they are, all else as JSON); or
            `after 504` (the call is done, then 504 is answered), `after drop` (done, then the connection ends),
            `drop` (not done, the connection ends), `stall` (no answer), `html` (200 with a page of a proxy),
            for submits `late` (the connection ends, and the server's lag later the job is there), `hidden` and
            `hidden 504` (it is there, but in no listing before that), `twice` and `twice drop` (two jobs),
            `substitute`, `cancel` and `fail` (before it runs), `cancel billed` and `fail billed` (after), `close
            session`; for jobs `unknown status`; for metrics any JSON text, the seconds; for properties
            `recalibrate` and `lose qubits`: a new calibration lands just before the answer.
        times: how often.
        skip: how many calls of the kind go well before.
    """

    call: str
    effect: Effect
    times: int = 1
    skip: int = 0

    def __post_init__(self) -> None:
        assert self.call in CALLS, self.call


class FaultScript:
    """Hands out the faults of a script, call by call; threads may share it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, call: str, effect: Effect, times: int = 1, skip: int = 0) -> None:
        """Append to the script."""
        with self._lock:
            self._faults.append(Fault(call, effect, times, skip))

    @property
    def left(self) -> int:
        """How much trouble is still to come."""
        with self._lock:
            return sum(fault.times for fault in self._faults)

    def clear(self) -> None:
        """From now on everything goes well."""
        with self._lock:
            self._faults.clear()

    def next(self, call: str) -> Effect | None:
        """The effect on this call, None if it goes well."""
        with self._lock:
            for fault in self._faults:
                if fault.call == call and fault.times > 0:
                    if fault.skip > 0:
                        fault.skip -= 1
                        return None
                    fault.times -= 1
                    return fault.effect
        return None
