from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.errors import RunError
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.study.asked import Asked
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.search.workers.trial_loop import run_trials
from qcsearch.storage.canonical import digest
from qcsearch.training.parameters import ParameterCounts

COSTS = Costs(ParameterCounts(4), 2, 3, 10, 1e-6, 0.01, 0.9, 1.0, 3, 8, 0)


@pytest.fixture
def make(tmp_path: Path, dataset: Dataset, device: Device, space: SearchSpace) -> Callable[..., RunFolder]:
    def begin(name: str = "run", **changes: Any) -> RunFolder:
        settings = SearchSettings(**{"strategy": "tpe", "n_trials": 6, **changes})
        tight = space.tightened(settings.limits)
        run = RunFolder(tmp_path / name)
        with run.session():
            run.begin(RunConfig.of(dataset, device, tight, settings), dataset, device, tight)
        return run

    return begin


def kept(asked: Asked, accuracy: float = 0.5) -> TrialRecord:
    """A record without a training: a score that is a function of the candidate."""
    return TrialRecord(
        asked.number,
        asked.candidate,
        dict(asked.params),
        Outcome("kept", "Done."),
        validation_score=accuracy,
        costs=COSTS,
    )


def score(asked: Asked) -> float:
    return int(digest(asked.candidate.to_json())[:4], 16) / 65536


def drive(study: SearchStudy, objective: Objective, limit: int = 1000) -> list[tuple[str, float]]:
    """Ask and tell to the end, or so often; the candidates in order."""
    seen = []
    for _ in range(limit):
        asked = study.ask("me", objective.bound)
        if asked is None:
            break
        study.tell(asked, kept(asked, score(asked)))
        seen.append((asked.candidate.digest, score(asked)))
    return seen


def test_the_total_counts_all_sessions(make: Callable[..., RunFolder], objective: Objective) -> None:
    run = make()
    assert len(drive(SearchStudy(run, create=True), objective, limit=4)) == 4
    assert len(drive(SearchStudy(run), objective)) == 2
    assert SearchStudy(run).ended() == "trials"
    assert [record.trial for record in SearchStudy(run).records()] == list(range(6))


def test_workers_that_ask_at_once_do_not_pass_the_total(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    run = make(n_trials=10)
    SearchStudy(run, create=True)
    asked: list[Asked] = []

    def worker(name: str) -> None:
        study = SearchStudy(run)
        while (mine := study.ask(name, objective.bound)) is not None:
            asked.append(mine)

    threads = [threading.Thread(target=worker, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mine.number for mine in asked) == list(range(10))


def test_what_it_took_to_store_a_trial_stands_in_the_next_record(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    class Slow(SearchStudy):
        def tell(self, asked: Asked, record: TrialRecord) -> None:
            time.sleep(0.2)
            super().tell(asked, record)

    study = Slow(make(n_trials=2), create=True)
    run_trials(study, objective, worker="me")
    assert study.records()[1].times["store"] >= 0.2


def test_start_points_come_first_and_once(make: Callable[..., RunFolder], objective: Objective) -> None:
    run = make()
    for _ in range(2):
        study = SearchStudy(run, create=True)
        study.enqueue_starts(lambda: objective.bound)
    asked = study.ask("me", objective.bound)
    assert asked is not None
    assert asked.params["encoding"] == "reuploading"
    assert asked.params["learning_rate"] == 0.1
    assert len(study.trials()) == 1


def test_a_stale_trial_is_failed_and_does_not_count(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    run = make(n_trials=2)
    study = SearchStudy(run, create=True)
    assert study.ask("dead", objective.bound) is not None
    later = SearchStudy(run)
    assert later.fail_stale_trials() == 1
    assert later.n_finished() == 0
    assert later.records() == []
    (stale,) = later.trials()
    assert stale.state == TrialState.FAIL
    assert stale.user_attrs["record"]["outcome"]["error"] == "worker died"
    assert len(drive(later, objective)) == 2


def test_a_stale_trial_with_a_record_is_a_finished_trial(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    run = make()
    study = SearchStudy(run, create=True)
    asked = study.ask("dead", objective.bound)
    assert asked is not None
    # Killed between storing the record and telling the score.
    asked.trial.set_user_attr("record", kept(asked, 0.75).to_json())
    later = SearchStudy(run)
    assert later.fail_stale_trials() == 0
    (trial,) = later.trials()
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.75)
    assert later.n_finished() == 1


def test_the_stale_trials_of_one_worker_are_failed_and_the_others_left(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    study = SearchStudy(make(), create=True)
    study.ask("dead", objective.bound)
    study.ask("alive", objective.bound)
    assert study.fail_stale_trials("dead") == 1
    assert [trial.state for trial in study.trials()] == [TrialState.FAIL, TrialState.RUNNING]


def test_a_start_point_whose_worker_died_is_tried_again(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    run = make()
    study = SearchStudy(run, create=True)
    study.enqueue_starts(lambda: objective.bound)
    first = study.ask("dead", objective.bound)
    again = SearchStudy(run)
    again.fail_stale_trials()
    again.fail_stale_trials()
    again.enqueue_starts(lambda: objective.bound)
    second = again.ask("me", objective.bound)
    assert first is not None
    assert second is not None
    assert second.candidate == first.candidate
    assert len(again.trials()) == 2


def test_a_start_point_that_kills_every_worker_is_given_up(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    run = make(n_trials=None, max_seconds=1e6)
    SearchStudy(run, create=True).enqueue_starts(lambda: objective.bound)
    seen = []
    for _ in range(8):
        study = SearchStudy(run)
        asked = study.ask("dead", objective.bound)
        assert asked is not None
        seen.append(asked.candidate.digest)
        study.fail_stale_trials()
    assert len(set(seen)) > 1


@pytest.mark.parametrize("strategy", ["tpe", "random", "nsga2"])
def test_an_interrupted_serial_search_draws_what_an_unbroken_one_draws(
    strategy: str, make: Callable[..., RunFolder], objective: Objective
) -> None:
    whole = drive(SearchStudy(make("whole", strategy=strategy, n_trials=30), create=True), objective)
    run = make("broken", strategy=strategy, n_trials=30)
    SearchStudy(run, create=True)
    broken: list[tuple[str, float]] = []
    for part in (3, 12, 1, 30):
        study = SearchStudy(run)
        study.fail_stale_trials()
        broken += drive(study, objective, limit=part)
        study.ask("dead", objective.bound)
    assert broken == whole
    other = drive(SearchStudy(make("other", strategy=strategy, n_trials=30, seed=1), create=True), objective)
    assert other != whole


def test_a_multi_objective_study_knows_both_values(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    study = SearchStudy(make(strategy="nsga2", n_trials=3), create=True)
    drive(study, objective)
    assert not study.prunes
    assert all(trial.values[1] == COSTS.two_qubit_gates for trial in study.trials())


def test_an_infeasible_trial_is_pruned_and_the_sampler_told_by_how_much(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    study = SearchStudy(make(), create=True)
    asked = study.ask("me", objective.bound)
    assert asked is not None
    record = replace(
        kept(asked),
        outcome=Outcome("infeasible", "Too deep.", constraint="depth", violation=0.5),
        validation_score=None,
        constraints={"depth": 0.5, "weights": -0.1},
    )
    study.tell(asked, record)
    (trial,) = study.trials()
    assert trial.state == TrialState.PRUNED
    assert trial.constraints == {"depth": 0.5}


def test_the_same_candidate_is_not_trained_twice(
    make: Callable[..., RunFolder], objective: Objective, quick: str
) -> None:
    study = SearchStudy(make(n_trials=5), create=True)
    same = replace(objective.bound, parameters=_only_one(quick))
    records: list[TrialRecord] = []
    run_trials(study, replace(objective, bound=same), worker="me", on_record=records.append)
    assert [record.outcome.kind for record in records] == ["kept"] + ["reused"] * 4
    assert {record.outcome.trial for record in records[1:]} == {0}
    assert {record.validation_score for record in records} == {records[0].validation_score}
    assert all(record.outcome.text.startswith("The same candidate as trial 0") for record in records[1:])


def _only_one(quick: str):
    text = quick.replace('["minmax", "standard"]', '["minmax"]').replace(
        '["reuploading", "angle"]', '["angle"]'
    )
    text = text.replace("{ min = 1, max = 3 }", "1").replace("regions = 2", "regions = 1")
    text = text.replace('["Z", "Z+ZZ"]', '["Z"]').replace("{ min = 0.02, max = 0.3 }", "0.1")
    return SearchSpace.from_toml(text.split("[[start]]")[0]).parameters


def test_a_space_that_is_exhausted_ends_the_search(
    make: Callable[..., RunFolder], objective: Objective, quick: str
) -> None:
    study = SearchStudy(make(n_trials=None, max_seconds=1e6), create=True)
    same = replace(objective.bound, parameters=_only_one(quick))
    run_trials(study, replace(objective, bound=same), worker="me")
    assert study.ended() == "exhausted"
    assert study.n_finished() < 60


def test_a_space_without_a_feasible_candidate_ends_the_search(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    study = SearchStudy(make(n_trials=None, max_seconds=1e6), create=True)
    for _ in range(1000):
        asked = study.ask("me", objective.bound)
        if asked is None:
            break
        outcome = Outcome("infeasible", "No.", constraint="depth", violation=1.0)
        study.tell(asked, replace(kept(asked), outcome=outcome, validation_score=None))
    assert study.ended() == "hopeless"


def test_a_trial_that_raises_is_a_failed_trial_with_its_error(
    make: Callable[..., RunFolder], objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the sky fell")

    monkeypatch.setattr("qcsearch.search.trial.objective.fit_candidate", broken)
    study = SearchStudy(make(n_trials=2), create=True)
    run_trials(study, objective, worker="me")
    records = study.records()
    assert [record.outcome.kind for record in records] == ["failed", "failed"]
    assert records[0].outcome.text == "RuntimeError: the sky fell"
    assert records[0].candidate is not None


def test_the_threshold_of_a_pruned_trial_is_what_it_would_have_needed(
    make: Callable[..., RunFolder], objective: Objective
) -> None:
    study = SearchStudy(make(n_trials=None, max_seconds=1e6), create=True)
    for accuracy in (0.9, 0.8, 0.7, 0.6):
        asked = study.ask("me", objective.bound)
        assert asked is not None
        threshold = study.report(asked, 0, accuracy)
        study.tell(asked, kept(asked, accuracy))
        assert threshold == (None if accuracy == 0.9 else 0.9 if accuracy > 0.6 else 0.8)


def test_the_study_of_another_space_is_refused(make: Callable[..., RunFolder]) -> None:
    run = make()
    SearchStudy(run, create=True)
    other = make("other", max_two_qubit_gates=1)
    other.journal.write_bytes(run.journal.read_bytes())
    with pytest.raises(
        RunError, match=rf"made with another search space.*Got {other.space.fingerprint[:12]}"
    ):
        SearchStudy(other)
