"""How a bundle reaches the disk: all of it or nothing, and never over something else in silence."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from qcsearch.bundle import container
from qcsearch.bundle.manifest import MANIFEST, MAX_BYTES, Manifest
from qcsearch.errors import BundleError
from qcsearch.storage.files import write_bytes

__all__ = ["store"]


def store(path: Path, files: Mapping[str, bytes], manifest: Manifest, *, overwrite: bool = False) -> None:
    """Write a bundle's files and its manifest to a new folder, or to a zip file if `path` ends in `.zip`.

    Whoever looks at `path` finds nothing (or the old bundle) or the whole new one.

    Raises:
        BundleError: if something is at `path` and `overwrite` is False, if the files are too large, or if the
            place cannot be written.
    """
    if (total := sum(map(len, files.values()))) > MAX_BYTES:
        raise BundleError(f"A bundle must hold at most {MAX_BYTES} bytes. This model needs {total}.")
    if os.path.lexists(path) and not overwrite:
        raise BundleError(
            f"There is already something at '{path}'.", fix="take another path, or move it away."
        )
    everything = {**files, MANIFEST: manifest.text().encode()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".zip":
            write_bytes(path, container.pack(everything))
        else:
            _store_folder(path, everything)
    except OSError as error:
        raise BundleError(f"The bundle cannot be written to '{path}': {error.strerror or error}.") from error


def _store_folder(path: Path, files: Mapping[str, bytes]) -> None:
    draft = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    new, old = draft / "new", draft / "old"
    try:
        new.mkdir()
        for name, content in files.items():
            write_bytes(new / name, content)
        if os.path.lexists(path):
            path.rename(old)
        try:
            new.rename(path)
        except BaseException:
            if os.path.lexists(old):
                old.rename(path)
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
