"""How long a client waits, and when it asks again."""

from __future__ import annotations

import email.utils
import random
from dataclasses import dataclass
from datetime import UTC, datetime

from qcsearch.errors import InputError

__all__ = ["Patience", "retry_after"]

_MOST_DIGITS = 9


@dataclass(frozen=True)
class Patience:
    """How long a client waits, and when it asks again.

    Attributes:
        seconds: for an answer, all attempts and pauses together.
        attempts: the first one included.
        first_pause: most seconds before the second attempt; twice as many before each further one.
        longest_pause: most seconds before any, unless the service asks for more.
    """

    seconds: float = 30.0
    attempts: int = 6
    first_pause: float = 0.2
    longest_pause: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.seconds < 1e6:
            raise InputError(f"The seconds of a client must be above 0 and below 1e6. Got {self.seconds:g}.")
        if self.attempts < 1:
            raise InputError(f"The attempts of a client must be at least 1. Got {self.attempts}.")
        if not 0 <= self.first_pause <= self.longest_pause:
            raise InputError("The first pause of a client must be in [0, longest_pause].")

    def pause(self, attempt: int, asked: float | None, chance: random.Random) -> float:
        """Seconds before the next attempt.

        Random between none and the most, so that clients which were refused together do not come back together;
        on top of what the service asks for, never below that.

        Args:
            attempt: how many there were.
            asked: seconds of the service's `Retry-After`; None if it says none.
            chance: source of randomness.
        """
        most = min(self.longest_pause, self.first_pause * 2.0 ** min(attempt - 1, 60))
        return (asked or 0.0) + chance.uniform(0.0, most)


def retry_after(value: str | None) -> float | None:
    """Seconds of a `Retry-After` header, a number or a date (RFC 9110, section 10.2.3); None if it is neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MOST_DIGITS]) if len(text) <= _MOST_DIGITS else float("inf")
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
