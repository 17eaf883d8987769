from __future__ import annotations

import numpy as np
import pytest

from qcsearch.data.targets import Classes
from qcsearch.deployment.diagnostics.score import Score, exact_score, measured_score
from qcsearch.deployment.values import Estimates
from qcsearch.errors import InputError
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.heads import HEADS
from qcsearch.typed import read

SIGN = BoundHead(HEADS.create("none"), np.zeros(0), Classes((0, 1)))


def test_the_accuracy_is_the_share_of_right_answers():
    score = exact_score(SIGN.target, np.array([0, 1, 1, 0]), np.array([0, 1, 0, 1]))
    assert (score.accuracy, score.n_samples, score.shot_error) == (0.5, 4, None)


def test_the_sampling_error_is_that_of_a_share_and_never_zero():
    y = np.zeros(10_000, dtype=int)
    predicted = np.repeat([1, 0], [3000, 7000])
    assert exact_score(SIGN.target, predicted, y).sampling_error == pytest.approx(
        np.sqrt(0.3 * 0.7 / 10_000), rel=1e-3
    )
    assert exact_score(SIGN.target, y[:20], y[:20]).sampling_error > 0.02


def test_the_shot_error_is_the_spread_that_repeated_measurements_have():
    """Against many repetitions of the whole measurement, for a head that reads the sign of one observable."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(-0.2, 0.2, size=(400, 1))
    error = np.full_like(truth, 0.05)
    y = (truth[:, 0] < 0).astype(int)
    repeated = [
        measured_score(Estimates(truth + error * rng.standard_normal(truth.shape), error), y, SIGN, rng)
        for _ in range(100)
    ]
    spread = np.std([score.accuracy for score in repeated])
    assert np.mean([score.shot_error for score in repeated]) == pytest.approx(spread, rel=0.35)


def test_exact_values_have_no_shot_error():
    values = np.array([[0.5], [-0.5]])
    found = Estimates(values, np.zeros_like(values))
    score = measured_score(found, np.array([0, 1]), SIGN, np.random.default_rng(0))
    assert (score.accuracy, score.shot_error) == (1.0, 0.0)


def test_a_score_is_json_both_ways():
    score = Score(0.5, 4, 0.1, 0.02)
    assert read(Score, score.to_json(), "a score") == score
    with pytest.raises(InputError):
        read(Score, {"accuracy": 1.0}, "a score")
