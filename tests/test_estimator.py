"""The scikit-learn face: an estimator like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from qcsearch import QuantumCircuitSearchClassifier, load_bundle
from qcsearch.errors import DataError, DeviceError

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def make(**parameters: object) -> QuantumCircuitSearchClassifier:
    return QuantumCircuitSearchClassifier(
        **{"device": "fake_manila", "space": "tiny", "n_trials": 2, "random_state": 0, **parameters}
    )


@pytest.fixture(scope="module")
def fitted() -> QuantumCircuitSearchClassifier:
    return make().fit(X[::2], NAMES[::2])


def test_it_learns_and_answers_in_the_labels_it_was_shown(fitted: QuantumCircuitSearchClassifier) -> None:
    assert fitted.score(X[1::2], NAMES[1::2]) > 0.8
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]


def test_probabilities_belong_to_the_predictions(fitted: QuantumCircuitSearchClassifier) -> None:
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (fitted.classes_[probabilities.argmax(axis=1)] == fitted.predict(X)).all()


def test_the_leaderboard_holds_trials_classical_models_and_the_ablation(
    fitted: QuantumCircuitSearchClassifier,
) -> None:
    kinds = {row.kind for row in fitted.leaderboard()}
    assert kinds >= {"winner", "ablation", "classical", "trial"}
    assert "logistic" in str(fitted.leaderboard())


def test_the_exported_bundle_predicts_the_same(
    fitted: QuantumCircuitSearchClassifier, tmp_path: Path
) -> None:
    manifest = fitted.export(tmp_path / "model.zip")
    bundle = load_bundle(tmp_path / "model.zip", manifest.digest)
    np.testing.assert_allclose(bundle.predict_proba(X), fitted.predict_proba(X), atol=1e-9)


def test_equal_seeds_give_equal_models(fitted: QuantumCircuitSearchClassifier) -> None:
    again = clone(fitted).fit(X[::2], NAMES[::2])
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_it_stands_in_a_pipeline() -> None:
    pipeline = make_pipeline(FunctionTransformer(), make(n_trials=1))
    assert pipeline.fit(X, Y).score(X, Y) > 0.5


def test_a_run_folder_is_kept_where_it_was_asked_for(tmp_path: Path) -> None:
    make(n_trials=1, run=tmp_path / "run").fit(X, Y)
    assert (tmp_path / "run" / "result.json").is_file()


@pytest.mark.parametrize("call", ["predict", "predict_proba"])
def test_it_must_be_fitted_first(call: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(make(), call)(X)


def test_a_wrong_number_of_features_is_one_sentence(fitted: QuantumCircuitSearchClassifier) -> None:
    with pytest.raises(
        DataError, match="X has 3 features, but QuantumCircuitSearchClassifier is expecting 4"
    ):
        fitted.predict(X[:, :3])


def test_an_unknown_device_is_refused_before_any_work() -> None:
    with pytest.raises(DeviceError, match="fake_nowhere"):
        make(device="fake_nowhere").fit(X, Y)


DIFFERENT = {
    "check_dtype_object": "a cell that is a dict ends in DataError, a ValueError, like every other bad input",
}


@pytest.mark.filterwarnings("ignore:The winner is no better than the majority class")  # of one trial on noise
@pytest.mark.slow
@parametrize_with_checks([make(n_trials=1)], expected_failed_checks=lambda estimator: DIFFERENT)
def test_scikit_learn_accepts_it(estimator: object, check: object) -> None:
    check(estimator)
