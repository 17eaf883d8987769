"""The autoencoder: trained with torch, the same numbers without it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing.autoencoder import ConvolutionalEncoder
from qcsearch.data.preprocessing.persistence import load_pipeline, save_pipeline
from qcsearch.data.preprocessing.pipeline import build_pipeline, n_components, n_outputs
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import MissingExtraError

CHOICE = Preprocessing(Choice("autoencoder", {"n_components": 4, "steps": 300}))


def untrained(image, n_outputs, rng):
    """An encoder with random weights, as one that comes from a bundle."""
    height, width = ((pixels + 3) // 4 for pixels in image)
    encoder = ConvolutionalEncoder(n_outputs, image_shape=image)
    encoder.n_features_in_ = image[0] * image[1]
    encoder.range_ = np.array([0.0, 1.0])
    encoder.kernel1_, encoder.bias1_ = rng.normal(size=(8, 1, 3, 3)), rng.normal(size=8)
    encoder.kernel2_, encoder.bias2_ = rng.normal(size=(16, 8, 3, 3)), rng.normal(size=16)
    encoder.dense_, encoder.bias3_ = (
        rng.normal(size=(n_outputs, 16 * height * width)),
        rng.normal(size=n_outputs),
    )
    return encoder


def test_without_torch_the_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'qcsearch\[torch\]'"):
        build_pipeline(CHOICE, (8, 8), 0).fit(np.eye(64))


@pytest.mark.parametrize("image", [(8, 8), (5, 7), (4, 4), (1, 3)])
def test_the_encoder_runs_and_saves_without_torch(image, monkeypatch):
    from scipy.signal import correlate

    monkeypatch.setitem(sys.modules, "torch", None)
    rng = np.random.default_rng(0)
    encoder = untrained(image, 3, rng)
    X = rng.random((2, *image))

    def convolved(maps, kernel, bias):
        padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
        full = [
            correlate(padded, one, mode="valid")[0, ::2, ::2] + b for one, b in zip(kernel, bias, strict=True)
        ]
        return np.maximum(full, 0)

    second = [
        convolved(convolved(x[None], encoder.kernel1_, encoder.bias1_), encoder.kernel2_, encoder.bias2_)
        for x in X
    ]
    expected = np.array([encoder.dense_ @ maps.ravel() + encoder.bias3_ for maps in second])
    assert encoder.transform(X) == pytest.approx(expected)


@pytest.mark.torch
@pytest.mark.parametrize("image", [(8, 8), (5, 7), (4, 4), (1, 3)])
def test_the_numpy_encoder_agrees_with_the_torch_layers(image):
    import torch

    rng = np.random.default_rng(1)
    encoder, X = untrained(image, 3, rng), rng.random((6, *image))
    maps = torch.tensor(X)[:, None]
    for kernel, bias in ((encoder.kernel1_, encoder.bias1_), (encoder.kernel2_, encoder.bias2_)):
        maps = torch.relu(
            torch.nn.functional.conv2d(maps, torch.tensor(kernel), torch.tensor(bias), stride=2, padding=1)
        )
    expected = maps.flatten(1).numpy() @ encoder.dense_.T + encoder.bias3_
    assert encoder.transform(X) == pytest.approx(expected, rel=1e-12)


@pytest.mark.torch
def test_the_seed_decides_the_encoder_and_the_global_generator_is_left_alone():
    import torch

    X = load_dataset("digits:0-3").X[:200]
    state = torch.get_rng_state()
    first, same, other = (build_pipeline(CHOICE, (8, 8), seed).fit(X).transform(X) for seed in (1, 1, 2))
    assert (first == same).all()
    assert (first != other).any()
    assert (torch.get_rng_state() == state).all()


@pytest.mark.torch
def test_four_numbers_of_an_autoencoder_separate_four_digits_and_come_back_to_the_bit():
    from sklearn.neighbors import KNeighborsClassifier

    parts = split(load_dataset("digits:0-3"), 0)
    pipeline = build_pipeline(CHOICE, (8, 8), 0).fit(parts.train.X, parts.train.y)
    angles, fresh = pipeline.transform(parts.train.X), pipeline.transform(parts.validation.X)
    assert n_outputs(pipeline) == n_components(CHOICE, 64, (8, 8), 4) == 4
    assert KNeighborsClassifier(5).fit(angles, parts.train.y).score(fresh, parts.validation.y) >= 0.9
    again = load_pipeline(*save_pipeline(pipeline))
    assert again.transform(parts.validation.X).tobytes() == fresh.tobytes()
