"""Sessions: one at a time, none left open, and all of them under the ceiling."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from ibm_server.kills import kill_later
from ibm_server.server import IbmServer

from qcsearch.deployment.ibm.jobs.journal import Journal
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


RUN = """
import sys
from pathlib import Path
import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qcsearch.deployment.values import Pub
from qcsearch.deployment.executors.ibm import IbmExecutor
from qcsearch.deployment.ibm.options import IbmOptions
from qcsearch.deployment.ibm.connection.retry import RetryPolicy

circuit = QuantumCircuit(5, 1)
circuit.rz(Parameter("t"), 0)
circuit.measure(0, 0)
waits = {"poll_interval": 0.02, "max_poll_interval": 0.1, "backoff": 0.02, "settle_interval": 0.02}
retry = RetryPolicy(submits_per_minute=6000.0, **waits)
one = IbmExecutor("ibm_valencia", Path(sys.argv[1]), IbmOptions(1000.0, mode=sys.argv[2], retry=retry))
for angle in range(4):
    one.run([Pub(circuit, np.array([[float(angle)]]))], 50)
one.close()
"""


def go_on_with_kills(server, folder, mode, most, rng):
    """Run to the end, killed on the way; return the number of kills."""

    def start():
        words = [sys.executable, "-c", RUN, str(folder), mode]
        env = os.environ | server.environment | {"HOME": str(folder)}
        return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    kills = 0
    while kills < most and kill_later(start(), server, rng.randrange(1, 40), rng.uniform(0.0, 0.1)):
        kills += 1
    process = start()
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return kills


def check(server, folder):
    """Nothing is left open but what was killed before the answer to its opening came, which costs nothing."""
    journal = Journal(folder)
    journal.close()
    assert len(server.open_sessions) <= journal.lost_sessions
    assert not any(server.elapsed(name) for name in server.open_sessions)
    assert len(server.billed) == len(server.jobs) == 4
    assert journal.spent == pytest.approx(server.billed_seconds)
    return len(server.open_sessions)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["session", "batch"])
def test_kills_leave_no_session_open(tmp_path, mode):
    with IbmServer(("ibm_valencia",), queue_seconds=0.05, dry=True) as server:
        go_on_with_kills(server, tmp_path, mode, 2, random.Random(3))
        check(server, tmp_path)


@pytest.mark.exhaustive
def test_fifty_kills_leave_no_session_open(tmp_path):
    kills, seed, left = 0, 0, 0
    while kills < 50:
        folder, seed = tmp_path / str(seed), seed + 1
        folder.mkdir()
        with IbmServer(("ibm_valencia",), queue_seconds=0.05, idle_seconds=3.0, dry=True) as server:
            kills += go_on_with_kills(server, folder, "session", 8, random.Random(seed))
            left += check(server, folder)
    print(f"{kills} kills in {seed} runs; {left} sessions that nobody was told of")
