"""A search for another metric than accuracy: chosen by it, compared in it, refused where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import InputError
from qcsearch.search.finish.leaderboard import leaderboard
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
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
    said = Predictions.of_probabilities(found.model.predict_proba(test.X))
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
