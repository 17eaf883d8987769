"""Image files as arrays, through Pillow (the extra `[images]`)."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import DataError, MissingExtraError, QCSearchError
from qcsearch.storage import files
from qcsearch.storage.limits import MAX_FEATURES, MAX_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DEEP", "SUFFIXES", "ImageReader"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm")
DEEP = ("I", "I;16", "I;16B", "I;16L")
"""Pillow's modes of grey images with more than 8 bits a pixel."""

_FORMATS = ("PNG", "JPEG", "BMP", "PPM")


class ImageReader:
    """Images of one size as an array; what each header says is judged before anything is decoded.

    Args:
        folder: that holds them, for messages.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, paths: Sequence[Path]) -> tuple[NDArray[Any], Counter[str]]:
        """Grey values `(n_images, height, width)`, and how many images are of each of Pillow's modes.

        They go from 0 to 255, or to 65,535 if the files have 16 bits a pixel.

        Raises:
            DataError: if images differ in size or depth, one cannot be read, or they are too large.
            MissingExtraError: if Pillow is not installed.
        """
        images: NDArray[Any] | None = None
        modes: Counter[str] = Counter()
        for row, path in enumerate(paths):
            with self._opened(path) as image:
                if images is None:
                    images, first = self._room(image, len(paths), path), image.size
                if image.size != first:
                    sizes = ["×".join(map(str, reversed(size))) for size in (first, image.size)]
                    raise DataError(
                        f"All images of '{self._folder.name}' must have one size. '{self._name(paths[0])}' has "
                        f"{sizes[0]} pixels, '{self._name(path)}' has {sizes[1]}.",
                        "resize them all to one size, such as 16×16.",
                    )
                if (image.mode in DEEP) != (images.dtype == np.uint16):
                    raise DataError(
                        f"All images of '{self._folder.name}' must have 8 bits a pixel or all have 16. "
                        f"'{self._name(path)}' differs from '{self._name(paths[0])}'."
                    )
                modes[image.mode] += 1
                images[row] = self._grey(image, path)
        assert images is not None
        return images, modes

    def _room(self, image: Image, n_images: int, path: Path) -> NDArray[Any]:
        width, height = image.size
        if width * height > MAX_FEATURES:
            raise DataError(
                f"An image of '{self._folder.name}' must have at most {MAX_FEATURES:,} pixels. '{self._name(path)}' "
                f"has {height}×{width}.",
                "make the images smaller, such as 16×16.",
            )
        if n_images * width * height > MAX_PIXELS:
            raise DataError(
                f"The images of '{self._folder.name}' must have at most {MAX_PIXELS:,} pixels together. They have "
                f"{n_images:,} × {height}×{width}.",
                "make the images smaller, such as 16×16.",
            )
        return np.empty((n_images, height, width), np.uint16 if image.mode in DEEP else np.uint8)

    def _grey(self, image: Image, path: Path) -> NDArray[Any]:
        try:
            if image.mode == "F":
                raise ValueError("its pixels are fractions")
            if image.mode in DEEP:
                return np.asarray(image)
            return np.asarray((image.convert("RGB") if image.mode == "P" else image).convert("L"))
        except Exception as error:  # a damaged file may fail in any way
            raise self._unreadable(path, error) from error

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Image]:
        """An image of which no more than the header was read."""
        try:
            from PIL import Image as Pillow
        except ImportError as error:
            raise MissingExtraError(
                "Reading images needs Pillow, which is not installed.", "pip install 'qcsearch[images]'."
            ) from error
        with ExitStack() as held:
            try:
                file = held.enter_context(files.open_read(path, follow=True))
                with warnings.catch_warnings():
                    warnings.simplefilter(
                        "ignore", Pillow.DecompressionBombWarning
                    )  # `_room` refuses far less
                    image = held.enter_context(Pillow.open(file, formats=_FORMATS))
            except Exception as error:  # a damaged file may fail in any way
                raise self._unreadable(path, error) from error
            yield image

    def _unreadable(self, path: Path, error: Exception) -> DataError:
        reason = error.message if isinstance(error, QCSearchError) else (str(error).splitlines() or [""])[0]
        if type(error).__name__ == "UnidentifiedImageError":
            reason = "it is none of PNG, JPEG, BMP and PGM"
        return DataError(f"The image '{self._name(path)}' cannot be read: {reason.rstrip('.')}.")

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._folder))
