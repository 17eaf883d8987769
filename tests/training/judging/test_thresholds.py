"""Decision thresholds, chosen for a metric and kept only where they help samples that did not choose them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from qcsearch.data.targets import Classes, Labels, Numbers, target_from_json
from qcsearch.errors import DataError
from qcsearch.training.judging.thresholds import chosen_thresholds
from qcsearch.training.metrics import Metric

TWO = Classes(("a", "b"))


def _rare(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a calibrated model, and classes of which the second is rare."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-3.0, 1.5, n)
    return np.stack([np.zeros(n), odds], axis=1), (rng.random(n) < expit(odds)).astype(int)


def test_a_threshold_for_balanced_accuracy_is_near_the_share_of_the_rare_class() -> None:
    """Of a calibrated model the best is the share itself; other samples gain as much as the folds said."""
    outputs, y = _rare(2_000, 0)
    decided, found = chosen_thresholds(TWO, outputs, y, Metric("balanced_accuracy"), len(y))
    assert found.values[0] == pytest.approx(y.mean(), abs=0.05)
    assert found.names == ("b",)
    others, theirs = _rare(4_000, 1)
    reached = balanced_accuracy_score(theirs, decided.answers(others))
    assert reached == pytest.approx(found.score, abs=0.03)
    assert reached > balanced_accuracy_score(theirs, TWO.answers(others)) + 0.1


def test_the_threshold_scores_as_scikit_learns_on_the_same_samples() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 2))
    y = (rng.random(200) < expit(2 * X[:, 0] - 2.5)).astype(int)
    model = LogisticRegression().fit(X, y)
    theirs = TunedThresholdClassifierCV(model, scoring="f1", cv="prefit", refit=False, thresholds=500).fit(
        X, y
    )
    odds = model.decision_function(X)
    metric = Metric("f1")
    decided, found = chosen_thresholds(TWO, np.stack([0 * odds, odds], axis=1), y, metric, len(y))
    assert decided.cuts
    said = FixedThresholdClassifier(model, threshold=found.values[0]).fit(X, y).predict(X)
    np.testing.assert_array_equal(said, decided.answers(np.stack([0 * odds, odds], axis=1)))
    assert f1_score(y, said) == pytest.approx(theirs.best_score_, abs=0.01)


def test_noise_moves_no_threshold() -> None:
    """Of outputs that say nothing the gain of a chosen threshold is luck, which the folds see through mostly."""
    rng = np.random.default_rng(0)
    moved = 0
    for _ in range(20):
        outputs, y = rng.normal(size=(60, 2)), np.arange(60) % 2
        decided, found = chosen_thresholds(TWO, outputs, y, Metric("accuracy"), 60)
        assert bool(decided.cuts) == (found.score > found.score_before)
        moved += bool(decided.cuts)
    assert moved <= 12
    assert "one half, as no others help" in found.sentence or decided.cuts


def test_each_label_has_its_own_threshold_and_the_temperature_counts() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal([-3.0, 0.0], 1.5, (400, 2))
    y = (rng.random(odds.shape) < expit(odds)).astype(int)
    target = Labels(("rare", "even"))
    decided, found = chosen_thresholds(target, odds, y, Metric("f1_macro"), len(y), temperature=2.0)
    assert found.names == ("rare", "even")
    np.testing.assert_allclose(found.values, expit(np.array(decided.cuts) / 2.0))
    assert decided.cuts[0] < -0.3
    np.testing.assert_array_equal(decided.answers(odds), odds > decided.cuts)


def test_several_models_of_the_same_samples_choose_together() -> None:
    outputs, y = _rare(100, 2)
    metric = Metric("balanced_accuracy")
    one = chosen_thresholds(TWO, outputs, y, metric, 100)
    two = chosen_thresholds(TWO, np.tile(outputs, (2, 1)), np.tile(y, 2), metric, 100)
    assert one[0] == two[0]


def test_weights_count() -> None:
    outputs, y = _rare(500, 4)
    metric, heavy = Metric("accuracy"), np.where(y == 1, 30.0, 1.0)
    decided, _ = chosen_thresholds(TWO, outputs, y, metric, 500, weight=heavy)
    assert decided.cuts[0] < -1.0


@pytest.mark.parametrize("target", [Classes(("a", "b"), (0.25,)), Labels(("a", "b"), (0.5, -1.0))])
def test_thresholds_travel_in_the_target(target: Classes | Labels) -> None:
    assert target_from_json(json.loads(json.dumps(target.to_json()))) == target


@pytest.mark.parametrize(
    "cuts",
    [[0.1, 0.2], [float("nan")], ["0"], 0.1, [True], [1e400]],
    ids=["two", "nan", "text", "bare", "true", "inf"],
)
def test_wrong_thresholds_are_refused(cuts: object) -> None:
    with pytest.raises(DataError, match="cuts"):
        target_from_json({"task": "classification", "classes": ["a", "b"], "cuts": cuts})


def test_numbers_and_three_classes_have_none() -> None:
    for target in (Numbers(("y",)), Classes(("a", "b", "c"))):
        with pytest.raises(DataError, match="two classes, or for labels"):
            target.log_odds(np.zeros((2, target.n_outputs)))
    with pytest.raises(DataError, match="task regression must have"):
        target_from_json({**Numbers(("y",)).to_json(), "cuts": [0.0]})
