"""How a bundle reaches the disk: all of it or nothing, and never over something else in silence."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from qcsearch.bundle import container
from qcsearch.bundle.manifest import MANIFEST, MAX_BYTES, Manifest
from qcsearch.bundle.seal import SEAL, Seal
from qcsearch.errors import BundleError
from qcsearch.storage.files import write_bytes

__all__ = ["put_seal", "store"]


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
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".zip":
            write_bytes(path, container.pack(everything))
        else:
            _store_folder(path, everything)


def put_seal(path: Path, files: Mapping[str, bytes], manifest: Manifest, seal: Seal) -> None:
    """Put a seal into a bundle, in the place of one that is there; whoever looks finds it without, or with it whole.

    Args:
        path: the bundle; a link is followed.
        files: what it holds.
        manifest: of these.
        seal: of the manifest.

    Raises:
        BundleError: if it cannot be written.
    """
    path = path.resolve()
    with _writing(path):
        if path.is_dir():
            write_bytes(path / SEAL, seal.text().encode())
        else:
            everything = {**files, MANIFEST: manifest.text().encode(), SEAL: seal.text().encode()}
            write_bytes(path, container.pack(everything))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
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
