"""The split: stratified, disjoint, complete, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import DataError


def numbered(counts: list[int], **more):
    """A data set whose only varying feature is the row number."""
    y = np.repeat(np.arange(len(counts)), counts)
    return load_dataset((np.arange(len(y), dtype=float)[:, None], y), **more)


@given(counts=st.lists(st.integers(3, 40), min_size=2, max_size=5), seed=st.integers(0, 2**32))
def test_every_row_is_in_one_part_and_every_class_in_each(counts, seed):
    dataset = numbered(counts)
    parts = split(dataset, seed)
    rows = [part.X[:, 0] for part in (parts.train, parts.validation, parts.test)]
    assert sorted(np.concatenate(rows)) == list(range(sum(counts)))
    for part in (parts.train, parts.validation, parts.test):
        assert set(part.y) == set(range(len(counts)))
        assert (dataset.y[part.X[:, 0].astype(int)] == part.y).all()


def test_each_class_is_cut_in_the_same_proportions():
    parts = split(numbered([100, 50]), 0)
    assert np.bincount(parts.test.y).tolist() == [20, 10]
    assert np.bincount(parts.validation.y).tolist() == [16, 8]
    assert np.bincount(parts.train.y).tolist() == [64, 32]


def test_the_seed_decides_and_the_parts_stay_the_same_for_ever():
    dataset = numbered([10, 10])
    assert (split(dataset, 1).test.X == split(dataset, 1).test.X).all()
    assert any((split(dataset, 1).test.X != split(dataset, seed).test.X).any() for seed in (2, 3))
    rng = np.random.default_rng(1)  # the rule, written out: shuffle each class, cut the head off
    first, second = rng.permutation(10), 10 + rng.permutation(10)
    assert split(dataset, 1).test.X[:, 0].tolist() == [*sorted(first[:2]), *sorted(second[:2])]


def test_the_test_part_of_the_source_is_the_test_part(tmp_path):
    X, y = np.arange(20.0)[:, None], np.arange(20) % 2
    np.savez(tmp_path / "t.npz", X_train=X, y_train=y, X_test=-1 - X[:3], y_test=y[:3])
    parts = split(load_dataset(tmp_path / "t.npz"), 0)
    assert parts.test.X[:, 0].tolist() == [-1, -2, -3]
    assert (len(parts.train), len(parts.validation)) == (16, 4)


def test_two_samples_a_class_are_enough_when_the_source_brings_its_test_part(tmp_path):
    X, y = np.arange(4.0)[:, None], np.array([0, 0, 1, 1])
    np.savez(tmp_path / "t.npz", X_train=X, y_train=y, X_test=-1 - X, y_test=y)
    parts = split(load_dataset(tmp_path / "t.npz"), 0)
    assert parts.train.y.tolist() == parts.validation.y.tolist() == [0, 1]


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
@pytest.mark.parametrize("name", ["test_size", "validation_size"])
def test_shares_outside_0_to_1_are_refused(name, share):
    with pytest.raises(DataError, match=rf"'{name}' parameter .* must be in \(0, 1\)"):
        split(numbered([9, 9]), 0, **{name: share})


def test_a_feature_that_varies_in_the_test_part_alone_counts_as_constant():
    dataset = numbered([20, 20])
    last = int(split(dataset, 0).test.X[-1, 0])
    X = np.column_stack([dataset.X[:, 0], np.arange(40) == last])
    parts = split(load_dataset((X, dataset.y)), 0)
    assert parts.test.X[:, 1].any()
    assert parts.n_features == 1
    assert parts.n_features == 1
    assert parts.notices == ("1 of 2 features are constant in the training split and are dropped: x1.",)
