"""The scikit-learn face: an estimator like any other."""

from __future__ import annotations

import contextlib
import copy
import pickle
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from qcsearch import QuantumCircuitSearchClassifier, load_bundle
from qcsearch.errors import DataError, DeviceError, InputError

X, Y = load_iris(return_X_y=True)
FRAME = pd.DataFrame(X, columns=load_iris().feature_names)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def make(**parameters: object) -> QuantumCircuitSearchClassifier:
    return QuantumCircuitSearchClassifier(
        **{"device": "fake_manila", "space": "tiny", "n_trials": 2, "random_state": 0, "baselines": "none"}
        | parameters
    )


@pytest.fixture(scope="module")
def fitted() -> QuantumCircuitSearchClassifier:
    return make(baselines="fast").fit(X[::2], NAMES[::2])


def test_it_learns_and_answers_in_the_labels_it_was_shown(fitted: QuantumCircuitSearchClassifier) -> None:
    assert fitted.score(X[1::2], NAMES[1::2]) > 0.8
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]


def test_probabilities_belong_to_the_predictions(fitted: QuantumCircuitSearchClassifier) -> None:
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (fitted.classes_[probabilities.argmax(axis=1)] == fitted.predict(X)).all()


def test_the_leaderboard_holds_trials_and_baselines(
    fitted: QuantumCircuitSearchClassifier,
) -> None:
    kinds = {row.kind for row in fitted.leaderboard()}
    assert kinds >= {"winner", "classical", "trial"}
    assert "logistic" in str(fitted.leaderboard())


def test_the_exported_bundle_predicts_the_same(
    fitted: QuantumCircuitSearchClassifier, tmp_path: Path
) -> None:
    manifest = fitted.export(tmp_path / "model.zip")
    bundle = load_bundle(tmp_path / "model.zip", manifest.digest)
    np.testing.assert_allclose(bundle.predict_proba(X), fitted.predict_proba(X), atol=1e-9)


def test_the_exported_card_says_what_the_model_was_held_against(
    fitted: QuantumCircuitSearchClassifier, tmp_path: Path
) -> None:
    fitted.export(tmp_path / "model")
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    assert {one.name for one in fitted.result_.baselines} > {"majority class", "logistic regression"}
    for one in fitted.result_.baselines:
        assert f"| {one.name} | {one.test_accuracy:.4f} | {one.test_interval[0]:.4f} to " in card
    assert "at infinitely many shots" in card


def test_equal_seeds_give_equal_models(fitted: QuantumCircuitSearchClassifier) -> None:
    again = clone(fitted).fit(X[::2], NAMES[::2])
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_it_stands_in_a_pipeline() -> None:
    pipeline = make_pipeline(FunctionTransformer(), make(n_trials=1))
    assert pipeline.fit(X, Y).score(X, Y) > 0.5


def test_a_run_folder_is_kept_where_it_was_asked_for(tmp_path: Path) -> None:
    kept = make(n_trials=1, run=tmp_path / "run").fit(X, Y)
    assert (tmp_path / "run" / "result.json").is_file()
    assert kept.result_.run == tmp_path / "run"


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


@pytest.fixture(scope="module")
def named() -> QuantumCircuitSearchClassifier:
    return make(n_trials=1).fit(FRAME, Y)


OTHER_COLUMNS = {
    "another order": (lambda frame: frame[frame.columns[::-1]], "must be in the same order"),
    "renamed": (lambda frame: frame.rename(columns=str.upper), "unseen at fit time"),
    "one more": (lambda frame: frame.assign(note=1.0), "unseen at fit time"),
    "one less": (lambda frame: frame.drop(columns="petal width (cm)"), "yet now missing"),
    "pyarrow": (lambda frame: pa.table(dict(frame[frame.columns[::-1]])), "must be in the same order"),
}


@pytest.mark.parametrize("name", OTHER_COLUMNS)
def test_other_columns_than_in_fit_are_scikit_learns_error(
    named: QuantumCircuitSearchClassifier, name: str
) -> None:
    change, expected = OTHER_COLUMNS[name]
    with pytest.raises(ValueError, match="feature names should match those that were passed") as caught:
        named.predict_proba(change(FRAME))
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["another order", "one more", "pyarrow"])
def test_a_model_and_a_bundle_read_columns_by_their_names(
    named: QuantumCircuitSearchClassifier, name: str, tmp_path: Path
) -> None:
    changed = OTHER_COLUMNS[name][0](FRAME)
    named.export(tmp_path / "model")
    wanted = named.predict_proba(FRAME)
    for model in (named.model_, load_bundle(tmp_path / "model")):
        np.testing.assert_array_equal(model.predict_proba(changed), wanted)
        assert model.score(changed, Y) == named.score(FRAME, Y)


@pytest.mark.parametrize("name", ["renamed", "one less"])
def test_a_model_names_the_column_that_it_lacks(named: QuantumCircuitSearchClassifier, name: str) -> None:
    with pytest.raises(DataError, match=r"The DataFrame has no column '.* \(cm\)'"):
        named.model_.predict(OTHER_COLUMNS[name][0](FRAME))


def test_frames_of_other_libraries_and_single_rows_are_read(named: QuantumCircuitSearchClassifier) -> None:
    wanted = named.predict_proba(FRAME)
    np.testing.assert_array_equal(named.predict_proba(pa.table(dict(FRAME))), wanted)
    # One row or many: BLAS adds in another order, so the last bit may differ.
    np.testing.assert_allclose(named.predict_proba(FRAME.iloc[[3]]), wanted[[3]], rtol=1e-12)
    with (
        pytest.raises(DataError, match="must have 2 dimensions"),
        pytest.warns(UserWarning, match="does not have valid feature names"),
    ):
        named.predict(FRAME.iloc[3])


def test_an_array_after_a_frame_and_a_frame_after_an_array_are_warned_of(
    named: QuantumCircuitSearchClassifier, fitted: QuantumCircuitSearchClassifier
) -> None:
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        by_position = named.predict_proba(X)
    np.testing.assert_array_equal(by_position, named.predict_proba(FRAME))
    with pytest.warns(UserWarning, match="X has feature names"):
        by_position = fitted.predict_proba(FRAME.rename(columns={"petal width (cm)": "x0"}))
    np.testing.assert_array_equal(by_position, fitted.predict_proba(X))


def test_a_column_that_stands_twice_is_refused_in_fit_and_in_predict(
    named: QuantumCircuitSearchClassifier,
) -> None:
    twice = FRAME.rename(columns={FRAME.columns[0]: FRAME.columns[1]})
    for call in (lambda: make().fit(twice, Y), lambda: named.predict(twice)):
        with pytest.raises(DataError, match="stands twice"):
            call()


def test_numbered_columns_are_no_names() -> None:
    numbered = FRAME.set_axis(range(4), axis=1)
    estimator = make(n_trials=1).fit(numbered, Y)
    assert not hasattr(estimator, "feature_names_in_")
    np.testing.assert_array_equal(estimator.predict(numbered[[0, 1, 2, 3]]), estimator.predict(X))


COPIES = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "deepcopy": copy.deepcopy,
    "cloudpickle": lambda thing: cloudpickle.loads(cloudpickle.dumps(thing)),
}


@pytest.mark.parametrize("way", COPIES)
def test_what_has_predicted_can_be_copied_and_copies_predict_the_same(
    fitted: QuantumCircuitSearchClassifier, way: str
) -> None:
    wanted = fitted.predict_proba(X)
    for thing in (fitted, fitted.model_):
        again = COPIES[way](thing)
        np.testing.assert_array_equal(again.predict_proba(X), wanted)
        assert len(pickle.dumps(again)) < 20_000  # no caches
    assert COPIES[way](fitted.model_.transpiled).mapped.two_qubit_gates == fitted.model_.two_qubit_gates
    assert COPIES[way](fitted).result_.model.target.labels == fitted.model_.target.labels


def test_joblib_writes_what_has_predicted(fitted: QuantumCircuitSearchClassifier, tmp_path: Path) -> None:
    wanted = fitted.predict_proba(X)
    joblib.dump(fitted, tmp_path / "fitted.joblib")
    np.testing.assert_array_equal(joblib.load(tmp_path / "fitted.joblib").predict_proba(X), wanted)


def test_threads_share_an_estimator(fitted: QuantumCircuitSearchClassifier) -> None:
    wanted, again = fitted.predict_proba(X), copy.deepcopy(fitted)
    work = [joblib.delayed(again.predict_proba)(X[i::8]) for i in range(8)]
    for i, found in enumerate(joblib.Parallel(8, prefer="threads")(work)):
        np.testing.assert_allclose(found, wanted[i::8], atol=1e-12)


def test_a_result_names_no_folder_that_is_gone(fitted: QuantumCircuitSearchClassifier) -> None:
    assert fitted.result_.run is None
    assert fitted.result_.to_json()["run"] is None
    assert fitted.result_.model is fitted.model_


def test_numbers_of_numpy_are_numbers() -> None:
    estimator = make(
        n_trials=np.int64(1),
        max_seconds=np.float32(300),
        max_two_qubit_gates=np.uint8(40),
        max_parameters=np.int32(400),
        max_duration_us=np.int16(100),
        workers=np.int8(1),
        random_state=np.uint16(0),
        strategy=np.str_("tpe"),
        strategy_options={"n_startup_trials": np.int64(4)},
    )
    assert clone(estimator).fit(X, Y).score(X, Y) > 0.5


@pytest.mark.slow
def test_a_grid_of_numpy_numbers_is_searched() -> None:
    search = GridSearchCV(make(), {"n_trials": np.arange(1, 3)}, cv=2, n_jobs=2).fit(X, Y)
    assert search.best_estimator_.n_trials == search.best_params_["n_trials"]
    assert search.score(X, Y) > 0.5


WRONG = [
    *[("n_trials", value) for value in (0, -1, 1.0, "2", float("nan"), True, np.True_, [1], np.array([1]))],
    *[("workers", value) for value in (0, -1, 257, 1.5, "all", None, True)],
    *[("max_seconds", value) for value in (0, -1, "60", float("nan"), float("inf"), True, 1j, [60])],
    *[("max_two_qubit_gates", value) for value in (-1, 2.5, "4", True)],
    *[("max_parameters", value) for value in (-1, 2.5, "4", True)],
    *[("max_duration_us", value) for value in (0, "50", float("nan"), True)],
    *[("random_state", value) for value in (-1, 2**32, 0.5, "0", True, np.random.default_rng(0))],
    *[("strategy", value) for value in (None, 3, ["tpe"], "no such")],
    *[("strategy_options", value) for value in (3, ["population"], {"no such": 1}, {1: 2})],
    *[("space", value) for value in (None, 3, ["tiny"], "no such")],
    *[("device", value) for value in (None, 3, ["fake_manila"])],
    *[("run", value) for value in (3, b"run", "", ["run"])],
    *[("seed_from", value) for value in (3, "", "no such")],
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda value: repr(value).partition(" at 0x")[0])
def test_a_parameter_that_is_wrong_is_one_sentence_and_no_work(
    name: str, value: object, tmp_path: Path
) -> None:
    with contextlib.chdir(tmp_path), pytest.raises(InputError) as caught:
        make(**{name: value}).fit(X, Y)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:The winner is no better than the majority class")  # of one trial on noise
@pytest.mark.slow
@parametrize_with_checks([make(n_trials=1)])
def test_scikit_learn_accepts_it(estimator: object, check: object) -> None:
    check(estimator)


@pytest.mark.filterwarnings(
    "ignore:The winner is no better than the majority class"
)  # where each counts once
def test_samples_count_as_they_are_told_in_the_model_and_its_baselines() -> None:
    """Two overlapping classes, one of weight 20: it is what an overlap is said to be, as with as many copies."""
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 100)
    samples = rng.normal(size=(200, 2)) + 0.7 * y[:, None]
    weight = np.where(y == 1, 20.0, 1.0)
    said = {}
    for name, given in {"plain": None, "weighted": weight.tolist()}.items():
        found = make(baselines="fast").fit(samples, y, sample_weight=given)
        said[name] = found.predict(samples).mean()
        logistic = next(one for one in found.result_.baselines if one.name == "logistic regression")
        said[f"{name} baseline"] = logistic.test_accuracy
    assert said["plain"] < 0.7 < 0.9 < said["weighted"]
    assert said["weighted baseline"] < said["plain baseline"]  # it says the heavy class nearly always
