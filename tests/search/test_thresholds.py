"""A search whose winner decides by thresholds: chosen on validation, the same wherever the model is asked."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score
from typer.testing import CliRunner

from qcsearch import QuantumCircuitSearchClassifier
from qcsearch.bundle.read import load_bundle
from qcsearch.cli.app import app
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import InputError
from qcsearch.search.finish.baselines.base import Samples
from qcsearch.search.finish.baselines.logistic import LogisticRegression
from qcsearch.search.finish.baselines.others.labels import LabelwiseLogistic
from qcsearch.search.finish.baselines.svm import SupportVectorMachine
from qcsearch.search.finish.leaderboard import leaderboard
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.training.metrics import Metric
from qcsearch.training.predictions import Predictions

Search = Callable[..., SearchResult]
ASKED = {"n_trials": 2, "metric": "balanced_accuracy"}


def _data() -> tuple[np.ndarray, np.ndarray]:
    """Of 200 samples an eighth is of the rare class, which overlaps the other: at one half it is never predicted."""
    rng = np.random.default_rng(0)
    y = (np.arange(200) % 8 == 0).astype(int)
    return rng.normal(size=(200, 2)) + 1.3 * y[:, None], y


@pytest.fixture(scope="module")
def found(search: Search, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    run = tmp_path_factory.mktemp("thresholds") / "run"
    data = load_dataset(_data())
    return search(run, dataset=data, **ASKED, threshold_scoring="balanced_accuracy", baselines="none")


def test_the_rare_class_is_recognised_and_the_threshold_is_told_everywhere(found: SearchResult) -> None:
    assert found.run is not None
    assert found.thresholds is not None
    assert found.thresholds.score > found.thresholds.score_before
    assert 0 < found.thresholds.values[0] < 0.5
    assert found.recalls[1].recall > 0.4
    folder = RunFolder.open(found.run)
    assert folder.result() == found
    assert found.thresholds.sentence in str(leaderboard(folder))
    assert found.to_json()["thresholds"]["scoring"] == "balanced_accuracy"
    card = (found.run / "model" / "MODEL_CARD.md").read_text()
    assert f"thresholds of the probability: `1` above {found.thresholds.values[0]:.4f}." in card


def test_model_bundle_command_line_and_backend_decide_by_the_same_threshold(
    found: SearchResult, tmp_path: Path
) -> None:
    assert found.run is not None
    assert found.thresholds is not None
    kept, parts = load_bundle(found.run / "model"), split(RunFolder.open(found.run).dataset, 0)
    assert kept.target == found.model.target
    assert kept.thresholds == {"1": pytest.approx(found.thresholds.values[0])}
    sure = kept.predict_proba(parts.test.X)[:, 1]
    said = kept.answers(parts.test.X)
    np.testing.assert_array_equal(said, sure > found.thresholds.values[0])
    assert found.best.test_accuracy_noisy == pytest.approx(np.mean(said == parts.test.y))
    assert found.best.test_score == pytest.approx(balanced_accuracy_score(parts.test.y, said))
    values = kept.expectations(parts.test.X)
    np.testing.assert_array_equal(kept.head.answers(values), said)
    data, out = tmp_path / "test.npz", tmp_path / "out.csv"
    np.savez(data, X=parts.test.X)
    done = CliRunner().invoke(app, ["predict", str(found.run), str(data), "-o", str(out)])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [int(next(iter(row.values()))) for row in rows] == said.tolist()
    settings = DeploymentSettings(steps=0, shots=64, max_validation=2)
    deployed = deploy(kept, parts.learned(kept.target), "aer", settings)
    assert deployed.noisy.accuracy == pytest.approx(found.best.test_accuracy_noisy)


@pytest.mark.slow
def test_classical_models_decide_by_thresholds_of_their_own() -> None:
    """Chosen in folds of what they learn from, as the winner's are; on other samples they help as much."""
    X, y = _data()
    other = np.random.default_rng(1).normal(size=(800, 2)) + 1.3 * np.repeat([0, 1], [700, 100])[:, None]
    theirs = np.repeat([0, 1], [700, 100])
    plain = Samples(X, other, X, other, y, n_parameters=10, seed=0)
    tuned = replace(plain, threshold_scoring="balanced_accuracy")
    for model in (LogisticRegression(), SupportVectorMachine()):
        before, after = (
            balanced_accuracy_score(theirs, model.predict(one).answers) for one in (plain, tuned)
        )
        assert after > before + 0.03
    both = replace(plain, y=np.column_stack([y, X[:, 0] > 0]).astype(int))
    labelled = LabelwiseLogistic().predict(both).answers
    decided = LabelwiseLogistic().predict(replace(both, threshold_scoring="f1_macro")).answers
    assert decided[:, 0].sum() > labelled[:, 0].sum()


@pytest.mark.slow
def test_circuits_that_are_compared_decide_by_thresholds_of_their_own(search: Search, tmp_path: Path) -> None:
    """Without one the rare class is hardly ever predicted, and the balanced accuracy is about one half."""
    asked = {**ASKED, "threshold_scoring": "balanced_accuracy", "baselines": "fast"}
    found = search(tmp_path / "run", dataset=load_dataset(_data()), **asked)
    rows = {one.name: one.test_score for one in found.baselines}
    assert rows["winner without two-qubit gates"] > 0.65


@pytest.mark.slow
def test_nothing_of_the_search_but_the_decision_changes(
    found: SearchResult, search: Search, tmp_path: Path
) -> None:
    plain = search(tmp_path / "run", dataset=load_dataset(_data()), **ASKED)
    assert plain.thresholds is None
    assert plain.model.parameters == found.model.parameters
    assert plain.best.validation_score == found.best.validation_score
    metric, test = Metric("balanced_accuracy"), split(load_dataset(_data()), 0).test
    scores = [metric(test.y, Predictions(one.model.answers(test.X))) for one in (plain, found)]
    assert scores[1] > scores[0]


@pytest.mark.parametrize(
    ("classes", "scoring", "said"),
    [
        (3, "f1_macro", "for two classes, or for labels, not for 3 classes"),
        (2, "roc_auc", "a metric of answers. 'roc_auc' is of probabilities"),
        (2, "f2", "The metric must be one of"),
    ],
)
def test_what_has_no_threshold_is_refused_before_the_folder_is_made(
    search: Search, tmp_path: Path, classes: int, scoring: str, said: str
) -> None:
    rng = np.random.default_rng(0)
    data = load_dataset((rng.normal(size=(60, 2)), np.arange(60) % classes))
    with pytest.raises(InputError, match=said):
        search(tmp_path / "run", dataset=data, threshold_scoring=scoring)
    assert not (tmp_path / "run").exists()


def test_the_estimator_predicts_by_its_best_threshold() -> None:
    X, y = _data()
    names = np.array(["common", "rare"])[y]
    asked = {"n_trials": 1, "random_state": 0, "baselines": "none", "threshold_scoring": "f1_macro"}
    space = Path(__file__).parents[1] / "support" / "quick.toml"
    model = QuantumCircuitSearchClassifier("fake_manila", space, **asked).fit(X, names)
    sure = model.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(model.predict(X) == "rare", sure > model.best_threshold_)
    assert 0 < model.best_threshold_ < 0.5
    (cut,) = model.model_.target.cuts
    assert model.best_threshold_ == pytest.approx(expit(cut / model.model_.temperature))
