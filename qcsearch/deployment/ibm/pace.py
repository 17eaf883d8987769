"""How fast, how often and how long the cloud is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass

from qcsearch.errors import InputError, ServiceError

__all__ = ["Breaker", "Patience", "TokenBucket"]


@dataclass(frozen=True)
class Patience:
    """Deadlines and limits of the work with a cloud, in seconds; the figures are what IBM's cloud stands.

    Attributes:
        call: silence of the service on one call before it counts as failed.
        job: from its submission to its end.
        poll: between two looks at a job, at first; it doubles up to `slow_poll`.
        slow_poll: between two looks at a job that waits for long.
        backoff: before a call is made again, at first; it doubles each time up to half a minute.
        settle: before a second look for a job that may just have been accepted, or for a bill; the next gaps are
            2, 4, 8 and 16 times as long.
        attempts: how often one call is made.
        strikes: failures in a row, of any calls, after which the service is left alone for `rest`.
        rest: how long it is left alone.
        unknown_polls: looks at a job in a state that nothing is known of.
        submits_per_minute: jobs submitted within a minute, at most.
    """

    call: float = 60.0
    job: float = 86_400.0
    poll: float = 0.5
    slow_poll: float = 10.0
    backoff: float = 0.5
    settle: float = 1.0
    attempts: int = 9
    strikes: int = 20
    rest: float = 60.0
    unknown_polls: int = 30
    submits_per_minute: float = 5.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise InputError(f"The '{name}' of the patience with a cloud must be > 0. Got {value!r}.")

    @property
    def gaps(self) -> tuple[float, ...]:
        """Seconds between looks for what the service may show late, half a minute in all."""
        return tuple(self.settle * 2.0**n for n in range(5))

    def pause(self, failures: int) -> float:
        """Seconds before the next attempt after so many failures in a row, ≥ 1 of them."""
        return float(min(30.0, self.backoff * 2.0 ** (failures - 1)))


class TokenBucket:
    """Lets through so many a minute; those of the first minute may come at once.

    Args:
        per_minute: how many.
    """

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60.0
        self._capacity = max(1.0, per_minute)
        self._level, self._seen = self._capacity, time.monotonic()

    def take(self) -> None:
        """Wait for a token and take it."""
        now = time.monotonic()
        self._level = min(self._capacity, self._level + (now - self._seen) * self._rate)
        self._seen = now
        self._level -= 1.0
        if self._level < 0.0:
            time.sleep(-self._level / self._rate)


class Breaker:
    """Stops asking a service that has failed too often in a row, until it has had a rest.

    Args:
        strikes: failures in a row that open it.
        rest: seconds for which it stays open.
    """

    def __init__(self, strikes: int, rest: float) -> None:
        self._strikes, self._rest = strikes, rest
        self._failures = 0
        self._last = 0.0

    def check(self) -> None:
        """Let a call through, or not.

        Raises:
            ServiceError: if the service is being left alone.
        """
        if self._failures >= self._strikes and time.monotonic() - self._last < self._rest:
            raise ServiceError(
                f"The service failed {self._failures} times in a row and is left alone for {self._rest:g} s.",
                fix="run the same command again later; it goes on where it stopped.",
            )

    def failed(self) -> None:
        """One more failure."""
        self._failures += 1
        self._last = time.monotonic()

    def succeeded(self) -> None:
        """All is well again."""
        self._failures = 0
