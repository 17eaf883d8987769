"""A convolutional autoencoder: trained with torch (the extra `[torch]`), run without it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.preprocessing.reductions import (
    REDUCTIONS,
    ImageShape,
    Reduction,
    check_count,
    check_image,
    check_pixels,
)
from qcsearch.data.values import FloatArray
from qcsearch.errors import CandidateError, MissingExtraError

__all__ = ["ConvolutionalEncoder"]

_CHANNELS = (8, 16)


@REDUCTIONS.register("autoencoder")
class ConvolutionalEncoder(Reduction):
    """The inner layer of a small network that learned to redraw the training images.

    Encoder: two 3×3 convolutions of stride 2 with 8 and 16 channels and ReLU, then a linear layer. The
    decoder mirrors it and is thrown away. The encoder's weights are plain arrays and run in numpy, so that a
    saved model predicts without torch, and the numbers are the same before and after saving.

    Args:
        n_components: width of the inner layer, at most the number of pixels.
        steps: optimizer steps of 64 images each.
        image_shape: `(height, width)` of the images.
        seed: of initial weights and batches; equal seeds, equal encoders.

    Attributes:
        range_: the smallest pixel and the extent of the training images `(2,)`.
        kernel1_: `(8, 1, 3, 3)`, with `bias1_` `(8,)`.
        kernel2_: `(16, 8, 3, 3)`, with `bias2_` `(16,)`.
        dense_: `(n_components, 16 × height/4 × width/4)`, rounded up, with `bias3_` `(n_components,)`.
    """

    needs: ClassVar[tuple[str, ...]] = ("image_shape", "seed")
    whole: ClassVar[bool] = True
    learned: ClassVar[dict[str, int]] = {
        "range_": 1, "kernel1_": 4, "bias1_": 1, "kernel2_": 4, "bias2_": 1, "dense_": 2, "bias3_": 1
    }  # fmt: skip
    range_: FloatArray
    kernel1_: FloatArray
    bias1_: FloatArray
    kernel2_: FloatArray
    bias2_: FloatArray
    dense_: FloatArray
    bias3_: FloatArray

    def __init__(
        self, n_components: int, steps: int = 1000, image_shape: ImageShape = None, seed: int = 0
    ) -> None:
        self.n_components = n_components
        self.steps = steps
        self.image_shape = image_shape
        self.seed = seed

    def n_outputs(self, n_features: int, n_classes: int) -> int:
        """`n_components`."""
        height, width = check_image("autoencoder", self.image_shape)
        if not isinstance(self.steps, int) or self.steps < 1:
            raise CandidateError(
                f"The 'steps' of the reduction 'autoencoder' must be an int ≥ 1. Got {self.steps!r}."
            )
        return check_count("autoencoder", self.n_components, height * width, "number of pixels")

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        image = check_image("autoencoder", self.image_shape)
        check_pixels(X.shape[1], image)
        self.n_outputs(X.shape[1], 2)
        self.range_ = np.array([X.min(), float(np.ptp(X)) or 1.0])
        weights = _train(self._images(X), self.n_components, self.steps, self.seed)
        for name, array in weights.items():
            setattr(self, name, array)

    def fitted_outputs(self) -> int:
        """See `Step`: the arrays are those of the two convolutions and the layer for images of this size."""
        image = check_image("autoencoder", self.image_shape)
        check_pixels(self.n_features_in_, image)
        first, second = _CHANNELS
        n, n_inner = self.n_outputs(self.n_features_in_, 2), second * _quarter(image[0]) * _quarter(image[1])
        wanted = {
            "range_": (2,),
            "kernel1_": (first, 1, 3, 3), "bias1_": (first,),
            "kernel2_": (second, first, 3, 3), "bias2_": (second,),
            "dense_": (n, n_inner), "bias3_": (n,),
        }  # fmt: skip
        for name, shape in wanted.items():
            self._check_fit(getattr(self, name).shape == shape, f"an array {name} of shape {shape}")
        self._check_fit(self.range_[1] > 0, "an extent of the pixels above 0")
        return n

    def _images(self, X: FloatArray) -> FloatArray:
        """Pixels in [0, 1], `(n_samples, 1, height, width)`."""
        lowest, extent = self.range_
        pixels: FloatArray = (X - lowest) / extent
        return pixels.reshape(len(X), 1, *check_image("autoencoder", self.image_shape))

    def _apply(self, X: FloatArray) -> FloatArray:
        first = _convolved(self._images(X), self.kernel1_, self.bias1_)
        second = _convolved(first, self.kernel2_, self.bias2_)
        return second.reshape(len(X), -1) @ self.dense_.T + self.bias3_


def _quarter(pixels: int) -> int:
    """Pixels of a side after two convolutions of stride 2."""
    return ((pixels + 1) // 2 + 1) // 2


def _convolved(images: FloatArray, kernel: FloatArray, bias: FloatArray) -> FloatArray:
    """ReLU of a 3×3 convolution of stride 2 with a border of 0: `(n, c, h, w)` to `(n, c', ⌈h/2⌉, ⌈w/2⌉)`."""
    bordered = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(bordered, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    result = np.tensordot(windows, kernel, axes=((1, 4, 5), (1, 2, 3)))  # (n, h', w', c')
    return np.maximum(result + bias, 0.0).transpose(0, 3, 1, 2)


def _train(images: FloatArray, n_components: int, steps: int, seed: int) -> dict[str, FloatArray]:
    """Train encoder and decoder with Adam on the mean squared error; return the encoder's weights.

    Raises:
        MissingExtraError: if torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(
            "Training an autoencoder needs torch, which is not installed.", "pip install 'qcsearch[torch]'."
        ) from error
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums in one order, so that the seed decides the result
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder, decoder = _networks(images.shape[2:], n_components)
            _minimise(encoder, decoder, torch.tensor(images, dtype=torch.float32), steps)
    finally:
        torch.set_num_threads(n_threads)
    names = ("kernel1_", "bias1_", "kernel2_", "bias2_", "dense_", "bias3_")
    weights = (weight.detach().numpy().astype(np.float64) for weight in encoder.parameters())
    return dict(zip(names, weights, strict=True))


def _networks(image: tuple[int, ...], n_components: int) -> tuple[Any, Any]:
    from torch import nn

    first, second = _CHANNELS
    middle = tuple((pixels + 1) // 2 for pixels in image)
    small = tuple(map(_quarter, image))
    n_inner = second * small[0] * small[1]
    encoder = nn.Sequential(
        nn.Conv2d(1, first, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(first, second, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(n_inner, n_components),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(n_components, n_inner), nn.ReLU(), nn.Unflatten(1, (second, *small)),
        nn.Upsample(size=middle), nn.Conv2d(second, first, 3, padding=1), nn.ReLU(),
        nn.Upsample(size=image), nn.Conv2d(first, 1, 3, padding=1),
    )  # fmt: skip
    return encoder, decoder


def _minimise(encoder: Any, decoder: Any, images: Any, steps: int) -> None:
    import torch

    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=3e-3)
    for _ in range(steps):
        batch = images[torch.randint(len(images), (min(64, len(images)),))]
        optimizer.zero_grad()
        torch.autograd.backward(torch.nn.functional.mse_loss(decoder(encoder(batch)), batch))
        optimizer.step()
