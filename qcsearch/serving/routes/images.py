"""An image in a request: a PNG in base64, of the size of the training's; its header is judged before it is decoded."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import check_shape
from qcsearch.data.sources.images import DEEP
from qcsearch.errors import DataError
from qcsearch.serving.refusals import UnreadableError

__all__ = ["read_image"]


def read_image(text: str, shape: tuple[int, int] | None) -> NDArray[Any]:
    """Grey values `(1, height, width)`, from 0 to 255, or to 65,535 of an image with 16 bits a pixel.

    Args:
        text: base64 of a PNG.
        shape: `(height, width)` of the training's images; None if the model takes none.

    Raises:
        DataError: if it is of another size, cannot be read, or the model takes no images.
        UnreadableError: if it is no base64, or this service cannot read images.
    """
    if shape is None:
        raise DataError("The model was not trained on images.", "give 'rows'.")
    try:
        from PIL import Image
    except ImportError:
        raise UnreadableError(
            "This service cannot read images: Pillow is not installed.", "give the pixels as 'rows'."
        ) from None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError("The 'image' must be base64. It is not.") from None
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            check_shape((image.height, image.width), shape, "The image", "the model is expecting")
            if image.mode in DEEP:
                return np.asarray(image)[None]
            return np.asarray((image.convert("RGB") if image.mode == "P" else image).convert("L"))[None]
    except DataError:
        raise
    except Exception as error:  # a damaged file may fail in any way
        raise DataError("The image cannot be read: it is no PNG, or damaged.") from error
