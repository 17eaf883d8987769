"""The manifest: what a bundle holds, byte for byte, and which libraries wrote it.

A manifest has one spelling. Its text is the canonical JSON of its content, and its `digest` is the SHA-256 of
that content without the digest itself; so a changed byte anywhere, in a file or in the manifest, shows.
That is integrity, not authenticity: whoever writes a whole new bundle writes a new digest too. A digest that
came another way, by mail or from a registry, tells a bundle from its forgery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from qcsearch.errors import BundleError
from qcsearch.storage import canonical

__all__ = ["MANIFEST", "MAX_BYTES", "OPTIONAL", "REQUIRED", "SCHEMA_VERSION", "FileEntry", "Manifest"]

MANIFEST = "manifest.json"
SCHEMA_VERSION: Literal[1] = 1
MAX_BYTES = 64 * 2**20
"""Upper bound on the bytes of one bundle, all files together."""

MAX_MANIFEST_BYTES = 2**16

REQUIRED = frozenset(
    {"candidate.json", "device.json", "metrics.json", "preprocessor.json", "signature.json", "weights.json"}
)
"""What a model is rebuilt from."""

OPTIONAL = frozenset(
    {
        "MODEL_CARD.md",
        "circuit.qasm",
        "circuit_inputs.qasm",
        "circuit.qpy",
        "deployment.json",
        "probe.json",
        "quantiles.json",
    }
)
"""What people and other programs read; a model predicts without it."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class FileEntry(BaseModel):
    """Size in bytes and SHA-256 of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size: int = Field(ge=0, le=MAX_BYTES)
    sha256: Sha256

    def matches(self, content: bytes) -> bool:
        """True if `content` is the file's."""
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256


class Manifest(BaseModel):
    """What a bundle holds.

    Attributes:
        format: always `qcsearch.bundle`.
        schema_version: version of the bundle's layout.
        versions: library to version, of what wrote the bundle.
        files: file name to size and SHA-256, every file but the manifest.
        digest: SHA-256 of the canonical JSON of all of the above: the bundle's name by content.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["qcsearch.bundle"]
    schema_version: Literal[1]
    versions: dict[str, str]
    files: dict[str, FileEntry]
    digest: Sha256

    @classmethod
    def of(cls, files: Mapping[str, bytes], versions: Mapping[str, str]) -> Manifest:
        """The manifest of these files' contents."""
        entries = {
            name: FileEntry(size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in files.items()
        }
        draft = cls(
            format="qcsearch.bundle",
            schema_version=SCHEMA_VERSION,
            versions=dict(versions),
            files=entries,
            digest="0" * 64,
        )
        return draft.model_copy(update={"digest": draft._content_digest()})

    @classmethod
    def parse(cls, content: bytes) -> Manifest:
        """Read a manifest in its one spelling.

        Raises:
            BundleError: if it is not a manifest, of a version that cannot be read, not in canonical form, at
                odds with its own digest, or if it names files that a bundle does not have.
        """
        manifest = cls._validated(content)
        if manifest.text().encode("utf-8", "surrogatepass") != content:
            raise BundleError(f"The {MANIFEST} of the bundle is not in its canonical form: it was changed.")
        if manifest._content_digest() != manifest.digest:
            raise BundleError(f"The {MANIFEST} of the bundle does not match its own digest: it was changed.")
        manifest._check_names()
        return manifest

    def text(self) -> str:
        """The manifest as it stands in the file."""
        return canonical.dumps(self.model_dump(mode="json"), indent=1) + "\n"

    def _content_digest(self) -> str:
        return canonical.digest(self.model_dump(mode="json", exclude={"digest"}))

    @classmethod
    def _validated(cls, content: bytes) -> Manifest:
        if len(content) > MAX_MANIFEST_BYTES:
            raise BundleError(
                f"The {MANIFEST} of a bundle must be at most {MAX_MANIFEST_BYTES} bytes. Got {len(content)}."
            )
        try:
            data = canonical.loads(content)
            _check_version(data)
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "as a whole"
            raise BundleError(
                f"The {MANIFEST} of the bundle is wrong at '{place}': {first['msg']}."
            ) from None
        except BundleError:
            raise
        except ValueError as error:
            raise BundleError(f"The {MANIFEST} of the bundle is not readable JSON: {error}") from None

    def _check_names(self) -> None:
        names = set(self.files)
        if missing := sorted(REQUIRED - names):
            raise BundleError(f"The bundle's manifest lacks {', '.join(missing)}.")
        if unknown := sorted(names - REQUIRED - OPTIONAL):
            raise BundleError(
                f"The bundle's manifest names files that no bundle has: {', '.join(unknown)[:200]}."
            )
        if sum(entry.size for entry in self.files.values()) > MAX_BYTES:
            raise BundleError(
                f"A bundle must hold at most {MAX_BYTES} bytes. This one's manifest names more."
            )


def _check_version(data: canonical.Json) -> None:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(version, int) and not isinstance(version, bool) and version > SCHEMA_VERSION:
        raise BundleError(
            f"The bundle has schema version {version}; this qcsearch reads version {SCHEMA_VERSION}.",
            fix="install a newer qcsearch.",
        )
