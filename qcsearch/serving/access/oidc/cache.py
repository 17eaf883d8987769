"""An identity provider's keys as a running service knows them: fetched seldom, and again for a key that is new.

Keys are fetched anew every five minutes, while those at hand still answer, and at once for a token whose key
is not known: that is how a provider changes its keys. Whoever makes up names of keys causes a fetch each ten seconds,
no more. A provider that does not answer is forgiven for an hour; then nobody is let in, since keys that it has
withdrawn meanwhile would go on opening the door.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import jwt

from qcsearch.errors import QCSearchError
from qcsearch.serving.access.oidc.key_set import KeySet, parse
from qcsearch.serving.access.oidc.sources import Source
from qcsearch.serving.refusals import KeysError

__all__ = ["KeyCache"]

_FRESH_SECONDS = 300.0
_STALE_SECONDS = 3600.0
_BETWEEN_SECONDS = 10.0


class KeyCache:
    """Keys of a source.

    Args:
        source: where they come from.
        clock: seconds, as `time.monotonic` counts them.
    """

    def __init__(self, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._keys: KeySet = {}
        self._fetched = self._tried = -float("inf")
        self._task: asyncio.Task[None] | None = None

    async def fill(self) -> None:
        """Get the keys for the first time.

        Raises:
            InputError: if there are none to be had.
        """
        self._keys = parse(await self._source.fetch())
        self._fetched = self._tried = self._clock()

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of a name; None if the provider has none.

        Raises:
            KeysError: if what is known of the provider's keys is too old.
        """
        now = self._clock()
        stale = now - self._fetched > _STALE_SECONDS
        if now - self._fetched > _FRESH_SECONDS or kid not in self._keys:
            task = self._refreshed(now)
            if task is not None and (stale or kid not in self._keys):
                await asyncio.shield(task)  # for all who wait: one of them may go
        if self._clock() - self._fetched > _STALE_SECONDS:
            raise KeysError("The issuer's keys cannot be had now.", "ask again later.")
        return self._keys.get(kid)

    def _refreshed(self, now: float) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None if the last was just now."""
        if self._task is not None and not self._task.done():
            return self._task
        if now - self._tried < _BETWEEN_SECONDS:
            return None
        self._tried = now
        self._task = asyncio.create_task(self._refresh())
        return self._task

    async def _refresh(self) -> None:
        try:
            keys = parse(await self._source.fetch())
        except QCSearchError:
            return  # those at hand hold, until they are too old
        self._keys, self._fetched = keys, self._clock()
