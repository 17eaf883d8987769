import numpy as np
import pytest

from qcsearch.errors import DataError


def test_predictions_are_the_original_labels(model, iris):
    X, y = iris
    assert set(model.predict(X)) <= set(y)
    assert model.classes == ("setosa", "versicolor", "virginica")
    assert model.score(X, y) == np.mean(model.predict(X) == y)


def test_probabilities_are_the_softmax_of_the_logits(model, iris):
    X = iris[0][:10]
    odds = np.exp(model.decision(X))
    assert model.predict_proba(X) == pytest.approx(odds / odds.sum(axis=1, keepdims=True))


def test_noise_can_be_left_out_of_a_prediction(model, iris):
    X = iris[0][:20]
    assert model.expectations(X).shape == (20, 3)
    assert np.mean(model.expectations(X) ** 2) < np.mean(model.expectations(X, noise=False) ** 2)


def test_costs_are_those_of_the_mapped_circuit(model):
    assert model.two_qubit_gates == 3
    assert model.n_weights == len(model.weights) == model.assembly.n_weights == 18


def test_any_expectations_can_stand_in_for_the_engine(model, iris):
    class Upside:
        n_weights, n_observables = model.n_weights, 3

        def values(self, X, w):
            return -model.assembly.compile().values(X, w)

    X = iris[0][:5]
    assert model.expectations(X, program=Upside()) == pytest.approx(-model.expectations(X))


@pytest.mark.parametrize("shape", [(3, 3), (3, 5)])
def test_another_number_of_features_is_refused(model, shape):
    with pytest.raises(DataError, match=f"X has {shape[1]} features, but the model is expecting 4 features"):
        model.predict(np.zeros(shape))


def test_features_that_are_not_numbers_are_refused(model):
    with pytest.raises(DataError, match="row 2, column 'x1'"):
        model.predict([[1, 2, 3, 4], [1, float("nan"), 3, 4]])


def test_a_score_of_unequal_lengths_is_refused(model, iris):
    with pytest.raises(DataError, match="X has 10 rows, but y has 150 labels"):
        model.score(iris[0][:10], iris[1])


def test_an_unknown_label_counts_as_missed(model, iris):
    X, _ = iris
    assert model.score(X[:10], ["daisy"] * 10) == 0.0
