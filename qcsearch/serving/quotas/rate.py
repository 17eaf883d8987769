"""Requests a second: as many at once as in one second, then one whenever its share of a second has passed."""

from __future__ import annotations

import math
import time

from qcsearch.serving.access.caller import Caller
from qcsearch.serving.refusals import QuotaError

__all__ = ["Rates"]


class Rates:
    """When the requests of each key would have come, had they come evenly; of the event loop's thread alone.

    It is a bound of the moment, and is not kept when a service ends. A key that is refused costs nothing: its clock
    does not move. (The generic cell rate algorithm, ITU-T I.371.)
    """

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def check(self, caller: Caller, now: float | None = None) -> None:
        """Count a request.

        Args:
            caller: whoever asks.
            now: in seconds of `time.monotonic`; None for now.

        Raises:
            QuotaError: if the key asked too often.
        """
        rate = caller.quota.requests_per_second
        if rate is None:
            return
        now = time.monotonic() if now is None else now
        due = max(self._due.get(caller.key, now), now)
        ahead = max(0.0, 1.0 - 1.0 / rate)  # of one second's requests the first is due at once
        if due - now > ahead + 1e-9:
            raise QuotaError(
                f"The key may ask {rate:g} times a second. It asks more often.",
                max(1, math.ceil(due - now - ahead)),
                "ask again later.",
            )
        self._due[caller.key] = due + 1.0 / rate
