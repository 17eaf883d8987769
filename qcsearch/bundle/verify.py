"""Verification: every byte of a bundle is checked before any of it is parsed as anything but the manifest.

Bundles come from elsewhere. So only regular files are read, never a link, a pipe or a device; sizes are
checked before reading and nothing is read beyond them; and what is verified is what is later parsed, from
memory, not from a file that somebody may have changed in between.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from qcsearch.bundle import container
from qcsearch.bundle.manifest import MANIFEST, MAX_BYTES, MAX_MANIFEST_BYTES, OPTIONAL, REQUIRED, Manifest
from qcsearch.errors import BundleError

__all__ = ["read_verified", "verify_bundle"]

_NAMES = REQUIRED | OPTIONAL | {MANIFEST}
_MAX_ZIP_BYTES = MAX_BYTES + 2**17


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
    return read_verified(path, digest)[0]


def read_verified(path: str | Path, digest: str | None = None) -> tuple[Manifest, dict[str, bytes]]:
    """As `verify_bundle`, and return with the manifest the verified content of every other file."""
    path = Path(path)
    try:
        manifest, files = _read_folder(path) if path.is_dir() else _read_zip(path)
    except FileNotFoundError:
        raise BundleError(f"There is no bundle at '{path}'.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"The bundle at '{path}' cannot be read: {error}.") from None
    if digest is not None and digest.lower() != manifest.digest:
        raise BundleError(f"The bundle at '{path}' must have the digest {digest}. It has {manifest.digest}.")
    return manifest, files


def _read_folder(path: Path) -> tuple[Manifest, dict[str, bytes]]:
    with os.scandir(path) as entries:
        found = {entry.name for entry in islice(entries, len(_NAMES) + 1)}
    if MANIFEST not in found:
        raise BundleError(f"The folder '{path}' has no {MANIFEST}: it is not a bundle.")
    manifest = Manifest.parse(_read_file(path / MANIFEST, MAX_MANIFEST_BYTES))
    _check_listing(found - {MANIFEST}, manifest)
    files = {name: _read_file(path / name, manifest.files[name].size) for name in sorted(manifest.files)}
    _check_contents(files, manifest)
    return manifest, files


def _read_zip(path: Path) -> tuple[Manifest, dict[str, bytes]]:
    files = container.unpack(_read_file(path, _MAX_ZIP_BYTES, follow=True), _NAMES)
    if MANIFEST not in files:
        raise BundleError(f"The file '{path}' is not a bundle: it is no zip file with a {MANIFEST}.")
    manifest = Manifest.parse(files.pop(MANIFEST))
    _check_listing(set(files), manifest)
    _check_contents(files, manifest)
    return manifest, files


def _check_listing(found: set[str], manifest: Manifest) -> None:
    if missing := sorted(set(manifest.files) - found):
        raise BundleError(f"The bundle lacks {', '.join(missing)}.")
    if added := sorted(found - set(manifest.files)):
        raise BundleError(f"The bundle holds what its manifest does not name: {', '.join(added)[:200]!r}.")


def _check_contents(files: Mapping[str, bytes], manifest: Manifest) -> None:
    for name, content in files.items():
        if not manifest.files[name].matches(content):
            raise BundleError(f"The file {name} of the bundle is not as it was written.")


def _read_file(path: Path, limit: int, *, follow: bool = False) -> bytes:
    """The content of a regular file of at most `limit` bytes; a pipe or a device is never read."""
    if path.is_symlink() and not follow:
        raise BundleError(f"The file {path.name} of the bundle is a link; a bundle holds regular files only.")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    flags |= 0 if follow else getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise BundleError(f"'{path}' must be a regular file.")
        if facts.st_size > limit:
            raise BundleError(f"The file '{path}' must have at most {limit} bytes. It has {facts.st_size}.")
        return file.read(limit + 1)
