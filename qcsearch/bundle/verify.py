"""Verification: every byte of a bundle is checked before any of it is parsed as anything but the manifest.

Bundles come from elsewhere. So only regular files are read, never a link, a pipe or a device; sizes are
checked before reading and nothing is read beyond them; and what is verified is what is later parsed, from
memory, not from a file that somebody may have changed in between.

A seal, if there is one, must be whole and of this bundle; whose it is, `qcsearch.bundle.sealing` asks.

What is not promised: who wrote a bundle (a whole new one has a new digest), that its model predicts well, or that its
card, circuit files and metrics tell the truth. Whether its parts belong together, and ask for no more than
`qcsearch.storage.limits` allows, is seen when the model is rebuilt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from qcsearch.bundle import container
from qcsearch.bundle.manifest import MANIFEST, MAX_BYTES, MAX_MANIFEST_BYTES, OPTIONAL, REQUIRED, Manifest
from qcsearch.bundle.seal import MAX_SEAL_BYTES, SEAL, Seal
from qcsearch.errors import BundleError, FileError
from qcsearch.storage import files

__all__ = ["Verified", "read_verified", "verify_bundle"]

_NAMES = REQUIRED | OPTIONAL | {MANIFEST, SEAL}
_MAX_ZIP_BYTES = MAX_BYTES + 2**17


@dataclass(frozen=True)
class Verified:
    """A bundle, every byte of which is as it was written.

    Attributes:
        manifest: what it holds.
        files: content of each file that the manifest names.
        seal: who vouches for it, by their own word; None for nobody.
    """

    manifest: Manifest
    files: Mapping[str, bytes]
    seal: Seal | None = None


def verify_bundle(path: str | Path, digest: str | None = None) -> Manifest:
    """Check that every byte of a bundle is as it was written.

    Args:
        path: the bundle's folder or zip file.
        digest: the digest that the bundle must have, learnt from somebody trusted. Without one a change is
            found, but not a forgery.

    Returns:
        The manifest.

    Raises:
        BundleError: if a file is missing, added, changed, too large or not regular, or the digest differs.
    """
    return read_verified(path, digest).manifest


def read_verified(path: str | Path, digest: str | None = None) -> Verified:
    """As `verify_bundle`, and return with the manifest the verified content of every other file."""
    path = Path(path)
    try:
        bundle = _read_folder(path) if path.is_dir() else _read_zip(path)
    except FileNotFoundError:
        raise BundleError(f"There is no bundle at '{path}'.") from None
    except BundleError:
        raise
    except FileError as error:
        raise BundleError(error.message, error.fix) from None
    except (OSError, ValueError) as error:
        raise BundleError(f"The bundle at '{path}' cannot be read: {error}.") from None
    found = bundle.manifest.digest
    if digest is not None and digest.lower() != found:
        raise BundleError(f"The bundle at '{path}' must have the digest {digest}. It has {found}.")
    return bundle


def _read_folder(path: Path) -> Verified:
    found = {entry.name for entry in islice(path.iterdir(), len(_NAMES) + 1)}
    if MANIFEST not in found:
        raise BundleError(f"The folder '{path}' has no {MANIFEST}: it is not a bundle.")
    manifest = Manifest.parse(files.read_bytes(path / MANIFEST, MAX_MANIFEST_BYTES))
    _check_listing(found - {MANIFEST, SEAL}, manifest)
    contents = {
        name: files.read_bytes(path / name, manifest.files[name].size) for name in sorted(manifest.files)
    }
    seal = files.read_bytes(path / SEAL, MAX_SEAL_BYTES) if SEAL in found else None
    return _verified(manifest, contents, seal)


def _read_zip(path: Path) -> Verified:
    contents = container.unpack(files.read_bytes(path, _MAX_ZIP_BYTES, follow=True), _NAMES)
    if MANIFEST not in contents:
        raise BundleError(f"The file '{path}' is not a bundle: it is no zip file with a {MANIFEST}.")
    manifest, seal = Manifest.parse(contents.pop(MANIFEST)), contents.pop(SEAL, None)
    _check_listing(set(contents), manifest)
    return _verified(manifest, contents, seal)


def _check_listing(found: set[str], manifest: Manifest) -> None:
    if missing := sorted(set(manifest.files) - found):
        raise BundleError(f"The bundle lacks {', '.join(missing)}.")
    if added := sorted(found - set(manifest.files)):
        raise BundleError(f"The bundle holds what its manifest does not name: {', '.join(added)[:200]!r}.")


def _verified(manifest: Manifest, contents: Mapping[str, bytes], seal: bytes | None) -> Verified:
    for name, content in contents.items():
        if not manifest.files[name].matches(content):
            raise BundleError(f"The file {name} of the bundle is not as it was written.")
    return Verified(manifest, contents, None if seal is None else Seal.parse(seal, manifest.digest))
