"""Errors of numbers in their own units."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from qcsearch.data.targets import Classes, Labels, Numbers
from qcsearch.training.judging.residuals import MAX_KEPT, absolute_errors, errors_text, residuals

RNG = np.random.default_rng(0)
OWN = RNG.normal(50, [2.0, 300.0], (400, 2))
SAID = OWN + RNG.normal(0, [1.0, 100.0], OWN.shape)


def _learnt() -> tuple[Numbers, np.ndarray, np.ndarray]:
    target = Numbers.of(OWN, "y", ("price", "rent")).fitted(OWN)
    return target, target.learned(OWN), target.learned(SAID)


def test_the_error_is_scikit_learns_in_the_units_of_the_data() -> None:
    found = absolute_errors(*_learnt())
    assert [one.name for one in found] == ["price", "rent"]
    for one, own, said in zip(found, OWN.T, SAID.T, strict=True):
        assert one.value == pytest.approx(mean_absolute_error(own, said))
        assert one.interval[0] < one.value < one.interval[1]
    assert errors_text(found) == f"price {found[0].text}, rent {found[1].text}"
    assert errors_text(found[:1]) == found[0].text


def test_its_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    """Absolute values of standard normal errors have the mean √(2/π)."""
    target, held = Numbers(("y",)), 0
    for _ in range(400):
        (one,) = absolute_errors(target, np.zeros((30, 1)), RNG.normal(size=(30, 1)))
        held += one.interval[0] <= np.sqrt(2 / np.pi) <= one.interval[1]
    assert 0.91 < held / 400 < 0.98


def test_residuals_are_of_the_first_samples_in_their_own_units() -> None:
    target, y, said = _learnt()
    many = np.tile(y, (4, 1)), np.tile(said, (4, 1))
    price, rent = residuals(target, *many)
    assert len(price.true) == len(rent.predicted) == MAX_KEPT
    np.testing.assert_allclose(rent.true[:400], OWN[:, 1])
    np.testing.assert_allclose(rent.predicted[:400], SAID[:, 1])


def test_classes_and_labels_have_none() -> None:
    y = np.array([0, 1])
    assert absolute_errors(Classes(("a", "b")), y, y) == () == residuals(Classes(("a", "b")), y, y)
    assert absolute_errors(Labels(("a",)), y[:, None], y[:, None]) == ()
