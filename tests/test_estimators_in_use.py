"""Classifier and regressor in what scikit-learn makes of estimators: pipelines, folds, grids, copies, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from qcsearch import QuantumCircuitSearchClassifier, QuantumCircuitSearchRegressor

SPACE = Path(__file__).parent / "support" / "quick.toml"
ASKED = {"n_trials": 1, "random_state": 0, "baselines": "none"}
KINDS: dict[str, tuple[Any, Any, str]] = {
    "classifier": (QuantumCircuitSearchClassifier, load_breast_cancer, "balanced_accuracy"),
    "regressor": (QuantumCircuitSearchRegressor, load_diabetes, "neg_mean_absolute_error"),
}


class Case:
    """One estimator, what it learns, and a scorer that suits it."""

    def __init__(self, kind: str) -> None:
        make, load, self.scoring = KINDS[kind]
        data = load(as_frame=True)
        self.X: pd.DataFrame = data.data.iloc[:200, :6]
        self.y: pd.Series = data.target.iloc[:200]
        self.estimator = make("fake_manila", SPACE, **ASKED)

    @property
    def pipeline(self) -> Pipeline:
        return make_pipeline(StandardScaler(), self.estimator).set_output(transform="pandas")


@pytest.fixture(scope="module", params=sorted(KINDS))
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


@pytest.fixture(scope="module")
def fitted(case: Case) -> Pipeline:
    return case.pipeline.fit(case.X, case.y)


def test_a_pipeline_that_hands_frames_on_names_the_features_and_scores(case: Case, fitted: Pipeline) -> None:
    last = fitted[-1]
    assert list(last.feature_names_in_) == list(case.X.columns)
    assert len(fitted.predict(case.X)) == len(case.X)
    scorer = get_scorer(case.scoring)
    assert scorer(fitted, case.X, case.y) > scorer(fitted, case.X, case.y.sample(frac=1, random_state=0))


def test_a_pipeline_comes_back_from_a_file_and_predicts_the_same(
    fitted: Pipeline, case: Case, tmp_path: Path
) -> None:
    joblib.dump(fitted, tmp_path / "pipeline.joblib")
    again = joblib.load(tmp_path / "pipeline.joblib")
    np.testing.assert_array_equal(again.predict(case.X), fitted.predict(case.X))
    assert str(again[-1].leaderboard()) == str(fitted[-1].leaderboard())


def test_a_clone_has_every_parameter_and_nothing_that_was_learnt(case: Case, fitted: Pipeline) -> None:
    last = clone(fitted)[-1]
    assert last.get_params() == case.estimator.get_params()
    assert not hasattr(last, "model_")
    changed = clone(last).set_params(metric="accuracy", shots=7, space="tiny")
    assert {changed.metric, changed.shots, changed.space} == {"accuracy", 7, "tiny"}


SMALL = pytest.mark.filterwarnings("ignore:The winner is no better than")  # one quick trial on a hundred rows


@SMALL
@pytest.mark.slow
def test_folds_are_scored_and_predicted_as_by_hand(case: Case) -> None:
    folds = KFold(2, shuffle=True, random_state=0)
    scores = cross_val_score(case.estimator, case.X, case.y, cv=folds, scoring=case.scoring)
    said = cross_val_predict(case.estimator, case.X, case.y, cv=folds)
    train, test = next(folds.split(case.X))
    mine = clone(case.estimator).fit(case.X.iloc[train], case.y.iloc[train])
    assert scores[0] == get_scorer(case.scoring)(mine, case.X.iloc[test], case.y.iloc[test])
    np.testing.assert_array_equal(said[test], mine.predict(case.X.iloc[test]))


@SMALL
@pytest.mark.slow
def test_a_grid_over_a_step_of_a_pipeline_is_searched_and_refitted(case: Case) -> None:
    step = type(case.estimator).__name__.lower()
    choices = {"balanced_accuracy": ("threshold_scoring", [None, "f1"])}
    name, values = choices.get(case.scoring, ("metric", [None, "d2_absolute_error_score"]))
    grid = GridSearchCV(case.pipeline, {f"{step}__{name}": values}, cv=2, scoring=case.scoring)
    found = grid.fit(case.X, case.y)
    assert len(found.cv_results_["mean_test_score"]) == 2
    assert getattr(found.best_estimator_[-1], name) == found.best_params_[f"{step}__{name}"]
    assert found.score(case.X, case.y) == get_scorer(case.scoring)(found.best_estimator_, case.X, case.y)
