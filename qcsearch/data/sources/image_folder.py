"""Folders of images, one folder a class, through Pillow (the extra `[images]`).

```
DIR/cat/1.png        DIR/train/cat/1.png
DIR/dog/2.jpg        DIR/test/dog/2.jpg       train, val and test, of which train must be there
```
The name of a folder is the label, also of what lies deeper in it. Images are read in the order of their paths, so that
the same files are the same data set on every machine. Hidden files are no part of it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qcsearch.data.sources.images import DEEP, SUFFIXES, ImageReader
from qcsearch.data.sources.parts import PREDICTED, RawPart, RawParts
from qcsearch.errors import DataError
from qcsearch.storage.limits import MAX_IMAGES

__all__ = ["read_images"]

_PARTS = {"train": "train", "training": "train", "val": "validation", "valid": "validation",
          "validation": "validation", "test": "test", "testing": "test"}  # fmt: skip
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_HIDDEN = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class _File:
    """An image and the name of its class, None if it lies in no folder of a class."""

    path: Path
    label: str | None


def read_images(folder: Path, labelled: bool = True) -> RawParts:
    """Read a folder of images.

    Args:
        folder: of classes, or of the parts train, val and test with classes in each.
        labelled: whether labels must be there; if not, images that lie in no folder of a class will do, and only the
            part to predict is read.

    Raises:
        DataError: if there are no classes or no images in it, images differ in size, one cannot be read, or they are
            too large or too many.
        MissingExtraError: if Pillow is not installed.
    """
    folder, notices = folder.resolve(), _Notices()  # `.` has a name then
    what = f"Folder '{folder.name}'"
    places = _places(folder, what)
    if not labelled:
        places = dict([next((part, places[part]) for part in PREDICTED if part in places)])
    found = {part: _files(place, notices) for part, place in places.items()}
    if empty := [places[part].name for part, images in found.items() if not images]:
        raise DataError(
            f"Folder '{empty[0]}' holds no images.",
            f"give PNG, JPEG, BMP or PGM files ({', '.join(SUFFIXES)}).",
        )
    if labelled:
        _check_labelled(what, found)
    every = [file for part in found.values() for file in part]
    images, modes = ImageReader(folder).read([file.path for file in every])
    parts, start = {}, 0
    for part, of_part in found.items():
        where, rows = f"'{places[part].name}'", images[start : start + len(of_part)]
        parts[part] = RawPart(
            rows, _labels(of_part, _kind(every)), f"The images of {where}", f"the folders of {where}"
        )
        start += len(of_part)
    told = notices.sentences(folder.name, modes)
    return RawParts(parts.get("train"), parts.get("validation"), parts.get("test"), notices=told)


def _places(folder: Path, what: str) -> dict[str, Path]:
    """The folder of each part: the folder itself if it holds classes."""
    folders = _folders(folder)
    known = [(_PARTS.get(entry.name.casefold()), entry) for entry in folders]
    parts = {part: entry for part, entry in known if part is not None}
    # A folder named train may be a class, beside car and bus; then its images lie in it and not deeper.
    if not parts or (len(parts) < len(folders) and not ("train" in parts and _folders(parts["train"]))):
        return {"train": folder}
    if len(parts) < len(folders):
        other = next(entry.name for part, entry in known if part is None or parts[part] != entry)
        raise DataError(
            f"{what} must hold the parts train, val and test, once each, or one folder a class. It holds "
            f"{', '.join(sorted(entry.name for entry in parts.values()))} and '{other}'."
        )
    return parts


def _check_labelled(what: str, found: Mapping[str, Sequence[_File]]) -> None:
    if "train" not in found:
        raise DataError(f"{what} must hold a part train. It holds {' and '.join(found)}.")
    bare = [file.path.name for part in found.values() for file in part if file.label is None]
    if bare:
        raise DataError(
            f"{what} must hold its images in one folder a class. {len(bare)} lie in none; the first is '{bare[0]}'.",
            "put the images of each class into a folder of the class's name.",
        )


def _labels(images: Sequence[_File], kind: type[int] | type[str]) -> list[int | str | None] | None:
    """The labels of images; None if no image has one."""
    if all(file.label is None for file in images):
        return None
    return [None if file.label is None else kind(file.label) for file in images]


def _kind(images: Iterable[_File]) -> type[int] | type[str]:
    """Of labels: whole numbers if all of them are, as in a text file."""
    names = {file.label for file in images if file.label is not None}
    return int if all(map(_WHOLE.fullmatch, names)) else str


class _Notices:
    """What a person should see: what was turned grey, and what was left out."""

    def __init__(self) -> None:
        self.others: list[str] = []
        self.empty: list[str] = []

    def sentences(self, name: str, modes: Counter[str]) -> tuple[str, ...]:
        """One sentence for each kind."""
        colour = sum(n for mode, n in modes.items() if mode not in ("L", "1", *DEEP))
        clear = any(modes[mode] for mode in ("RGBA", "LA", "PA"))
        told = {
            f"Folder '{name}' also holds {len(self.others)} file(s) that are no PNG, JPEG, BMP or PGM images, not "
            f"used; the first is '{next(iter(self.others), '')}'.": self.others,
            f"The folder '{next(iter(self.empty), '')}' of '{name}' holds no images, so it is no class.": self.empty,
            f"{colour} of {modes.total()} images of '{name}' are in colour and were turned grey (0.299 R + "
            f"0.587 G + 0.114 B){', without their transparency' * clear}.": colour,
        }
        return tuple(sentence for sentence, needed in told.items() if needed)


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.is_dir()]


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, hidden things apart, by name."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"Folder '{folder.name}' cannot be read: {error.strerror}.") from error
    return [entry for entry in entries if not _is_hidden(entry.name)]


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _HIDDEN


def _files(folder: Path, notices: _Notices) -> list[_File]:
    """The images of one part, class by class."""
    found: list[_File] = []
    for entry in _entries(folder):
        if entry.is_dir():
            images = [_File(path, entry.name) for path in _images(_deep(entry), notices)]
            notices.empty += [] if images else [entry.name]
        else:
            images = [_File(path, None) for path in _images([entry], notices)]
        found += images
        if len(found) > MAX_IMAGES:
            raise DataError(f"Folder '{folder.name}' must hold at most {MAX_IMAGES:,} images. It holds more.")
    return found


def _deep(folder: Path) -> Iterable[Path]:
    """All files of a class, those in folders within it too; no link to a folder is followed, for it may go round."""
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        yield from (Path(place, name) for name in sorted(names) if not _is_hidden(name))


def _images(paths: Iterable[Path], notices: _Notices) -> Iterable[Path]:
    for path in paths:
        if path.suffix.lower() in SUFFIXES:
            yield path
        else:
            notices.others.append(path.name)
