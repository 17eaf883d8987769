"""The regressor is an estimator like any other: scikit-learn's own checks, and what people do with estimators."""

from __future__ import annotations

import io
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from qcsearch import QuantumCircuitSearchRegressor, load_bundle
from qcsearch.errors import DataError

SPACE = Path(__file__).parent / "support" / "quick.toml"
X, Y = load_diabetes(return_X_y=True)
X, Y = X[:300], Y[:300]


def make(**parameters: object) -> QuantumCircuitSearchRegressor:
    given = {"n_trials": 1, "random_state": 0, "baselines": "none", **parameters}
    return QuantumCircuitSearchRegressor("fake_manila", SPACE, **given)


def test_numbers_come_back_in_their_own_units_and_survive_joblib_and_a_bundle(tmp_path: Path) -> None:
    found = make().fit(X, 100 + 10 * Y)
    predicted = found.predict(X)
    assert r2_score(100 + 10 * Y, predicted) == pytest.approx(found.score(X, 100 + 10 * Y))
    assert found.score(X, 100 + 10 * Y) > 0.2
    kept = io.BytesIO()
    joblib.dump(found, kept)
    kept.seek(0)
    np.testing.assert_array_equal(joblib.load(kept).predict(X), predicted)
    found.export(tmp_path / "model")
    np.testing.assert_allclose(load_bundle(tmp_path / "model").predict(X), predicted)


def test_several_numbers_are_predicted_together() -> None:
    both = np.column_stack([Y, -Y])
    assert make().fit(X, both).predict(X[:4]).shape == (4, 2)


@pytest.mark.slow
def test_it_goes_through_a_pipeline_a_search_for_settings_and_cross_validation() -> None:
    whole = make_pipeline(StandardScaler().set_output(transform="pandas"), make())
    assert len(cross_val_score(whole, X, Y, cv=2)) == 2
    grid = GridSearchCV(make(), {"random_state": [0, 1]}, cv=2).fit(X, Y)
    assert grid.best_estimator_.predict(X[:2]).shape == (2,)
    assert clone(make(metric="r2")).get_params()["metric"] == "r2"


def test_it_must_be_fitted_first_and_has_no_classes_to_weigh() -> None:
    with pytest.raises(NotFittedError):
        make().predict(X)
    assert "class_weight" not in make().get_params()


def test_text_is_refused_as_a_number() -> None:
    with pytest.raises(DataError, match="must hold numbers"):
        make().fit(X, ["high"] * len(X))


@pytest.mark.filterwarnings("ignore:The winner is no better than the mean")  # of one trial on noise
@pytest.mark.slow
@parametrize_with_checks([make()])
def test_scikit_learn_accepts_it(estimator: object, check: object) -> None:
    check(estimator)
