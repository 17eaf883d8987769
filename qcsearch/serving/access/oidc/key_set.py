"""Public keys of an identity provider (JWKS, RFC 7517): which of them are taken, and for which algorithm alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from qcsearch.errors import InputError

__all__ = ["MOST_BYTES", "KeySet", "parse"]

KeySet = Mapping[str, jwt.PyJWK]
"""By `kid`; each knows the one algorithm that it is for."""

MOST_BYTES = 2**18
_MOST_KEYS = 64
_LEAST_RSA_BITS = 2048
_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Signatures alone: with HMAC whoever checks a token could make one, and `none` is none."""


def parse(content: bytes) -> KeySet:
    """The keys that may sign tokens; others that the provider has are left out.

    Raises:
        InputError: if this is no set of keys, or none of them may.
    """
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise InputError(f"The issuer's keys must be a JWKS of at most {_MOST_KEYS} keys. They are not.")
    keys = {kid: key for entry in entries if (kid := _kid(entry)) and (key := _key(entry)) is not None}
    if not keys:
        raise InputError(
            "The issuer's keys must hold one with a 'kid' for RSA, EC or Ed25519. There is none."
        )
    return keys


def _kid(entry: Any) -> str:
    kid = entry.get("kid") if isinstance(entry, dict) else None
    return kid if isinstance(kid, str) else ""


def _key(entry: dict[str, Any]) -> jwt.PyJWK | None:
    if entry.get("kty") not in ("RSA", "EC", "OKP") or entry.get("use", "sig") != "sig" or "d" in entry:
        return None
    try:
        key = jwt.PyJWK(entry)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if key.algorithm_name not in _ALGORITHMS:
        return None
    short = isinstance(key.key, RSAPublicKey) and key.key.key_size < _LEAST_RSA_BITS
    return None if short else key
