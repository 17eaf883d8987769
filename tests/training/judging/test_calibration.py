"""Calibration: the temperature is found again, the error is its definition's, and small parts are not over-believed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.judging.calibration import (
    N_BINS,
    calibration,
    chosen_temperature,
    fitted_temperature,
)


def drawn(n: int, temperature: float, seed: int = 0) -> tuple[Floats, Ints]:
    """Logits that are `temperature` times too large, and classes drawn from what they should say."""
    rng = np.random.default_rng(seed)
    true = 2.0 * rng.normal(size=(n, 4))
    y = np.array([rng.choice(4, p=p) for p in softmax(true, axis=1)])
    return true * temperature, y


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_that_logits_were_made_with_is_found(temperature: float) -> None:
    logits, y = drawn(5_000, temperature)
    assert fitted_temperature(logits, y, len(y)) == pytest.approx(temperature, rel=0.05)


def test_a_temperature_mends_logits_that_are_too_sure_and_changes_no_class() -> None:
    logits, y = drawn(5_000, 3.0)
    other, y_other = drawn(4_000, 3.0, seed=1)
    found = calibration(other, y_other, fitted_temperature(logits, y, len(y)))
    assert found.error_before > 0.1
    assert found.error < 0.03
    assert found.interval[0] <= found.error
    accuracy = sum(one.accuracy * one.n_samples for one in found.bins) / found.n_samples
    assert accuracy == pytest.approx(np.mean(other.argmax(axis=1) == y_other))


def test_of_few_samples_that_are_all_right_no_model_becomes_certain() -> None:
    """Without the rule of succession the temperature would be as low as it can: each probability would be 1."""
    y = np.tile([0, 1], 10)
    logits = np.where(y[:, None] == np.arange(2), 1.0, 0.0)
    temperature = fitted_temperature(logits, y, len(y))
    assert softmax(logits / temperature, axis=1).max() == pytest.approx(21 / 22, abs=1e-3)
    pooled = fitted_temperature(np.tile(logits, (3, 1)), np.tile(y, 3), len(y))
    assert pooled == pytest.approx(temperature, rel=1e-3)  # three models that agree say nothing new


def test_a_temperature_is_taken_where_it_helps_samples_that_it_was_not_fitted_to() -> None:
    logits, y = drawn(500, 3.0)
    assert chosen_temperature(logits, y, 500) == fitted_temperature(logits, y, 500)
    several = np.concatenate([logits, 1.1 * logits]), np.tile(y, 2), 500
    assert chosen_temperature(*several) == fitted_temperature(*several)
    calibrated, y = drawn(500, 1.0, seed=2)
    assert chosen_temperature(calibrated, y, 500) == 1.0
    assert chosen_temperature(logits[:1], y[:1], 1) == 1.0


def test_of_few_samples_that_are_surely_right_good_probabilities_stay_as_they_are() -> None:
    """Iris: 24 samples of validation, all right and rightly sure. Laplace's rule alone would make the model doubt."""
    y = np.arange(24) % 3
    sure = np.where(y[:, None] == np.arange(3), 8.0, 0.0)
    assert fitted_temperature(sure, y, 24) > 1.5
    assert chosen_temperature(sure, y, 24) == 1.0


def test_the_error_is_that_of_its_definition() -> None:
    """Two bins: of 30 samples at .62 two thirds are right, of 10 at .95 all."""
    sure = np.r_[np.full(30, 0.62), np.full(10, 0.95)]
    right = np.r_[np.arange(30) % 3 > 0, np.ones(10, dtype=bool)]
    logits = np.log(np.stack([sure, 1 - sure], axis=1))
    found = calibration(logits, np.where(right, 0, 1), 1.0)
    assert found.error == pytest.approx((30 * abs(2 / 3 - 0.62) + 10 * 0.05) / 40)
    assert [(one.n_samples, round(one.confidence, 9)) for one in found.bins] == [(30, 0.62), (10, 0.95)]
    assert found.bins[1].interval[0] == pytest.approx(0.7225, abs=1e-4)  # Wilson's of 10 of 10
    assert N_BINS == 15


@pytest.mark.parametrize(("n", "seed"), [(30, 0), (30, 3), (200, 1), (1_000, 2)])
def test_the_interval_holds_the_error_and_of_many_the_true_one(n: int, seed: int) -> None:
    logits, y = drawn(n, 3.0, seed)
    found = calibration(logits, y, 1.0)
    true = calibration(*drawn(20_000, 3.0, 9), 1.0).error
    low, high = found.interval
    assert low < found.error < high
    assert low < true < high


def test_the_interval_of_a_calibrated_models_error_reaches_down_to_nothing() -> None:
    logits, y = drawn(1_000, 1.0)
    low, high = calibration(logits, y, 1.0).interval
    assert low < 0.01
    assert high < 0.06
