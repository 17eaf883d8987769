"""A search for another metric than accuracy: chosen by it, compared in it, refused where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from scipy.special import softmax

from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.write import write_bundle
from qcsearch.candidate.choice import Choice
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import InputError
from qcsearch.search.finish.leaderboard import leaderboard
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.trial.constraints import Infeasible
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.training.judging.calibration import calibration
from qcsearch.training.metrics import Metric
from qcsearch.training.predictions import Predictions

Search = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def found(search: Search, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """Of 150 samples the tenth is of the rare class, which overlaps the other."""
    rng = np.random.default_rng(0)
    y = (np.arange(150) % 10 == 0).astype(int)
    data = load_dataset((rng.normal(size=(150, 2)) + 1.5 * y[:, None], y))
    run = tmp_path_factory.mktemp("metric") / "run"
    return search(run, dataset=data, n_trials=3, metric="neg_log_loss", baselines="fast")


def test_trials_are_ranked_and_chosen_by_it(found: SearchResult) -> None:
    assert {record.metric for record in found.records} == {"neg_log_loss"}
    trained = [record for record in found.records if record.trained]
    assert all(record.validation_score is not None and record.validation_score < 0 for record in trained)
    assert found.run is not None
    rows = [row for row in leaderboard(RunFolder.open(found.run)) if row.kind == "trial"]
    scores = [row.score for row in rows]
    assert scores == sorted(scores, key=lambda score: score or 0, reverse=True)
    assert all(row.accuracy is None for row in rows)


def test_the_score_on_the_test_part_is_that_of_the_model_it_hands_over(found: SearchResult) -> None:
    assert found.run is not None
    test = split(RunFolder.open(found.run).dataset, 0).test
    said = Predictions.of_outputs(found.model.target, found.model.decision(test.X), found.model.temperature)
    assert found.best.test_score == pytest.approx(Metric("neg_log_loss")(test.y, said))
    low, high = found.best.test_score_interval
    assert low < found.best.test_score < high
    assert found.model.metrics["test_score"] == found.best.test_score


def test_every_baseline_has_its_score_and_the_difference_to_the_winner(found: SearchResult) -> None:
    names = {one.name for one in found.baselines}
    assert {"majority class", "logistic regression", "RBF-SVM", "RBF-SVM, raw features"} <= names
    for one in found.baselines:
        assert one.test_score < 0
        assert one.score_difference.value == pytest.approx(found.best.test_score - one.test_score)
    majority = next(one for one in found.baselines if one.name == "majority class")
    assert found.run is not None
    parts = split(RunFolder.open(found.run).dataset, 0)
    share = np.mean(parts.train.y)
    test = np.mean(parts.test.y)
    wanted = (1 - test) * np.log(1 - share) + test * np.log(share)
    assert majority.test_score == pytest.approx(wanted)


def test_a_metric_that_the_data_do_not_have_is_refused_before_the_folder_is_made(
    search: Search, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    three = load_dataset((rng.normal(size=(60, 2)), np.tile([0, 1, 2], 20)))
    with pytest.raises(InputError, match=r"'roc_auc' must be defined for the data.*take 'roc_auc_ovr'"):
        search(tmp_path / "run", dataset=three, metric="roc_auc")
    assert not (tmp_path / "run").exists()


def test_the_model_is_calibrated_by_what_its_weights_did_not_learn_and_keeps_its_classes(
    found: SearchResult, tmp_path: Path
) -> None:
    assert found.run is not None
    assert found.calibration is not None
    kept, test = load_bundle(found.run / "model"), split(RunFolder.open(found.run).dataset, 0).test
    assert kept.temperature == found.model.temperature == found.calibration.temperature
    logits = kept.decision(test.X)
    for temperature in (kept.temperature, 2.5):  # of so few samples it may well be 1
        write_bundle(replace(found.model, temperature=temperature), tmp_path / "model", overwrite=True)
        model = load_bundle(tmp_path / "model")
        np.testing.assert_allclose(model.predict_proba(test.X), softmax(logits / temperature, axis=1))
        np.testing.assert_array_equal(model.answers(test.X), logits.argmax(axis=1))
    assert calibration(logits, test.y, kept.temperature) == found.calibration
    assert found.calibration.sentence in str(leaderboard(RunFolder.open(found.run)))


def test_result_and_card_say_how_often_each_class_is_recognised(found: SearchResult) -> None:
    assert found.run is not None
    assert [one.label for one in found.recalls] == ["0", "1"]
    for one, row in zip(found.recalls, found.confusion, strict=True):
        assert (one.n_samples, one.recall) == (sum(row), row[int(one.label)] / sum(row))
    card = (found.run / "model" / "MODEL_CARD.md").read_text()
    for one in found.recalls:
        assert f"| {one.label} | {one.n_samples} | {one.recall:.4f} |" in card
    assert RunFolder.open(found.run).result() == found


def test_balanced_weights_reach_trials_and_refits(search: Search, tmp_path: Path) -> None:
    """Of nine to one unweighted models say the common class of all: the rare one is recognised with weights alone."""
    rng = np.random.default_rng(0)
    y = (np.arange(200) % 10 == 0).astype(int)
    data = load_dataset((rng.normal(size=(200, 2)) + 1.2 * y[:, None], y))
    asked = {"dataset": data, "n_trials": 2, "metric": "balanced_accuracy"}
    plain = search(tmp_path / "plain", **asked)
    weighted = search(tmp_path / "weighted", **asked, class_weight="balanced")
    assert weighted.recalls[1].recall > plain.recalls[1].recall


def test_a_head_that_takes_no_weights_is_refused_where_samples_have_some(objective: Objective) -> None:
    data = replace(objective.features.dataset, name="weighted")
    weighted = replace(objective, features=Features(data, 0, class_weight="balanced"))
    candidate = weighted.bound.candidate(weighted.bound.draw(optuna.create_study().ask()))
    with pytest.raises(Infeasible, match=r"a head must take them. Got the head 'gaussian_process'"):
        weighted.transpile(replace(candidate, head=Choice("gaussian_process")))
