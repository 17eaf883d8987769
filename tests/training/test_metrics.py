"""Metrics: scikit-learn's own figures, of what was said, and their errors."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.metrics import get_scorer_names

from qcsearch.data.targets import Classes
from qcsearch.errors import InputError
from qcsearch.training.metrics import METRICS, METRICS_OF, Metric
from qcsearch.training.predictions import Predictions
from qcsearch.training.statistics import paired_difference, score_difference, score_interval, wilson


def said(y: np.ndarray, n_classes: int, sure: float = 1.0, seed: int = 0) -> Predictions:
    logits = np.random.default_rng(seed).normal(size=(len(y), n_classes))
    logits[np.arange(len(y)), y] += sure
    return Predictions.of_outputs(Classes(tuple(range(n_classes))), logits)


Y = np.repeat([0, 1, 2], [60, 30, 10])
TWO = np.repeat([0, 1], [70, 20])


def test_every_name_is_a_scorer_of_the_library() -> None:
    assert set(METRICS) <= set(get_scorer_names())


def test_scores_are_those_of_the_library() -> None:
    found, two = said(Y, 3), said(TWO, 2)
    p, q = found.probabilities, two.probabilities
    assert p is not None
    assert q is not None
    for name, wanted in {
        "accuracy": reference.accuracy_score(Y, found.answers),
        "balanced_accuracy": reference.balanced_accuracy_score(Y, found.answers),
        "f1_macro": reference.f1_score(Y, found.answers, average="macro"),
        "matthews_corrcoef": reference.matthews_corrcoef(Y, found.answers),
        "roc_auc_ovr": reference.roc_auc_score(Y, p, multi_class="ovr"),
        "neg_log_loss": -reference.log_loss(Y, p),
    }.items():
        assert Metric(name)(Y, found) == pytest.approx(wanted, abs=1e-12), name
    for name, wanted in {
        "f1": reference.f1_score(TWO, two.answers),
        "roc_auc": reference.roc_auc_score(TWO, q[:, 1]),
        "average_precision": reference.average_precision_score(TWO, q[:, 1]),
    }.items():
        assert Metric(name)(TWO, two) == pytest.approx(wanted, abs=1e-12), name


@pytest.mark.parametrize("name", METRICS_OF["classification"])
def test_nothing_is_below_what_is_always_wrong(name: str) -> None:
    assert Metric(name).worst(TWO, Classes((0, 1))) <= Metric(name)(TWO, said(TWO, 2))


@pytest.mark.parametrize(("name", "instead"), [("f1", "f1_macro"), ("roc_auc", "roc_auc_ovr")])
def test_what_is_of_two_classes_alone_is_refused_with_what_stands_in(name: str, instead: str) -> None:
    with pytest.raises(
        InputError, match=f"'{name}' must be defined for the data.*3 classes.*take '{instead}'"
    ):
        Metric(name).check(Y, Classes(tuple(range(3))), "validation")
    Metric(name).check(TWO, Classes(tuple(range(2))), "validation")
    Metric(instead).check(Y, Classes(tuple(range(3))), "validation")


def test_a_part_without_one_of_the_classes_is_refused_where_the_metric_needs_it() -> None:
    with pytest.raises(InputError, match=r"'roc_auc_ovr' must be defined for the data. Of the test part"):
        Metric("roc_auc_ovr").check(TWO, Classes(tuple(range(3))), "test")


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "neg_log_loss"])
def test_a_sample_of_weight_two_counts_as_two_and_measurements_have_the_same_weights(name: str) -> None:
    weight = np.arange(100) % 3 + 1
    rows = np.repeat(np.arange(100), weight)
    found = said(Y, 3)
    wanted = Metric(name)(Y[rows], found.at(rows))
    assert Metric(name)(Y, found, weight) == pytest.approx(wanted)
    twice = np.tile(np.arange(100), 2)
    assert Metric(name)(Y[twice], found.at(twice), weight) == pytest.approx(wanted)


def test_of_accuracies_intervals_and_differences_are_the_exact_ones() -> None:
    first, second = said(Y, 3), said(Y, 3, seed=1)
    assert score_interval(Metric(), Y, first) == wilson(Metric()(Y, first), len(Y))
    assert score_difference(Metric(), Y, first, second) == paired_difference(
        first.answers == Y, second.answers == Y
    )


def test_the_bootstrap_has_the_error_of_a_closed_form() -> None:
    """Balanced accuracy of classes of n₁, n₂ with recalls r₁, r₂: variance ¼·(r₁(1−r₁)/n₁ + r₂(1−r₂)/n₂)."""
    wrong = np.r_[np.arange(70) < 14, np.arange(20) < 8]
    found = Predictions(np.where(wrong, 1 - TWO, TWO))
    low, high = score_interval(Metric("balanced_accuracy"), TWO, found)
    error = np.sqrt(0.2 * 0.8 / 70 + 0.4 * 0.6 / 20) / 2
    assert (low + high) / 2 == pytest.approx(0.7)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.15)


def test_a_difference_of_scores_is_of_the_same_draws_and_known_where_there_is_none() -> None:
    metric, good, bad = Metric("neg_log_loss"), said(Y, 3, sure=4.0), said(Y, 3, sure=0.0)
    same = score_difference(metric, Y, good, good)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    better = score_difference(metric, Y, good, bad)
    assert better.low > 0
    assert better.settled
