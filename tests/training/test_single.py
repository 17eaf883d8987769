import time
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import CandidateError, DataError, DeviceError, InputError, RunError
from qcsearch.training.data import TrainingData
from qcsearch.training.loop.fit import Stop
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.scoring import accuracy
from qcsearch.training.single import fit_candidate, train
from qcsearch.training.transpiled import transpile_candidate


@pytest.fixture(scope="module")
def quick(small_candidate):
    return replace(small_candidate, training=TrainingOptions(steps=4, validate_every=2, batch_size=32))


def test_three_flowers_are_learned_under_the_noise_of_a_device(model, iris):
    assert model.score(*iris) >= 0.85
    assert model.metrics["validation_score"] >= 0.85
    assert model.metrics["steps"] == 60


def test_the_same_seed_gives_the_same_model(quick, iris):
    one, two, other = (train(quick, *iris, device="fake_manila", seed=seed) for seed in (3, 3, 4))
    assert one.parameters == two.parameters
    assert not np.array_equal(one.parameters.weights, other.parameters.weights)


def test_a_candidate_may_be_its_json(quick, iris):
    one = train(quick, *iris, device="fake_manila")
    two = train(quick.to_json(), *iris, device="fake_manila")
    assert one.parameters == two.parameters


def test_validation_samples_can_be_given_and_are_not_trained_on(quick, iris):
    X, y = iris
    one = train(quick, X[::2], y[::2], device="fake_manila", validation=(X[1::2], y[1::2]))
    assert one.metrics["validation_score"] == pytest.approx(one.score(X[1::2], y[1::2]))
    assert dict(one.pipeline.steps)["constant"].n_features_in_ == 4


def test_images_are_taken_as_they_are_and_flat(quick):
    images, y = load_digits(n_class=2, return_X_y=True)
    X = images.reshape(-1, 8, 8)
    pool = Preprocessing(Choice("pool", {"size": 2}))
    one = train(replace(quick, preprocessing=pool), X, y, device="fake_manila")
    assert one.image_shape == (8, 8)
    assert np.array_equal(one.predict(X[:7]), one.predict(images[:7]))
    with pytest.raises(DataError, match="X has images of 4×16 pixels"):
        one.predict(images[:3].reshape(3, 4, 16))


def test_a_budget_ends_the_training_with_a_sentence(small_candidate, iris):
    long = replace(small_candidate, training=replace(small_candidate.training, steps=1_000_000))
    started = time.monotonic()
    model = train(long, *iris, device="fake_manila", max_seconds=1.0)
    assert time.monotonic() - started < 1.5
    assert model.metrics["stopped"] == "The time was used up."


def test_the_callback_sees_the_validations_and_can_stop(small_candidate, iris):
    seen = []

    def on_step(step, accuracy):
        seen.append(step)
        return step >= 20

    model = train(small_candidate, *iris, device="fake_manila", control=TrainingControl(on_step=on_step))
    assert seen == [10, 20]
    assert model.metrics["steps"] == 20


def test_a_killed_training_resumes_to_the_same_model(small_candidate, iris, tmp_path):
    unbroken = train(small_candidate, *iris, device="fake_manila")

    def killed(step, accuracy):
        if step == 30:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.npz"
    with pytest.raises(KeyboardInterrupt):
        train(
            small_candidate,
            *iris,
            device="fake_manila",
            control=TrainingControl(on_step=killed, checkpoint=path),
        )
    resumed = train(small_candidate, *iris, device="fake_manila", control=TrainingControl(checkpoint=path))
    assert resumed.parameters == unbroken.parameters
    with pytest.raises(RunError, match="from another training"):
        train(small_candidate, *iris, device="fake_manila", control=TrainingControl(checkpoint=path), seed=1)


@pytest.mark.parametrize("validation", [0, 1.0, -0.2, "half", True, None])
def test_a_validation_that_is_no_share_is_refused(quick, iris, validation):
    with pytest.raises(InputError, match=r"'validation' of train must be a share in \(0, 1\)"):
        train(quick, *iris, device="fake_manila", validation=validation)


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
def test_a_bad_candidate_is_refused_in_one_sentence(quick, iris, change, error, sentence):
    with pytest.raises(error, match=sentence):
        train(replace(quick, **change), *iris, device="fake_manila")


def test_a_candidate_that_is_no_candidate_is_refused(iris):
    with pytest.raises(CandidateError, match="A candidate must have the part 'encoding'"):
        train({"qubits": [0]}, *iris)


def test_validation_samples_of_another_shape_or_class_are_refused(quick, iris):
    X, y = iris
    with pytest.raises(DataError, match="X_val has 3 features"):
        train(quick, X, y, device="fake_manila", validation=(X[:, :3], y))
    with pytest.raises(DataError, match="'daisy', first met in row 2 of y_val"):
        train(quick, X, y, device="fake_manila", validation=(X[:2], ["setosa", "daisy"]))
    with pytest.raises(DataError, match="X_val has 3 rows, but y_val has 2 labels"):
        train(quick, X, y, device="fake_manila", validation=(X[:3], y[:2]))


def test_a_checkpoint_of_another_circuit_with_as_many_weights_is_refused(small_candidate, iris, tmp_path):
    path = tmp_path / "new" / "checkpoint.npz"
    train(small_candidate, *iris, device="fake_manila", control=TrainingControl(checkpoint=path))
    other = replace(small_candidate, qubits=(1, 0))
    with pytest.raises(RunError, match="another circuit"):
        train(other, *iris, device="fake_manila", control=TrainingControl(checkpoint=path))


def test_a_transpiled_candidate_trains_on_preprocessed_samples_with_options_of_its_own(small_candidate):
    rng = np.random.default_rng(0)
    Z = rng.uniform(-1.5, 1.5, (120, 3))
    y = (Z[:, 0] * Z[:, 1] > 0).astype(np.int64)
    transpiled = transpile_candidate(small_candidate, get_device("fake_manila"), 3)
    options = replace(small_candidate.training, steps=200, target_accuracy=0.85)
    data = TrainingData(Part(Z[:80], y[:80]), Classes((0, 1)), Part(Z[80:], y[80:]))
    found = fit_candidate(transpiled, data, rng, options=options)
    assert found.stopped is Stop.TARGET_ACCURACY
    assert accuracy(transpiled, found.parameters, data.validation, data.target) == found.validation_score


def test_columns_of_a_table_name_the_features(quick, iris):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(iris[0], columns=["sepal l", "sepal w", "petal l", "petal w"])
    model = train(quick, table, iris[1], device="fake_manila")
    assert model.feature_names == ("sepal l", "sepal w", "petal l", "petal w")


WEIGHED = {
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1", "Z0Z1"],
    "training": {"steps": 60},
}


@pytest.mark.parametrize("head", ["linear", "svc", "kernel_ridge"])
def test_samples_that_count_more_are_learnt_and_those_that_count_nothing_are_not(head):
    """The same samples under two labellings, as many of each: the model says what those with weight say."""
    rng = np.random.default_rng(0)
    half = rng.normal(size=(60, 2))
    X, y = np.concatenate([half, half]), np.r_[half[:, 0] > 0, half[:, 0] <= 0].astype(int)
    for first in (True, False):
        weight = np.repeat([1.0, 0.0] if first else [0.0, 1.0], 60)
        asked = y[:60] if first else y[60:]
        candidate = {**WEIGHED, "head": {"name": head}}
        model = train(candidate, X, y, "fake_manila", validation=(half, asked), sample_weight=weight)
        assert np.mean(model.predict(half) == asked) > 0.9


def test_weights_of_a_training_are_one_a_sample():
    with pytest.raises(DataError, match="sample_weight must have one number a sample, 4"):
        train(WEIGHED, np.eye(4), [0, 1, 0, 1], device="fake_manila", sample_weight=[1.0, 2.0])
