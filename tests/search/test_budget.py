from __future__ import annotations

import time
from pathlib import Path

import pytest

from qcsearch.search.budget import Budget, Clock


def test_the_shares_of_the_seconds_leave_something_for_refit_and_evaluation() -> None:
    budget = Budget(100.0)
    assert budget.search_seconds is not None
    assert budget.refit_seconds is not None
    assert 0 < budget.search_seconds < budget.refit_seconds < 100


def test_a_clock_adds_up_over_sessions(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    for _ in range(2):
        with Clock(path):
            time.sleep(0.2)
    assert 0.4 <= Clock(path).seconds < 0.8


def test_a_killed_session_loses_less_than_a_second(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    with clock:
        time.sleep(1.3)
        seen = Clock(tmp_path / "clock.json").seconds  # what a session after a kill would find
        assert clock.seconds - 0.9 < seen <= clock.seconds


def test_a_deadline_is_when_the_total_is_reached(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text('{"seconds": 40.0}')
    with Clock(tmp_path / "clock.json") as clock:
        deadline = clock.deadline(100.0)
        assert deadline is not None
        assert deadline - time.monotonic() == pytest.approx(60, abs=0.1)
        assert clock.deadline(None) is None
