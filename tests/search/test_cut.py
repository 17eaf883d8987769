"""Trainings that a deadline stopped early, and winners that are none: never compared with what went to its end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.search.finish.baselines.base import REFITTED, UNENTANGLED, Unmeasured
from qcsearch.search.finish.baselines.circuits import quantum_rows
from qcsearch.search.finish.baselines.fitting import Fitting
from qcsearch.search.finish.comparisons import compared
from qcsearch.search.finish.evaluate import evaluate
from qcsearch.search.finish.evaluated import EvaluatedWinner
from qcsearch.search.finish.leaderboard import leaderboard, records
from qcsearch.search.finish.refit import refit
from qcsearch.search.finish.schedule import Deadlines
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.pareto import pareto_front
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.record import Outcome, TrialRecord

Search = Callable[..., SearchResult]


def cut(record: TrialRecord, accuracy: float = 1.0) -> TrialRecord:
    """The same trial, stopped early, with a better accuracy than any."""
    outcome = Outcome("cut", "Cut short at step 3: The time was used up.", step=3)
    return replace(record, outcome=outcome, validation_score=accuracy, steps=3)


@pytest.fixture(scope="module")
def ranked(drawn: SearchResult) -> list[TrialRecord]:
    return rank(records(RunFolder.open(drawn.run)))


def test_a_training_that_was_cut_short_stands_behind_all_others_and_never_on_the_front(
    ranked: list[TrialRecord],
) -> None:
    *whole, last = ranked
    found = [cut(last), *whole]
    assert [record.trial for record in rank(found)] == [record.trial for record in ranked]
    assert last.trial not in [record.trial for record in pareto_front(found)]


def test_it_does_not_win_where_there_is_no_time_to_train_it_to_its_end(
    objective: Objective, ranked: list[TrialRecord]
) -> None:
    found = rank([cut(ranked[-1]), *ranked[:-1]])
    winner, *_ = refit(objective, found, deadline=time.monotonic(), emit=lambda event: None)
    assert winner.record.trial == ranked[0].trial
    assert not winner.cut
    assert winner.notices[0].startswith("Of 2 trainings of the winner from other seeds none went to the end")


def test_with_the_time_it_is_judged_by_trainings_that_went_to_their_end(
    objective: Objective, ranked: list[TrialRecord]
) -> None:
    found = rank([cut(ranked[-1]), *ranked[:-1]])
    finalists = refit(objective, found, deadline=None, emit=lambda event: None)
    assert {f.record.trial for f in finalists} == {ranked[0].trial, ranked[-1].trial}
    (again,) = (f for f in finalists if f.record.trial == ranked[-1].trial)
    assert [fit.seed_index for fit in again.refits] == [1, 2]
    assert again.best.seed_index > 0
    assert again.mean == np.mean([fit.validation_score for fit in again.refits])
    assert not again.cut
    assert not again.notices


def test_where_all_were_cut_short_the_winner_says_so(objective: Objective, ranked: list[TrialRecord]) -> None:
    found = [cut(record) for record in ranked]
    winner, *_ = refit(objective, found, deadline=time.monotonic(), emit=lambda event: None)
    assert winner.cut == found[0].outcome.text


def test_a_circuit_that_is_cut_short_is_missing_with_its_reason_and_is_no_number(
    objective: Objective, ranked: list[TrialRecord], drawn: SearchResult
) -> None:
    winner, *_ = refit(objective, ranked, deadline=time.monotonic(), emit=lambda event: None)
    found = evaluate(objective, winner)
    tested = EvaluatedWinner(objective, winner, found.test, found.predicted, found.predicted_at_shots)
    names = [row.name for row in quantum_rows("full")]
    first = replace(drawn, baselines=(), missing=dict.fromkeys(names, "not yet"))

    def end(training: float | None) -> SearchResult:
        # Models that were never begun: what is asked here is the circuits.
        *_, last = compared(tested, first, Fitting("full"), deadlines=Deadlines(training=training))
        return last

    late = end(time.monotonic())
    assert late.baselines == ()
    assert late.missing == dict.fromkeys(names, "The seconds were used up.")
    whole = end(None)
    assert {score.name for score in whole.baselines} == set(names) - whole.missing.keys()
    assert names[0] in {score.name for score in whole.baselines}


@pytest.mark.parametrize("name", [row.name for row in quantum_rows("full") if row.name != REFITTED])
def test_a_baseline_whose_training_a_deadline_stops_has_no_number(
    name: str, objective: Objective, ranked: list[TrialRecord]
) -> None:
    (row,) = (row for row in quantum_rows("full") if row.name == name)
    winner, *_ = refit(objective, ranked, deadline=time.monotonic(), emit=lambda event: None)
    endless = replace(winner.transpiled.candidate.training, steps=10_000_000)
    candidate = replace(winner.transpiled.candidate, training=endless)
    winner.transpiled = replace(winner.transpiled, candidate=candidate)
    with pytest.raises(Unmeasured, match=r"Its training was stopped early: The time was used up\."):
        row.train(objective, winner, time.monotonic() + 0.3)


def test_a_row_that_is_missing_stands_in_the_board_with_its_reason(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qcsearch.search.budget._TRAINING_SHARE", 0.0)
    result = search(tmp_path / "run", n_trials=1, max_seconds=60, baselines="fast")
    (row,) = (row for row in leaderboard(RunFolder.open(result.run)) if row.name == UNENTANGLED)
    assert (row.kind, row.accuracy, row.note) == ("missing", None, result.missing[UNENTANGLED])
    assert result.to_json()["missing"] == result.missing
    assert row.note in str(leaderboard(RunFolder.open(result.run)))
    assert RunFolder.open(result.run).result() == result


def test_a_search_of_trainings_that_were_all_cut_short_ends_with_code_3(
    search: Search, quick: str, tmp_path: Path
) -> None:
    endless = SearchSpace.from_toml(quick.replace("steps = 12", "steps = 10_000_000"), "endless")
    result = search(tmp_path / "run", space=endless, max_seconds=3)
    assert result.cut.startswith("Cut short at step ")
    assert result.failure.endswith(f"No training went to its end, the winner's neither: {result.cut}")
    assert result.exit_code == 3
    assert result.pareto == ()
    assert result.seeds == ()
    rows = leaderboard(RunFolder.open(result.run))
    assert {row.outcome for row in rows if row.kind == "trial"} == {"cut"}
    assert all(row.note for row in rows if row.kind == "trial")
    assert rows[0].note == result.failure


def test_a_winner_that_is_no_better_than_the_majority_class_ends_with_code_4(
    search: Search, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    blind = load_dataset((rng.normal(size=(200, 2)), (np.arange(200) % 10 == 0).astype(int)))
    result = search(tmp_path / "run", dataset=blind, n_trials=1)
    (majority,) = (one.test_accuracy for one in result.baselines)
    assert majority == pytest.approx(0.9, abs=0.02)
    assert result.best.test_accuracy_noisy <= majority
    assert result.failure.startswith("The winner is no better than the majority class: 9")
    assert (result.cut, result.exit_code) == ("", 4)
    assert replace(result, ended="seconds").exit_code == 3
    assert replace(result, failure="").exit_code == 0


def test_the_majority_class_stands_in_the_board_of_a_run_without_a_result_too(
    search: Search, tmp_path: Path
) -> None:
    result = search(tmp_path / "run", n_trials=1)
    (tested,) = (row for row in leaderboard(RunFolder.open(result.run)) if row.name == "majority class")
    assert (tested.split, tested.kind) == ("test", "classical")
    (result.run / "result.json").unlink()
    first = leaderboard(RunFolder.open(result.run))[0]
    assert (first.name, first.split) == ("majority class", "validation")
    assert math.isclose(first.accuracy_noiseless or 0.0, 0.5, abs_tol=0.05)
