import numpy as np
import pandas as pd
import pytest

from qcsearch.errors import DataError, InputError
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.single import train


def test_predictions_are_the_original_labels(model, iris):
    X, y = iris
    assert set(model.predict(X)) <= set(y)
    assert model.target.labels == ("setosa", "versicolor", "virginica")
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
    assert model.n_weights == len(model.parameters.weights) == model.transpiled.n_weights == 18


def test_any_expectations_can_stand_in_for_the_engine(model, iris):
    class Upside:
        n_weights, n_observables = model.n_weights, 3

        def values(self, X, w):
            return -model.transpiled.compile().values(X, w)

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


def test_a_frame_is_read_by_the_names_of_its_columns(iris, small_candidate):
    frame = pd.DataFrame(iris[0], columns=["a", "b", "c", "d"])
    model = train(small_candidate, frame, iris[1], device="fake_manila")
    wanted = model.predict_proba(iris[0])
    assert model.feature_names == ("a", "b", "c", "d")
    np.testing.assert_array_equal(
        model.predict_proba(frame[["d", "b", "a", "c"]].assign(note="text")), wanted
    )
    with pytest.raises(DataError, match="has no column 'c'"):
        model.predict(frame.drop(columns="c"))


def test_a_validation_frame_is_read_by_name_too(iris, small_candidate):
    frame = pd.DataFrame(iris[0], columns=["a", "b", "c", "d"])
    parts = [(frame[::2], iris[1][::2]), (frame[1::2], iris[1][1::2])]
    straight, turned = (
        train(small_candidate, *parts[0], device="fake_manila", validation=(X_val, parts[1][1]))
        for X_val in (parts[1][0], parts[1][0][["d", "c", "b", "a"]])
    )
    assert straight.metrics["validation_score"] == turned.metrics["validation_score"]
    assert straight.parameters == turned.parameters


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("seed", -1),
        ("seed", 1.5),
        ("max_seconds", "1"),
        ("validation", True),
        ("control", TrainingControl(checkpoint=3)),
        ("control", {"checkpoint": "c.npz"}),
        ("start", np.zeros(18)),
    ],
)
def test_a_parameter_of_train_that_is_wrong_is_one_sentence(iris, small_candidate, parameter, value):
    with pytest.raises(InputError, match="must be"):
        train(small_candidate, *iris, device="fake_manila", **{parameter: value})


def test_a_candidate_and_a_seed_may_hold_numbers_of_numpy(iris, small_candidate):
    plain = small_candidate.to_json()
    candidate = {**plain, "qubits": np.array(plain["qubits"]), "training": {"steps": np.int8(2)}}
    seeded = train(candidate, *iris, device="fake_manila", seed=np.uint8(0), validation=np.float32(0.25))
    assert seeded.candidate.qubits == small_candidate.qubits
    assert seeded.metrics["steps"] == 2


def test_a_validation_part_of_other_images_or_of_one_value_is_refused(iris, small_candidate):
    images = iris[0].reshape(150, 1, 2, 2)
    with pytest.raises(DataError, match="X_val has images of 4×1 pixels, but the training has 2×2 pixels"):
        train(
            small_candidate, images, iris[1], validation=(iris[0][:, :, None], iris[1]), device="fake_manila"
        )
    with pytest.raises(DataError, match="Got 1 values"):
        train(small_candidate, *iris, validation=(iris[0],), device="fake_manila")
