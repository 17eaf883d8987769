"""A PNG in base64 is the grey values that the training knew."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from qcsearch.errors import DataError
from qcsearch.serving.refusals import UnreadableError
from qcsearch.serving.routes.images import read_image

pil = pytest.importorskip("PIL.Image")


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_grey_values_come_back_of_8_and_of_16_bits():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(read_image(png(pil.fromarray(grey)), (3, 4))[0], grey)
    deep = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    assert np.array_equal(read_image(png(pil.fromarray(deep)), (3, 4))[0], deep)


def test_another_size_a_bomb_and_what_is_no_image_are_refused():
    with pytest.raises(
        DataError, match="The image has images of 9000×9000 pixels, but the model is expecting 3×4"
    ):
        read_image(png(pil.new("1", (9000, 9000))), (3, 4))
    with pytest.raises(DataError, match="no PNG, or damaged"):
        read_image(base64.b64encode(b"GIF89a" * 9).decode(), (3, 4))
    with pytest.raises(DataError, match="no PNG, or damaged"):
        read_image(base64.b64encode(base64.b64decode(png(pil.new("L", (64, 64))))[:50]).decode(), (64, 64))
    with pytest.raises(UnreadableError, match="must be base64"):
        read_image("not base64!", (3, 4))
    with pytest.raises(DataError, match="was not trained on images"):
        read_image("", None)
