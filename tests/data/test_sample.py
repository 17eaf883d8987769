"""Stratified samples of rows: each class in its share, none lost, the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from qcsearch.data.sample import stratified_rows


def test_all_rows_are_taken_where_they_are_few() -> None:
    np.testing.assert_array_equal(stratified_rows(np.array([0, 1, 1]), 3), [0, 1, 2])


@pytest.mark.parametrize("seed", range(5))
def test_each_class_keeps_its_share_and_none_is_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([0, 1, 2, 3], [70_000, 29_000, 997, 3]))
    rows = stratified_rows(y, 1_000, seed)
    assert np.all(np.diff(rows) > 0)
    np.testing.assert_array_equal(np.bincount(y[rows]), [700, 290, 10, 3])
    np.testing.assert_array_equal(rows, stratified_rows(y, 1_000, seed))
    assert not np.array_equal(rows, stratified_rows(y, 1_000, seed + 1))
