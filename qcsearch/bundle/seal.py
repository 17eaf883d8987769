"""A seal: who vouches for a bundle, as what it is to be served, and since when.

The file `seal.json` stands beside what the manifest names, and signs the manifest's digest with Ed25519 (RFC 8032):
sealing changes no other byte, and the digest stays the bundle's name. Signed is the line `qcsearch bundle seal 1`, then
the canonical JSON of the seal without its signature. The name is signed, so that the good bundle of one model cannot
take the place of another; so is the time, by which an old one is told from a new.

A seal names its key, so that a change in it shows to anybody. Whether that is the key of somebody trusted is the
question that matters, and only who has that key can answer it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from qcsearch.bundle.manifest import Sha256
from qcsearch.errors import BundleError, InputError
from qcsearch.storage import canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["MAX_SEAL_BYTES", "SEAL", "Seal", "model_name"]

SEAL = "seal.json"
MAX_SEAL_BYTES = 2**12

_CONTEXT = b"qcsearch bundle seal 1\n"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00$"


class Seal(BaseModel):
    """What a key vouches for.

    Attributes:
        format: always `qcsearch.seal`.
        schema_version: version of the file's layout.
        name: as which the bundle is to be served.
        digest: of its manifest.
        sealed_at: ISO 8601, UTC, to the microsecond: of two the later is the newer.
        key: the public key, 64 hexadecimal digits.
        signature: 128 hexadecimal digits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["qcsearch.seal"] = "qcsearch.seal"
    schema_version: Literal[1] = 1
    name: Annotated[str, StringConstraints(pattern=_NAME)]
    digest: Sha256
    sealed_at: Annotated[str, StringConstraints(pattern=_MOMENT)]
    key: Sha256
    signature: Annotated[str, StringConstraints(pattern="^[0-9a-f]{128}$")]

    @classmethod
    def sign(cls, key: Ed25519PrivateKey, name: str, digest: str) -> Seal:
        """Seal a bundle's digest now."""
        from qcsearch.storage.signing import public_text

        draft = cls(
            name=name,
            digest=digest,
            sealed_at=datetime.now(UTC).isoformat(timespec="microseconds"),
            key=public_text(key.public_key()),
            signature="0" * 128,
        )
        return draft.model_copy(update={"signature": key.sign(draft._signed()).hex()})

    @classmethod
    def parse(cls, content: bytes, digest: str) -> Seal:
        """Read the seal of a bundle.

        Args:
            content: of its file.
            digest: of the bundle's manifest.

        Raises:
            BundleError: if it is no seal, not in its one spelling, of another bundle, or not signed with its key.
        """
        from qcsearch.storage.signing import is_signed, public_key

        if len(content) > MAX_SEAL_BYTES:
            raise BundleError(
                f"The {SEAL} of a bundle must have at most {MAX_SEAL_BYTES:,} bytes. It has {len(content):,}."
            )
        seal = _validated(content)
        if seal.text().encode() != content:
            raise BundleError(f"The {SEAL} of the bundle is not in its canonical form: it was changed.")
        if not is_signed(public_key(seal.key), seal._signed(), seal.signature):
            raise BundleError(f"The {SEAL} of the bundle is not signed with the key that it names.")
        if seal.digest != digest:
            raise BundleError(
                f"The {SEAL} of the bundle must be of its digest, {digest}. It is of {seal.digest}.",
                "seal it again: qcsearch bundle seal.",
            )
        return seal

    def text(self) -> str:
        """The seal as it stands in the file."""
        return canonical.dumps(self.model_dump(mode="json"), indent=1) + "\n"

    @property
    def time(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.sealed_at)

    def _signed(self) -> bytes:
        return _CONTEXT + canonical.dumps(self.model_dump(mode="json", exclude={"signature"})).encode()


def _validated(content: bytes) -> Seal:
    try:
        seal = Seal.model_validate(canonical.loads(content))
        datetime.fromisoformat(seal.sealed_at)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "as a whole"
        raise BundleError(f"The {SEAL} of the bundle is wrong at '{place}': {first['msg']}.") from None
    except ValueError as error:
        raise BundleError(f"The {SEAL} of the bundle cannot be read: {str(error).rstrip('.')}.") from None
    return seal


def model_name(path: str | Path, given: str = "") -> str:
    """The name by which clients ask for a bundle's model.

    Args:
        path: of the bundle, whose name it is where none is given.
        given: by a person.

    Raises:
        InputError: if it cannot stand in an address.
    """
    name = given or Path(path).resolve().name.removesuffix(".zip")
    if not re.match(_NAME, name) or name.endswith("\n"):
        raise InputError(
            f"A model's name must be letters, digits, '.', '_' and '-', at most 64. Got {name!r}.",
            f"give it one: serve my-model={path}, or bundle seal --name my-model.",
        )
    return name
