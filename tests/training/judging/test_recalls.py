"""Recall by class and its mean."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score

from qcsearch.training.judging.recalls import balanced_accuracy, recalls, unequal
from qcsearch.training.statistics import wilson

Y = np.repeat([0, 1, 2], [80, 15, 5])
SAID = np.where(np.arange(100) % 7 == 0, (Y + 1) % 3, Y)


def table(y: np.ndarray, said: np.ndarray) -> list[list[int]]:
    return [[int(np.sum((y == i) & (said == j))) for j in range(3)] for i in range(3)]


def test_they_are_the_librarys_with_wilsons_intervals() -> None:
    found = recalls(table(Y, SAID), ("a", "b", 3))
    np.testing.assert_allclose([one.recall for one in found], recall_score(Y, SAID, average=None))
    np.testing.assert_allclose([one.precision for one in found], precision_score(Y, SAID, average=None))
    assert [one.label for one in found] == ["a", "b", "3"]
    assert found[1].interval == wilson(found[1].recall, 15)
    mean, (low, high) = balanced_accuracy(found)
    assert mean == pytest.approx(balanced_accuracy_score(Y, SAID))
    assert low < mean < high


def test_the_interval_of_the_mean_holds_its_level() -> None:
    """Of 2,000 draws with recalls .9 and .6 it misses the true mean about one time in twenty."""
    rng, missed = np.random.default_rng(0), 0
    for a, b in zip(rng.binomial(60, 0.9, 2_000), rng.binomial(12, 0.6, 2_000), strict=True):
        _, (low, high) = balanced_accuracy(recalls([[a, 60 - a], [12 - b, b]], "ab"))
        missed += not low <= 0.75 <= high
    assert 0.02 < missed / 2_000 < 0.07


def test_a_class_that_is_never_said_has_no_precision_and_one_without_samples_no_row() -> None:
    found = recalls([[5, 0, 0], [2, 0, 0], [0, 0, 0]], "abc")
    assert [(one.label, one.recall, one.precision) for one in found] == [("a", 1.0, 5 / 7), ("b", 0.0, None)]


def test_classes_are_unequal_from_half_as_many_again() -> None:
    assert unequal(recalls([[16, 0], [0, 10]], "ab"))
    assert not unequal(recalls([[15, 0], [0, 10]], "ab"))
