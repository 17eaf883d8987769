from __future__ import annotations

from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.trial.record import Outcome, TrialRecord
from qcsearch.search.trial.times import STAGES, StageTime, stage_times


def record(number: int, **times: float) -> TrialRecord:
    return TrialRecord(number, None, {}, Outcome("kept", ""), times=times)


def test_shares_are_of_all_trials_in_the_order_of_the_work() -> None:
    found = [record(0, train=5.0, map=1.0), record(1, train=1.0, sampler=1.0), record(2)]
    assert stage_times(found) == [
        StageTime("sampler", 1.0, 0.125),
        StageTime("map", 1.0, 0.125),
        StageTime("train", 6.0, 0.75),
    ]


def test_trials_without_times_have_no_stages() -> None:
    assert stage_times([]) == stage_times([record(0)]) == []


def test_a_search_counts_each_of_its_seconds_once(finished: SearchResult) -> None:
    found = records(RunFolder(finished.run))
    assert all(set(one.times) <= set(STAGES) for one in found)
    assert all(sum(one.times.values()) >= one.seconds for one in found)
    assert sum(sum(one.times.values()) for one in found) <= finished.seconds
    kept = next(one for one in found if one.outcome.kind == "kept")
    assert all(kept.times[stage] > 0 for stage in ("sampler", "build", "map", "compile", "train"))
