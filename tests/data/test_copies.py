"""Few samples that stand there several times: one each, as heavy as all of them, wherever they stood."""

from __future__ import annotations

import numpy as np
import pytest

from qcsearch.data.copies import FEW
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import Split, split
from qcsearch.errors import DataError

RNG = np.random.default_rng(5)
X, Y, WEIGHT = RNG.normal(size=(20, 3)), np.arange(20) % 2, RNG.integers(0, 4, 20).astype(float)


def parts(dataset: object) -> list[tuple[list, ...]]:
    found: Split = split(dataset, 0)
    return [
        (part.X.tolist(), part.y.tolist(), None if part.weight is None else part.weight.tolist())
        for part in (found.train, found.validation, found.test)
    ]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_sample_of_weight_two_is_two_of_weight_one_in_any_order(task: str) -> None:
    y = Y if task == "classification" else X @ [1.0, 2.0, 3.0]
    times, order = WEIGHT.astype(int), RNG.permutation(20)
    weighted = load_dataset((X[order], y[order]), task=task, sample_weight=WEIGHT[order])
    repeated = load_dataset((X.repeat(times, axis=0), y.repeat(times)), task=task)
    assert parts(weighted) == parts(repeated)
    train, validation, test = parts(weighted)
    assert sum(train[2] + validation[2] + test[2]) == WEIGHT.sum()


def test_copies_are_never_in_two_parts_and_different_samples_stay_as_they_are() -> None:
    found = parts(load_dataset((np.tile(X, (3, 1)), np.tile(Y, 3))))
    seen = [{tuple(row) for row in X} for X, _, _ in found]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 20
    assert parts(load_dataset((X, Y)))[0][2] is None


def test_many_samples_are_split_row_by_row() -> None:
    many = np.arange(FEW, dtype=float)[:, None].repeat(2, axis=0)
    assert sum(len(y) for _, y, _ in parts(load_dataset((many, np.arange(2 * FEW) // 2 % 2)))) == 2 * FEW


def test_a_class_of_one_sample_that_counts_three_times_is_learnt_from_and_not_tested() -> None:
    y = np.where(np.arange(20) == 7, 2, Y)
    train, validation, test = parts(load_dataset((X, y), sample_weight=np.where(y == 2, 3.0, 1.0)))
    assert 2 in train[1]
    assert 2 not in validation[1] + test[1]


def test_copies_of_too_few_samples_to_fill_three_parts_are_split_as_they_stand() -> None:
    alike = np.repeat([[0.0], [1.0]], 8, axis=0), np.repeat([0, 1], 8)
    assert [len(y) for _, y, _ in parts(load_dataset(alike))] == [10, 2, 4]
    with pytest.raises(DataError, match="has 2 sample"):
        split(load_dataset((X[:4], Y[:4]), sample_weight=[5.0, 5.0, 5.0, 4.0]), 0)
