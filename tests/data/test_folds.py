"""Folds of a cross-validation: partitions, stratified, the split itself among them."""

from __future__ import annotations

import numpy as np
import pytest

from qcsearch.data.dataset import Dataset
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import Split, folds, split


@pytest.fixture
def iris() -> Dataset:
    return load_dataset("iris")


@pytest.fixture
def whole(iris: Dataset) -> Split:
    return split(iris, 0)


@pytest.mark.parametrize("repeat", [0, 1, 2])
def test_every_sample_that_is_not_for_the_test_is_validated_once(
    iris: Dataset, whole: Split, repeat: int
) -> None:
    X, y = (np.concatenate([getattr(p, a) for p in (whole.train, whole.validation)]) for a in ("X", "y"))
    found = folds(iris, whole, 5, 0, repeat)
    assert sorted(np.concatenate([fold.rows for fold in found])) == list(range(120))
    for fold in found:
        np.testing.assert_array_equal(fold.split.validation.X, X[fold.rows])
        np.testing.assert_array_equal(fold.split.validation.y, y[fold.rows])
        np.testing.assert_array_equal(fold.split.train.X, np.delete(X, fold.rows, axis=0))
        assert fold.split.test is whole.test
        assert set(np.bincount(fold.split.validation.y)) <= {7, 8, 9}


def test_the_first_of_repeat_0_is_the_split_and_other_repeats_are_others(iris: Dataset, whole: Split) -> None:
    assert folds(iris, whole, 5, 0)[0].split is whole
    drawn = [tuple(tuple(fold.rows) for fold in folds(iris, whole, 5, 0, repeat)) for repeat in (1, 2, 1)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_rare_class_stays_in_every_training_part() -> None:
    rng = np.random.default_rng(0)
    few = load_dataset((rng.normal(size=(43, 2)), np.repeat([0, 1], [40, 3])))
    whole = split(few, 0)
    for repeat in (0, 1):
        for fold in folds(few, whole, 5, 0, repeat):
            assert set(fold.split.train.y) == {0, 1}


def test_there_are_no_more_folds_than_samples() -> None:
    few = load_dataset((np.arange(12.0).reshape(6, 2), np.repeat([0, 1], 3)))
    whole = split(few, 0)
    for repeat in (0, 1):
        assert all(len(fold.rows) for fold in folds(few, whole, 20, 0, repeat))
