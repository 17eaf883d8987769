"""Kinds of trouble: one billed job a request, every second accounted for, the key at home, an end with a name."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from ibm_server.trouble import TROUBLE

from qcsearch.deployment.values import Pub
from qcsearch.errors import (
    CredentialsError,
    DeadlineError,
    IdentityError,
    ServiceError,
    UsageLimitError,
)

REQUESTS = 2

FEW = (
    "429", "504 after acceptance", "listed late twice", "two jobs", "stalled poll", "html with 200",
    "unknown status that stays", "substituted and run", "failed, its bill late", "bills NaN", "session closed",
    "identity service down", "recalibrated, unfit",
)  # fmt: skip
"""Kinds that are always tried; the others are left to the long checks."""


@pytest.fixture
def rows(rotation):
    """One request for each row."""
    angles = np.linspace(0.1, 3.0, REQUESTS)
    return [Pub(rotation.circuit, np.array([[angle]])) for angle in angles]


def run_until_done(executor, server, rows, trouble, quick):
    """Run all requests; after an error with a name, the trouble over, run the same again. Return the errors."""
    errors = []
    for _ in range(3):
        one = executor(
            retry=replace(quick, call_timeout=0.5), max_qpu_seconds=ceiling(trouble), **trouble.options
        )
        try:
            return [one.run([pub], 50)[0].get_counts() for pub in rows], errors
        except trouble.ends as error:
            errors.append(error)
            server.faults.clear()
            server.cancels = True
            server.processors.pop("ibm_valencia", None)  # the next calibration is a good one
        finally:
            one.close()
    raise AssertionError(errors)


def ceiling(trouble):
    """Just what all its jobs take: any second that is counted twice, or not at all, would be seen."""
    return 2.02 * (REQUESTS + trouble.wasted)


def play(name, serve, executor, rows, quick, turn, **settings):
    """Let the trouble come at one of the requests, and check how it ends."""
    trouble, request = TROUBLE[name], turn % REQUESTS
    server = serve(seed=turn, lag=0.15, **settings | trouble.server)
    for call, effect, times in trouble.script:
        first = 0 if times == REQUESTS else request  # or all of them
        before = {"submit": first, "properties": 1 + request}  # properties are read once at the start
        server.faults.add(call, effect, times, before.get(call, 0))
    counts, errors = run_until_done(executor, server, rows, trouble, quick)
    settle(server)
    last = executor(retry=quick)
    last.close()  # it looks at what is open of the bill
    assert [sum(one.values()) for one in counts] == [50] * REQUESTS
    assert bool(errors) == bool(trouble.ends)
    assert server.faults.left == 0 or errors
    assert all(str(error).endswith(".") for error in errors)
    assert len(server.billed) == REQUESTS + trouble.wasted
    assert last.budget.spent() == pytest.approx(server.billed_seconds)
    assert server.billed_seconds <= ceiling(trouble)
    assert server.unfinished == server.leaks() == []
    assert len(server.open_sessions) == trouble.lost


def settle(server):
    wait_for(lambda: not server.unfinished)


def wait_for(what):
    for _ in range(100):
        if what():
            return
        time.sleep(0.05)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FEW else pytest.mark.slow) for name in TROUBLE]
)
def test_trouble_ends_in_success_or_in_its_error_and_one_billed_job_a_request(
    name, serve, executor, rows, quick
):
    play(name, serve, executor, rows, quick, turn=1)


@pytest.mark.exhaustive
@pytest.mark.parametrize("turn", range(20))
@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_at_any_request(name, turn, serve, executor, rows, quick):
    play(name, serve, executor, rows, quick, turn, dry=True, queue_seconds=0.01 * (turn % 4))


def test_the_raw_key_stays_at_home_when_the_identity_service_fails_in_the_middle(
    server, executor, rows, quick
):
    one = executor()
    one.run([rows[0]], 50)
    server.access_tokens.clear()
    auth = one._cloud.service._active_api_client._session.auth
    auth._renew()  # the token has expired
    server.faults.add("iam", 503, times=1000)
    with pytest.raises((IdentityError, ServiceError)):
        one.run([rows[1]], 50)
    assert server.leaks() == []
    server.faults.clear()
    one.close()
    executor().run([rows[1]], 50)
    assert len(server.billed) == 2


def test_a_key_that_is_refused_is_said(server, executor, rows, monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "another-key")
    with pytest.raises(CredentialsError, match="refuses it"):
        executor().run([rows[0]], 50)
    assert server.jobs == {}


def test_a_limit_that_is_reached_is_said_before_a_job_is_submitted(server, executor, rows):
    server.limit_seconds = 0.0
    with pytest.raises(UsageLimitError):
        executor().run([rows[0]], 50)
    assert server.jobs == {}
    server.limit_seconds = None
    executor("ibm_valencia", "another").run([rows[0]], 50)
    assert len(server.billed) == 1


@pytest.mark.parametrize("how", ["late", "hidden", "hidden 504"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_job_that_comes_to_light_late_is_waited_for(server, executor, rows, how, times):
    server.faults.add("submit", how, times)
    one = executor()
    one.run([rows[0]], 50)
    one.close()
    assert len(server.jobs) == len(server.billed) == 1
    assert one.budget.spent() == pytest.approx(server.billed_seconds)


@pytest.mark.parametrize("how", ["late", "hidden"])
def test_one_that_comes_later_than_is_waited_is_cancelled_while_it_can_be(server, executor, rows, quick, how):
    server.queue_seconds, server.lag = 1.5, None  # it comes with the second, however fast the machine is
    server.faults.add("submit", how)
    one = executor(retry=replace(quick, settle_interval=0.002))
    one.run([rows[0]], 50)
    one.close()
    assert len(server.jobs) == 2
    assert len(server.billed) == 1
    assert [job.state for job in server.jobs.values() if not job.seconds] == ["Cancelled"]
    (entry,) = one._journal.entries
    assert {entry.job, *entry.duplicates} == set(server.jobs)
    assert one.budget.spent() == pytest.approx(server.billed_seconds)


@pytest.mark.parametrize("how", ["twice", "twice drop"])
@pytest.mark.parametrize("holds", [False, True])
def test_of_two_jobs_one_is_kept_and_both_are_on_the_bill(server, executor, rows, how, holds):
    server.holds = holds
    server.faults.add("submit", how)
    one = executor()
    one.run([rows[0]], 50)
    assert one.budget.bill() == pytest.approx(server.billed_seconds)
    assert len(server.jobs) == 2
    assert len(server.billed) == (1 if holds else 2)
    (entry,) = one._journal.entries
    assert {entry.job, *entry.duplicates} == set(server.jobs)


def test_a_second_job_that_ran_all_the_same_counts_in_what_was_spent(server, executor, rows, quick):
    server.lag = 2.0
    server.faults.add("submit", "late")
    one = executor(retry=replace(quick, settle_interval=0.001))
    one.run([rows[0]], 50)
    wait_for(lambda: len(server.billed) == 2)  # it came to light when nobody looked any more, and has run
    one.close()
    assert one.budget.spent() == pytest.approx(server.billed_seconds)


def test_a_clear_answer_costs_no_seconds(server, executor, rows, quick):
    server.faults.add("submit", 429, 2)
    one = executor(retry=replace(quick, settle_interval=60.0))
    started = time.monotonic()
    one.run([rows[0]], 50)
    one.close()
    assert time.monotonic() - started < 30.0


def test_a_job_that_takes_too_long_is_waited_for_by_the_next_run(server, executor, rows, quick):
    server.queue_seconds = 2.0
    one = executor(retry=replace(quick, job_timeout=0.3))
    with pytest.raises(DeadlineError, match="is queued"):
        one.run([rows[0]], 50)
    one.close()
    executor().run([rows[0]], 50)
    assert len(server.jobs) == len(server.billed) == 1


def test_a_service_that_is_down_for_good_is_left_alone_after_a_while(server, executor, rows, quick):
    one = executor(retry=replace(quick, breaker_failures=5, breaker_seconds=30.0))
    one.run([rows[0]], 50)
    server.faults.add("usage", 500, times=1000)
    with pytest.raises(ServiceError, match="left alone"):
        one.run([rows[1]], 50)
    assert server.calls("usage") < 12
    assert len(server.jobs) == 1
