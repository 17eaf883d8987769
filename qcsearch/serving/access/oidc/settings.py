"""Whose tokens a service takes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from qcsearch.errors import InputError

__all__ = ["OidcSettings", "check_address"]

_MOST_LEEWAY = 300.0


@dataclass(frozen=True)
class OidcSettings:
    """Whose tokens a service takes, and for what.

    Attributes:
        issuer: URL of the identity provider, exactly as its tokens have it in `iss`.
        audience: what `aud` must hold: the name of this service there.
        jwks: file of the provider's public keys; None to fetch them from it.
        scope_claim: the claim that holds scopes: words in a text, or a list of them.
        leeway: seconds by which two clocks may differ.
    """

    issuer: str
    audience: str
    jwks: Path | None = None
    scope_claim: str = "scope"
    leeway: float = 30.0

    def __post_init__(self) -> None:
        if not self.audience:
            raise InputError(
                "--oidc-issuer and --audience must be given together. There is no audience.",
                "a token for another service would do otherwise: --audience NAME.",
            )
        if not 0 <= self.leeway <= _MOST_LEEWAY:
            raise InputError(f"The leeway must be in [0, {_MOST_LEEWAY:g}] seconds. Got {self.leeway:g}.")
        check_address(self.issuer, "The --oidc-issuer")


def check_address(url: str, what: str) -> None:
    """Pass if an address may be trusted to be whose it says.

    Raises:
        InputError: if it is not HTTPS, and not this machine either, or holds more than an address.
    """
    try:
        parts = urlsplit(url)
        host, extra = parts.hostname or "", parts.username or parts.query or parts.fragment
    except ValueError:
        host, extra = "", ""
    if not host or extra:
        raise InputError(f"{what} must be an address without user, query and fragment. Got '{url[:200]}'.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise InputError(f"{what} must begin with https://. Got '{url[:200]}'.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
