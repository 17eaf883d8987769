"""Weights of samples: read with the data, kept with them, left out where 0, one on the mean in a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import DataError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), np.tile([0, 1], 20)
WEIGHT = RNG.uniform(0.5, 2.0, 40)


def test_they_stay_with_their_samples_through_file_and_split(tmp_path: Path) -> None:
    data = load_dataset((X, Y), sample_weight=WEIGHT)
    assert data.sample_weight is not None
    np.testing.assert_array_equal(data.sample_weight, WEIGHT)
    np.savez(tmp_path / "data.npz", **data.to_arrays())
    again = load_dataset(str(tmp_path / "data.npz"))
    assert again.digest == data.digest != load_dataset((X, Y)).digest
    parts = split(again, 0)
    for part in (parts.train, parts.validation):
        assert part.weight is not None
        rows = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in part.X]
        np.testing.assert_array_equal(part.weight, WEIGHT[rows])


def test_a_sample_of_weight_nothing_is_as_if_it_were_not_there() -> None:
    keep = np.arange(40) % 5 != 0
    data = load_dataset((X, Y), sample_weight=np.where(keep, 1.0, 0.0))
    np.testing.assert_array_equal(data.X, X[keep])
    np.testing.assert_array_equal(data.y, Y[keep])


def test_of_a_table_they_are_a_column_and_no_feature(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(label=Y, counts=WEIGHT)
    frame.to_csv(tmp_path / "data.csv", index=False)
    for source in (frame, str(tmp_path / "data.csv")):
        data = load_dataset(source, sample_weight="counts")
        assert data.feature_names == ("a", "b", "c")
        assert data.sample_weight is not None
        np.testing.assert_allclose(data.sample_weight, WEIGHT)
    with pytest.raises(DataError, match=r"must be one of its columns: .* Got 'count'.*'counts'"):
        load_dataset(frame, sample_weight="count")
    with pytest.raises(DataError, match="cannot be the sample weight and the target"):
        load_dataset(frame, "label", sample_weight="label")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.ones(39), r"must have one number a sample, 40. Got shape \(39,\)"),
        (np.ones((40, 2)), r"must have one number a sample"),
        (np.r_[np.ones(39), -1], r"must be finite and not negative. Got -1 in row 40"),
        (np.r_[np.nan, np.ones(39)], r"must be finite and not negative. Got nan in row 1"),
        (np.zeros(40), r"must not be zero for all samples"),
        (["much"] * 40, r"must be numbers, one a sample"),
    ],
)
def test_what_is_no_weight_is_refused(given: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_dataset((X, Y), sample_weight=given)


def test_names_without_columns_take_no_column_of_weights() -> None:
    with pytest.raises(DataError, match="'sample_weight' is for tables"):
        load_dataset("moons", sample_weight="w")
