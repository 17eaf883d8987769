"""A search for finitely many shots: trained for them, chosen and compared by what is reached with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qcsearch.errors import RunError
from qcsearch.search.finish.leaderboard import leaderboard, records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.trial.objective import Objective
from qcsearch.training.scoring import validation_score

Search = Callable[..., SearchResult]
SHOTS = 16


@pytest.fixture(scope="module")
def measured(search: Search, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return search(tmp_path_factory.mktemp("shots") / "run", n_trials=5, shots=SHOTS, baselines="fast")


def test_trials_are_trained_for_the_shots_and_scored_with_them(
    measured: SearchResult, objective: Objective
) -> None:
    assert measured.run is not None
    kept = [record for record in records(RunFolder.open(measured.run)) if record.outcome.kind == "kept"]
    assert kept
    at_shots = replace(objective, shots=SHOTS)
    for record in kept:
        assert record.candidate is not None
        assert record.costs is not None
        again = at_shots(record.trial, record.candidate, record.params)
        assert again.validation_score == record.validation_score
        assert again.parameters == record.parameters
        assert objective(record.trial, record.candidate, record.params).parameters != record.parameters
        transpiled, cost, _ = objective.transpile(record.candidate)
        data = objective.features.prepare(record.candidate.preprocessing).data
        for shots, score in ((SHOTS, record.validation_score), (None, record.validation_score_noisy)):
            found = validation_score(transpiled, record.parameters, data, shots=shots)
            assert found == pytest.approx(score, abs=0.002)  # trained in single precision
        assert record.costs.shots == SHOTS
        assert record.costs.qpu_seconds == pytest.approx(cost.qpu_seconds * SHOTS / 4096)


def test_what_was_searched_for_16_shots_is_told_at_16_shots(measured: SearchResult) -> None:
    assert measured.run is not None
    assert measured.best.shots == measured.best.test_at_shots.shots == SHOTS
    rows = leaderboard(RunFolder.open(measured.run))
    assert all(row.for_shots for row in rows if row.kind != "missing")
    winner = next(row for row in rows if row.kind == "winner")
    assert winner.interval == measured.best.test_at_shots.interval
    for score in measured.baselines:
        assert (score.test_at_shots is not None) == score.quantum
        theirs = score.test_accuracy if score.test_at_shots is None else score.test_at_shots.accuracy
        assert score.difference.value == pytest.approx(measured.best.test_at_shots.accuracy - theirs)
    trial = next(row for row in rows if row.kind == "trial")
    assert (trial.shots, trial.accuracy) != (None, trial.accuracy_at_shots)
    assert "16 shots" in str(rows)


def test_a_search_for_infinitely_many_shots_is_told_at_1_024_and_compared_at_infinitely_many(
    finished: SearchResult,
) -> None:
    best = finished.best
    assert (best.shots, best.test_at_shots.shots) == (None, 1024)
    for score in finished.baselines:
        assert score.difference.value == pytest.approx(best.test_accuracy_noisy - score.test_accuracy)


def test_a_run_is_not_resumed_for_other_shots(measured: SearchResult, search: Search) -> None:
    assert measured.run is not None
    with pytest.raises(RunError, match="shots"):
        search(Path(measured.run), n_trials=6, shots=SHOTS + 1, baselines="fast")


def test_equal_seeds_find_equal_scores_with_shots_too(
    measured: SearchResult, search: Search, tmp_path: Path
) -> None:
    again = search(tmp_path / "run", n_trials=5, shots=SHOTS, baselines="none")
    assert again.best == measured.best
    assert np.array_equal(again.model.parameters.vector, measured.model.parameters.vector)
