"""Models of numbers and of labels: trained, asked, saved and read again."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_multilabel_classification
from sklearn.metrics import r2_score

from qcsearch.bundle.model import model_files, read_model
from qcsearch.errors import CandidateError, DataError
from qcsearch.training.single import train

CANDIDATE = {
    "preprocessing": {"reduction": {"name": "pca", "settings": {"n_components": 4}}},
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1", "Z0Z1", "X0"],
    "training": {"steps": 60, "loss": "squared_error"},
}


def _candidate(**training):
    return CANDIDATE | {"training": CANDIDATE["training"] | training}


@pytest.fixture(scope="module")
def numbers():
    X, y = load_diabetes(return_X_y=True)
    return train(CANDIDATE, X[:300], y[:300], device="fake_manila"), X[300:], y[300:]


def test_a_regression_predicts_in_the_units_of_the_data(numbers):
    model, X, y = numbers
    predicted = model.predict(X)
    assert predicted.shape == y.shape
    assert predicted.dtype == np.float64
    assert abs(predicted.mean() - y.mean()) < y.std() / 2
    assert r2_score(y, predicted) > 0.25
    assert model.score(X, y) == pytest.approx(r2_score(y, predicted))


def test_a_regression_has_no_probabilities(numbers):
    model, X, _ = numbers
    with pytest.raises(DataError, match="no probabilities"):
        model.predict_proba(X)


def test_a_regression_survives_its_bundle(numbers):
    model, X, _ = numbers
    again = read_model(model_files(model, {}))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("loss", ["huber", "quantile"])
def test_every_loss_of_numbers_trains(loss):
    X, y = load_diabetes(return_X_y=True)
    assert train(_candidate(loss=loss), X, y, device="fake_manila").metrics["validation_score"] > 0.25


def test_several_numbers_have_a_column_each():
    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y, -2 * y + 7])
    model = train(_candidate(), X[:300], Y[:300], device="fake_manila")
    predicted = model.predict(X[300:])
    assert predicted.shape == (len(X) - 300, 2)
    assert r2_score(Y[300:], predicted) > 0.25


def test_several_labels_have_a_probability_each():
    X, Y = make_multilabel_classification(400, n_features=6, n_classes=3, n_labels=2, random_state=1)
    model = train(_candidate(loss="binary_cross_entropy"), X[:300], Y[:300], device="fake_manila")
    probabilities, predicted = model.predict_proba(X[300:]), model.predict(X[300:])
    np.testing.assert_array_equal(predicted, probabilities > 0.5)
    majority = np.mean((Y[300:] == np.round(Y[:300].mean(axis=0))).all(axis=1))
    assert model.score(X[300:], Y[300:]) > majority + 0.1
    np.testing.assert_array_equal(read_model(model_files(model, {})).predict(X), model.predict(X))


def test_a_head_of_classes_is_refused_for_numbers():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(CandidateError, match="'softmax' is not for regression"):
        train(CANDIDATE | {"head": {"name": "softmax"}}, X, y, device="fake_manila")


def test_fractions_under_a_loss_of_classes_are_refused_with_the_way_out():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(DataError, match="looks like a regression") as refused:
        train(_candidate(loss="cross_entropy"), X, y + 0.5, device="fake_manila")
    assert "--task regression" in refused.value.fix
