import numpy as np
import pytest

from qcsearch.errors import CandidateError
from qcsearch.training.heads import HEADS
from qcsearch.training.heads.none import bit_codes
from qcsearch.training.losses import LOSSES


@pytest.mark.parametrize("name", ["cross_entropy", "mse", "smoothed_cross_entropy"])
def test_derivative_is_that_of_central_differences(name):
    rng = np.random.default_rng(0)
    logits, y, targets = rng.normal(size=(5, 3)), rng.integers(3, size=5), np.eye(3)
    loss = LOSSES.create(name)
    found = loss(logits, y, targets)[1]
    for place in np.ndindex(logits.shape):
        move = np.zeros_like(logits)
        move[place] = 1e-6
        slope = (loss(logits + move, y, targets)[0] - loss(logits - move, y, targets)[0]) / 2e-6
        assert found[place] == pytest.approx(slope, abs=1e-9)


NUMBERS = ["squared_error", "huber", "quantile"]


@pytest.mark.parametrize("name", [*NUMBERS, "binary_cross_entropy"])
def test_derivative_for_numbers_and_labels_is_that_of_central_differences(name):
    rng = np.random.default_rng(2)
    outputs, y = 2 * rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    y = y if name in NUMBERS else (y > 0).astype(np.int64)
    loss = LOSSES.create(name)
    found = loss(outputs, y, np.eye(3))[1]
    for place in np.ndindex(outputs.shape):
        move = np.zeros_like(outputs)
        move[place] = 1e-6
        slope = (loss(outputs + move, y, np.eye(3))[0] - loss(outputs - move, y, np.eye(3))[0]) / 2e-6
        assert found[place] == pytest.approx(slope, abs=1e-9)


def test_losses_of_numbers_are_those_of_their_closed_forms():
    outputs, y = np.array([[0.0], [3.0], [-1.0]]), np.array([[0.5], [0.0], [1.0]])
    found = {name: LOSSES.create(name)(outputs, y, np.eye(1))[0] for name in NUMBERS}
    assert found["squared_error"] == pytest.approx((0.25 + 9 + 4) / 3)
    assert found["huber"] == pytest.approx((0.125 + 1.345 * (3 - 1.345 / 2) + 1.345 * (2 - 1.345 / 2)) / 3)
    assert found["quantile"] == pytest.approx((0.5 + 3 + 2) / 2 / 3)


def test_binary_cross_entropy_is_scikit_learns_and_stays_finite():
    from scipy.special import expit
    from sklearn.metrics import log_loss

    rng = np.random.default_rng(3)
    logits, y = rng.normal(size=(20, 2)), rng.integers(2, size=(20, 2))
    loss, _ = LOSSES.create("binary_cross_entropy")(logits, y, np.eye(2))
    assert loss == pytest.approx(np.mean([log_loss(y[:, j], expit(logits[:, j])) for j in range(2)]))
    loss, derivative = LOSSES.create("binary_cross_entropy")(
        np.array([[-1e6, 1e6]]), np.array([[1, 1]]), np.eye(2)
    )
    assert loss == pytest.approx(5e5)
    assert np.all(np.isfinite(derivative))


def test_cross_entropy_of_equal_logits_is_the_logarithm_of_the_number_of_classes():
    loss, _ = LOSSES.create("cross_entropy")(np.zeros((7, 4)), np.arange(7) % 4, np.eye(4))
    assert loss == pytest.approx(np.log(4))


def test_cross_entropy_of_huge_logits_stays_finite():
    loss, derivative = LOSSES.create("cross_entropy")(np.array([[1e6, -1e6]]), np.array([1]), np.eye(2))
    assert loss == pytest.approx(2e6)
    assert np.all(np.isfinite(derivative))


def test_mean_squared_error_through_bit_codes_is_the_loss_on_bits():
    rng = np.random.default_rng(1)
    values, y = rng.uniform(-1, 1, (6, 2)), rng.integers(4, size=6)
    head = HEADS.create("none", {"beta": 3.0})
    loss, _ = LOSSES.create("mse")(head.logits(values, np.zeros(0), 4), y, head.targets(4))
    assert loss == pytest.approx(3.0**2 * np.mean(np.sum((values - bit_codes(4)[y]) ** 2, axis=1)))


def test_unknown_loss_is_refused_by_name():
    with pytest.raises(CandidateError, match="'hinge' is not one of the losses"):
        LOSSES.create("hinge")


def test_smoothing_spreads_a_tenth_of_each_label_over_all_classes():
    rng = np.random.default_rng(4)
    logits, y = rng.normal(size=(5, 3)), np.array([0, 1, 2, 2, 0])
    each = [LOSSES.create("cross_entropy")(logits, np.full(5, c), np.eye(3))[0] for c in range(3)]
    plain = LOSSES.create("cross_entropy")(logits, y, np.eye(3))[0]
    loss, _ = LOSSES.create("smoothed_cross_entropy")(logits, y, np.eye(3))
    assert loss == pytest.approx(0.9 * plain + 0.1 * np.mean(each))
    bound = -np.log(1 - 0.1 * 2 / 3) * (1 - 0.1 * 2 / 3) - 0.1 * 2 / 3 * np.log(0.1 / 3)
    sure = LOSSES.create("smoothed_cross_entropy")(
        np.log(np.where(np.eye(3)[y] > 0, 1 - 0.2 / 3, 0.1 / 3)), y, np.eye(3)
    )
    assert sure[0] == pytest.approx(bound)
    np.testing.assert_allclose(sure[1], 0, atol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "mse", "smoothed_cross_entropy"])
def test_a_sample_of_weight_two_is_two_samples(name):
    rng = np.random.default_rng(5)
    logits, y, weight = rng.normal(size=(6, 3)), rng.integers(3, size=6), np.array([2, 1, 1, 2, 0, 2])
    rows = np.repeat(np.arange(6), weight)
    loss, derivative = LOSSES.create(name)(logits, y, np.eye(3), weight * 6 / weight.sum())
    wanted, each = LOSSES.create(name)(logits[rows], y[rows], np.eye(3))
    assert loss == pytest.approx(wanted)
    summed = np.zeros_like(logits)
    np.add.at(summed, rows, each)
    np.testing.assert_allclose(derivative, summed, atol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "mse", "smoothed_cross_entropy"])
def test_weights_of_one_change_nothing(name):
    rng = np.random.default_rng(6)
    logits, y = rng.normal(size=(6, 3)), rng.integers(3, size=6)
    plain, same = (LOSSES.create(name)(logits, y, np.eye(3), *w) for w in ((), (np.ones(6),)))
    assert plain[0] == pytest.approx(same[0])
    np.testing.assert_allclose(plain[1], same[1])


@pytest.mark.parametrize("name", ["squared_error", "huber", "quantile", "binary_cross_entropy"])
def test_a_sample_of_weight_two_is_two_samples_of_numbers_and_labels(name):
    rng = np.random.default_rng(7)
    outputs, y, weight = rng.normal(size=(6, 2)), rng.integers(2, size=(6, 2)), np.array([2, 1, 1, 2, 0, 2])
    rows = np.repeat(np.arange(6), weight)
    loss, derivative = LOSSES.create(name)(outputs, y, np.eye(2), weight * 6 / weight.sum())
    wanted, each = LOSSES.create(name)(outputs[rows], y[rows], np.eye(2))
    assert loss == pytest.approx(wanted)
    summed = np.zeros_like(outputs)
    np.add.at(summed, rows, each)
    np.testing.assert_allclose(derivative, summed, atol=1e-12)
