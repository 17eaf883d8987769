"""Where an identity provider's keys come from: a file, or the provider itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from qcsearch.errors import InputError
from qcsearch.serving.access.oidc.key_set import MOST_BYTES
from qcsearch.serving.access.oidc.settings import OidcSettings, check_address
from qcsearch.storage import files

__all__ = ["Source", "open_source"]

_SECONDS = 5.0


class Source(Protocol):
    """Gives a JWKS, or says in one sentence why not."""

    async def fetch(self) -> bytes:
        """The keys as they are now.

        Raises:
            InputError: if there are none to be had.
        """
        ...


def open_source(settings: OidcSettings) -> Source:
    """Where the keys of these settings come from."""
    return _File(settings.jwks) if settings.jwks is not None else _Provider(settings.issuer)


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def fetch(self) -> bytes:
        """See `Source`."""
        with files.reading(self._path, "save the issuer's JWKS there."):
            return files.read_bytes(self._path, MOST_BYTES, follow=True)


class _Provider:
    """By discovery (OpenID Connect Discovery 1.0, section 4); no redirect is followed."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    async def fetch(self) -> bytes:
        """See `Source`."""
        try:
            async with asyncio.timeout(_SECONDS), httpx.AsyncClient(timeout=_SECONDS) as client:
                place = await self._place(client)
                return await _get(client, place)
        except TimeoutError:
            raise InputError(
                f"The issuer '{self._issuer}' must answer in {_SECONDS:g} s. It has not."
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise InputError(f"The issuer '{self._issuer}' gives no keys: {type(error).__name__}.") from None

    async def _place(self, client: httpx.AsyncClient) -> str:
        content = await _get(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found: Any = orjson.loads(content)
        except orjson.JSONDecodeError:
            found = None
        said = found if isinstance(found, dict) else {}
        if said.get("issuer") != self._issuer:
            raise InputError(
                f"The issuer '{self._issuer}' must call itself so in its configuration. It does not.",
                "give --oidc-issuer exactly as it stands there.",
            )
        place = said.get("jwks_uri")
        place = place if isinstance(place, str) else ""
        check_address(place.partition("?")[0], "The issuer's jwks_uri")
        return place


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    """What is there, counted while it is read: a compressed answer could unpack to anything."""
    content = bytearray()
    async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
        if answer.status_code != 200:
            raise InputError(f"The issuer must answer with 200. It answers with {answer.status_code}.")
        async for part in answer.aiter_raw():
            content += part
            if len(content) > MOST_BYTES:
                raise InputError(f"The issuer's answer must have at most {MOST_BYTES:,} bytes. It has more.")
    return bytes(content)
