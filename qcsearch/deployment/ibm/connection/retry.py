"""How fast, how often and how long the cloud is asked."""

# Own, not tenacity's or pybreaker's: what a failed call is repeated by is eight lines (`Cloud.call`), while the waits
# that matter, for a job, a late listing or a bill, look at the journal between two attempts and end when it is settled.
# A circuit breaker that all calls of a connection share, and a bucket of submissions, would stay ours beside tenacity.

from __future__ import annotations

import time
from dataclasses import dataclass

from qcsearch.errors import InputError, ServiceError

__all__ = ["CircuitBreaker", "RetryPolicy", "TokenBucket"]


@dataclass(frozen=True)
class RetryPolicy:
    """Deadlines and limits of the work with a cloud, in seconds; the figures are what IBM's cloud stands.

    Attributes:
        call_timeout: silence of the service on one call before it counts as failed.
        job_timeout: longest time from a job's submission to its end.
        poll_interval: time between the first two looks at a job; each next is longer by half, up to
            `max_poll_interval`.
        max_poll_interval: time between two looks at a job that waits for long.
        backoff: time before a call is made again, at first; it doubles each time up to half a minute.
        settle_interval: time before a second look for a job that may just have been accepted, or for a bill;
            the next gaps are 2, 4, 8 and 16 times as long.
        attempts: number of times that one call is made, at most.
        breaker_failures: failures in a row, of any calls, that open the circuit breaker.
        breaker_seconds: time for which the circuit breaker stays open.
        unknown_polls: looks at a job in a state that nothing is known of.
        submits_per_minute: jobs submitted within a minute, at most.
    """

    call_timeout: float = 60.0
    job_timeout: float = 86_400.0
    poll_interval: float = 0.5
    max_poll_interval: float = 10.0
    backoff: float = 0.5
    settle_interval: float = 1.0
    attempts: int = 9
    breaker_failures: int = 20
    breaker_seconds: float = 60.0
    unknown_polls: int = 30
    submits_per_minute: float = 5.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise InputError(f"The '{name}' of a retry policy must be > 0. Got {value!r}.")

    @property
    def gaps(self) -> tuple[float, ...]:
        """Seconds between looks for what the service may show late, half a minute in all."""
        return tuple(self.settle_interval * 2.0**n for n in range(5))

    def pause(self, failures: int) -> float:
        """Seconds before the next attempt after so many failures in a row, ≥ 1 of them."""
        return float(min(30.0, self.backoff * 2.0 ** (failures - 1)))


class TokenBucket:
    """Lets through so many a minute; those of the first minute may come at once.

    Args:
        per_minute: number of tokens a minute.
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


class CircuitBreaker:
    """Stops asking a service that has failed too often in a row, for a while.

    Args:
        failures: number of failures in a row that open it.
        seconds: seconds for which it stays open.
    """

    def __init__(self, failures: int, seconds: float) -> None:
        self._limit, self._seconds = failures, seconds
        self._failures = 0
        self._last = 0.0

    def check(self) -> None:
        """Let a call through, or not.

        Raises:
            ServiceError: if the service is being left alone.
        """
        if self._failures >= self._limit and time.monotonic() - self._last < self._seconds:
            raise ServiceError(
                f"The service failed {self._failures} times in a row and is left alone for {self._seconds:g} s.",
                fix="run the same command again later; it resumes where it stopped.",
            )

    def failed(self) -> None:
        """One more failure."""
        self._failures += 1
        self._last = time.monotonic()

    def succeeded(self) -> None:
        """All is well again."""
        self._failures = 0
