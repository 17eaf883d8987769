"""A folder of images, from the search to the prediction."""

from __future__ import annotations

import csv

import pytest
from PIL import Image
from sklearn.datasets import load_digits


@pytest.mark.slow
def test_a_folder_of_images_is_searched_and_predicted(tmp_path, qcsearch):
    digits = load_digits(n_class=2)
    for i, (pixels, label) in enumerate(zip(digits.images[:100], digits.target[:100], strict=True)):
        part = tmp_path / "digits" / ("train" if i < 60 else "val" if i < 80 else "test") / f"no {label}"
        part.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 15).astype("uint8")).convert("RGB").save(part / f"{i:03}.png")
    options = ("--device", "fake_manila", "--space", "tiny", "--trials", "1", "--run", tmp_path / "run")
    found = qcsearch("search", tmp_path / "digits", *options, "--baselines", "none")
    assert found.code == 0, found.err
    assert "100 of 100 images of 'digits' are in colour and were turned grey" in found.err
    predicted = qcsearch("predict", tmp_path / "run", tmp_path / "digits", "-o", tmp_path / "labels.csv")
    assert predicted.code == 0, predicted.err
    assert "on 20 labelled samples" in predicted.err
    alone = qcsearch(
        "predict", tmp_path / "run", tmp_path / "digits" / "test" / "no 1", "-o", tmp_path / "1.csv"
    )
    assert alone.code == 0, alone.err
    with (tmp_path / "1.csv").open(newline="") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    assert labels.count("no 1") > 0.5 * len(labels) > 0
