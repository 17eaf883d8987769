import time
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from qcsearch.circuits.candidate import Candidate, Choice, Preprocessing, TrainingOptions
from qcsearch.errors import CandidateError, DataError, DeviceError, RunError
from qcsearch.training.train import train

CANDIDATE = Candidate(
    encoding=Choice("reuploading"),
    ansatz=Choice("hardware_efficient", {"n_layers": 3}),
    qubits=(0, 1),
    observables=("Z0", "Z1", "Z0Z1"),
    training=TrainingOptions(steps=60, batch_size=32, validate_every=10),
)
QUICK = replace(CANDIDATE, training=replace(CANDIDATE.training, steps=4, validate_every=2))


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def model(iris):
    return train(CANDIDATE, *iris, device="fake_manila")


def test_three_flowers_are_learned_under_the_noise_of_a_device(model, iris):
    assert model.score(*iris) >= 0.85
    assert model.metrics["validation_accuracy"] >= 0.85
    assert model.metrics["steps"] == 60


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


def test_the_same_seed_gives_the_same_model(iris):
    one, two, other = (train(QUICK, *iris, device="fake_manila", seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.weights, two.weights)
    assert np.array_equal(one.head_parameters, two.head_parameters)
    assert not np.array_equal(one.weights, other.weights)


def test_a_candidate_may_be_its_json(iris):
    one = train(QUICK, *iris, device="fake_manila")
    two = train(QUICK.to_json(), *iris, device="fake_manila")
    assert np.array_equal(one.weights, two.weights)


def test_validation_samples_can_be_given_and_are_not_trained_on(iris):
    X, y = iris
    one = train(QUICK, X[::2], y[::2], device="fake_manila", validation=(X[1::2], y[1::2]))
    assert one.metrics["validation_accuracy"] == pytest.approx(one.score(X[1::2], y[1::2]))
    assert one.pipeline.named_steps["constant"].n_features_in_ == 4


def test_images_are_taken_as_they_are_and_flat():
    images, y = load_digits(n_class=2, return_X_y=True)
    X = images.reshape(-1, 8, 8)
    pool = Preprocessing(Choice("pool", {"size": 2}))
    one = train(replace(QUICK, preprocessing=pool), X, y, device="fake_manila")
    assert one.image_shape == (8, 8)
    assert np.array_equal(one.predict(X[:7]), one.predict(images[:7]))
    with pytest.raises(DataError, match="X has images of 4×16 pixels"):
        one.predict(images[:3].reshape(3, 4, 16))


def test_a_budget_ends_the_training_with_a_sentence(iris):
    long = replace(CANDIDATE, training=replace(CANDIDATE.training, steps=1_000_000))
    started = time.monotonic()
    model = train(long, *iris, device="fake_manila", max_seconds=1.0)
    assert time.monotonic() - started < 1.5
    assert model.metrics["stopped"] == "The time was used up."


def test_the_callback_sees_the_validations_and_can_stop(iris):
    seen = []

    def on_step(step, accuracy):
        seen.append(step)
        return step >= 20

    model = train(CANDIDATE, *iris, device="fake_manila", on_step=on_step)
    assert seen == [10, 20]
    assert model.metrics["steps"] == 20


def test_a_killed_training_goes_on_to_the_same_model(iris, tmp_path):
    unbroken = train(CANDIDATE, *iris, device="fake_manila")

    def killed(step, accuracy):
        if step == 30:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.npz"
    with pytest.raises(KeyboardInterrupt):
        train(CANDIDATE, *iris, device="fake_manila", checkpoint=path, on_step=killed)
    resumed = train(CANDIDATE, *iris, device="fake_manila", checkpoint=path)
    assert np.array_equal(resumed.weights, unbroken.weights)
    assert np.array_equal(resumed.head_parameters, unbroken.head_parameters)
    with pytest.raises(RunError, match="from another training"):
        train(CANDIDATE, *iris, device="fake_manila", checkpoint=path, seed=1)


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


@pytest.mark.parametrize("validation", [0, 1.0, -0.2, "half", True, None])
def test_a_validation_that_is_no_share_is_refused(iris, validation):
    with pytest.raises(DataError, match="'validation' of train must be a share"):
        train(QUICK, *iris, device="fake_manila", validation=validation)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"head": Choice("oracle")}, CandidateError, "'oracle' is not one of the heads"),
        (
            {"observables": ("Z0",), "head": Choice("none")},
            CandidateError,
            "needs 2 observables for 3 classes",
        ),
        ({"qubits": (0, 9)}, DeviceError, "must be in"),
        ({"training": TrainingOptions(loss="hinge")}, CandidateError, "'hinge' is not one of the losses"),
    ],
)
def test_a_bad_candidate_is_refused_in_one_sentence(iris, change, error, sentence):
    with pytest.raises(error, match=sentence):
        train(replace(QUICK, **change), *iris, device="fake_manila")


def test_a_candidate_that_is_no_candidate_is_refused(iris):
    with pytest.raises(CandidateError, match="A candidate must have the part 'encoding'"):
        train({"qubits": [0]}, *iris)


def test_validation_samples_of_another_shape_or_class_are_refused(iris):
    X, y = iris
    with pytest.raises(DataError, match="X_val has 3 features"):
        train(QUICK, X, y, device="fake_manila", validation=(X[:, :3], y))
    with pytest.raises(DataError, match="'daisy', first met in row 2 of y_val"):
        train(QUICK, X, y, device="fake_manila", validation=(X[:2], ["setosa", "daisy"]))
    with pytest.raises(DataError, match="X_val has 3 rows, but y_val has 2 labels"):
        train(QUICK, X, y, device="fake_manila", validation=(X[:3], y[:2]))
