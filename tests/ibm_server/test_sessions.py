"""Sessions: one at a time, none left open, and all of them under the ceiling."""

from __future__ import annotations

import pytest

from qcsearch.errors import BackendError, CeilingError


def killed(one):
    """What is left of a process that was killed: nothing is closed."""
    one._journal.close()


@pytest.mark.parametrize("mode", ["session", "batch"])
def test_the_session_of_a_killed_run_is_closed_by_the_next(server, executor, rotation, mode):
    for _ in range(3):
        one = executor(mode=mode)
        one.run([rotation], 50)
        one.run([rotation], 50)
        killed(one)
    assert len(server.sessions) == 1  # the results were there
    last = executor(mode=mode)
    for _ in range(3):
        last.run([rotation], 50)
    assert len(server.sessions) == 2
    assert len(server.open_sessions) == 1
    last.close()
    assert server.open_sessions == []
    assert len(server.billed) == 3


@pytest.mark.parametrize("mode", ["job", "session"])
def test_a_run_that_needs_none_closes_what_is_left_too(server, executor, rotation, mode):
    one = executor(mode="session")
    one.run([rotation], 50)
    killed(one)
    executor(mode=mode).close()
    assert server.open_sessions == []


def test_a_session_counts_by_the_clock(serve, executor, rotation):
    server = serve("ibm_valencia", idle_seconds=30.0)
    for turn in range(3):
        one = executor(mode="session", max_qpu_seconds=66.0, seed=turn)
        if turn == 2:
            with pytest.raises(CeilingError):
                one.run([rotation], 50)
        else:
            one.run([rotation], 50)
        killed(one)
    assert len(server.sessions) == 2
    last = executor(mode="session", max_qpu_seconds=66.0)
    last.close()
    assert last.budget.spent() == pytest.approx(server.billed_seconds)
    assert server.open_sessions == []


@pytest.mark.parametrize("effect", ["after 504", "after drop", 503])
def test_a_session_whose_opening_got_no_answer_costs_nothing_and_is_said(server, executor, rotation, effect):
    server.faults.add("session", effect)
    one = executor(mode="session")
    one.run([rotation], 50)
    assert any("session may be open" in notice for notice in one.notices)
    one.close()
    assert len(server.billed) == 1
    assert one.budget.spent() == pytest.approx(server.billed_seconds)


def test_a_session_that_is_gone_is_closed(server, executor, rotation):
    one = executor(mode="session")
    one.run([rotation], 50)
    killed(one)
    server.sessions.clear()
    again = executor(mode="session")
    again.run([rotation], 50)
    again.run([rotation], 50)
    again.close()
    assert len(server.sessions) == 1
    assert server.open_sessions == []


def test_a_session_that_cannot_be_closed_is_not_followed_by_another(server, executor, rotation, quick):
    one = executor(mode="session")
    one.run([rotation], 50)
    killed(one)
    server.faults.add("session", 503, times=1000)
    again = executor(mode="session")
    with pytest.raises(BackendError):
        again.run([rotation], 60)
    again.close()
    assert len(server.sessions) == 1
    server.faults.clear()
    executor(mode="session").close()
    assert server.open_sessions == []
