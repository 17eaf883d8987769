"""The door: from what a request brings to who asks."""

from __future__ import annotations

from typing import Protocol

from qcsearch.serving.access.caller import ANYBODY, Caller
from qcsearch.serving.refusals import UnauthorizedError

__all__ = ["Guard", "OpenDoor", "bearer"]


class Guard(Protocol):
    """Knows who asks."""

    async def identify(self, authorization: str | None) -> Caller:
        """Who sent this `Authorization` header.

        Raises:
            UnauthorizedError: if it names nobody.
        """
        ...


class OpenDoor:
    """A `Guard` where there are no keys: whoever reaches the service may ask."""

    async def identify(self, authorization: str | None) -> Caller:
        """See `Guard`."""
        return ANYBODY


def bearer(authorization: str | None) -> str:
    """The token of an `Authorization: Bearer …` header.

    Raises:
        UnauthorizedError: if there is none.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError(
            "A request must have a key. This one has none.", "send Authorization: Bearer KEY."
        )
    return token.strip()
