"""The door for tokens of an identity provider: JWTs (RFC 7519), checked by PyJWT under rules that no token can move.

The algorithm is the one of the issuer's key, never the token's own; issuer, audience and expiry must be there
and right.
"""

from __future__ import annotations

import hashlib
from typing import Any

import jwt

from qcsearch.serving.access.caller import SCOPES, Caller
from qcsearch.serving.access.guard import bearer
from qcsearch.serving.access.oidc.cache import KeyCache
from qcsearch.serving.access.oidc.settings import OidcSettings
from qcsearch.serving.refusals import UnauthorizedError

__all__ = ["OidcDoor"]

_MOST_TOKEN = 2**13
_MOST_NAME = 64
_NEEDED = ["exp", "iss", "aud", "sub"]
_PLACES = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_TYPES = frozenset({"JWT", "AT+JWT", "APPLICATION/AT+JWT"})


class OidcDoor:
    """A `Guard` that takes an identity provider's tokens.

    Args:
        settings: whose, and for what.
        keys: of that provider.
    """

    def __init__(self, settings: OidcSettings, keys: KeyCache) -> None:
        self._settings, self._keys = settings, keys

    async def identify(self, authorization: str | None) -> Caller:
        """See `Guard`.

        Raises:
            KeysError: if the provider's keys cannot be had.
        """
        token = bearer(authorization)
        key = await self._keys.find(_kid(token))
        if key is None:
            raise _refused()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=self._settings.leeway,
                options={"require": _NEEDED},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise _refused() from None
        subject = hashlib.sha256(claims["sub"].encode()).hexdigest()
        return Caller(_name(claims["sub"]), self._scopes(claims), key=f"oidc_{subject}")

    def _scopes(self, claims: dict[str, Any]) -> frozenset[Any]:
        said = claims.get(self._settings.scope_claim, "")
        words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
        return frozenset(scope for scope in SCOPES if scope in words)


def _kid(token: str) -> str:
    """What a token says that its key is, if it says nothing that we would not understand."""
    if len(token) > _MOST_TOKEN:
        raise _refused()
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise _refused() from None
    kid, kind = header.get("kid"), header.get("typ", "JWT")
    if not isinstance(kid, str) or not isinstance(kind, str) or kind.upper() not in _TYPES:
        raise _refused()
    if not _PLACES.issuperset(header):  # `jwk`, `jku`, `x5u` bring keys of their own, `crit` rules
        raise _refused()
    return kid


def _name(subject: str) -> str:
    """For logs: a subject is the issuer's word, but for its length and what a terminal would obey."""
    return "".join(mark if mark.isprintable() else "?" for mark in subject[:_MOST_NAME])


def _refused() -> UnauthorizedError:
    """The same for whatever is wrong: a forger learns nothing."""
    return UnauthorizedError("The token is not valid.", "get another one from the issuer of this service.")
