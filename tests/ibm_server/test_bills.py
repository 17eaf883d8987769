"""What was spent: of every job there ever was, whatever became of it and whatever is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qcsearch.deployment.ibm.billing.bills import Bill, ClockBill
from qcsearch.errors import CeilingError, JobCancelledError, JobFailedError, SubstitutedError

ENDS = {"fail billed": JobFailedError, "cancel billed": JobCancelledError, "substitute": SubstitutedError}
NONSENSE = ["NaN", "null", "-1000", "Infinity", "-Infinity", "1e308", "true", '"12"', "[]", "{}"]


@pytest.fixture
def slow(serve):
    """A server whose jobs take 80 s, and whose bills come half a second late."""
    return lambda **settings: serve(
        "ibm_valencia", "ibm_lagos", slowness=lambda: 40.0, bill_lag=0.5, **settings
    )


@pytest.mark.parametrize("how", ENDS)
def test_a_job_that_ended_badly_is_on_the_bill_of_the_next_run(slow, executor, rotation, how):
    server = slow()
    server.faults.add("submit", how, times=9)
    for error in (ENDS[how], CeilingError, CeilingError):
        one = executor(max_qpu_seconds=100.0)
        with pytest.raises(error):
            one.run([rotation], 50)
        one.close()
    assert len(server.jobs) == 1
    assert one.budget.spent() == pytest.approx(server.billed_seconds, abs=0.1)
    assert server.billed_seconds > 70.0


@pytest.mark.parametrize("how", ENDS)
def test_a_job_whose_bill_is_late_is_waited_for_before_the_next_is_let_through(
    slow, executor, rotation, how, quick
):
    server = slow()
    server.faults.add("submit", how)
    one = executor(max_qpu_seconds=100.0, retry=replace(quick, settle_interval=0.2))
    for error in (ENDS[how], CeilingError):
        with pytest.raises(error):
            one.run([rotation], 50)
    assert len(server.jobs) == 1


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_usage_counts_as_the_estimate_until_there_is_one(server, executor, rotation, text):
    server.faults.add("metrics", text, times=1000)
    one = executor()
    one.run([rotation], 50)
    assert one.budget.bill() == pytest.approx(server.billed_seconds, rel=0.1)
    assert "The bill of 1 job is not final" in " ".join(one.notices)
    one.close()
    server.faults.clear()
    server.slowness = lambda: 40.0
    again = executor()
    again.run([rotation], 50)
    again.run([rotation], 50)
    again.close()
    assert again.budget.spent() == pytest.approx(server.billed_seconds)
    assert again.notices == ()


def test_a_bill_is_never_taken_back_and_never_above_what_was_asked():
    bill = Bill()
    for seconds, final, cost in [(0.0, False, 3.0), (5.0, False, 5.0), (4.0, False, 5.0), (2.0, True, 5.0)]:
        bill = bill.told(seconds, final, most=20.0)
        assert bill.cost(3.0, 20.0) == cost
    assert bill.told(0.0, False, 20.0).cost(3.0, 20.0) == 5.0
    assert Bill().told(10_000.0, True, most=20.0).cost(3.0, 20.0) == 20.0
    assert Bill().told(1.0, True, most=20.0).cost(3.0, 20.0) == 1.0
    assert Bill().cost(3.0, 2.0) == 2.0


def test_a_session_is_billed_by_the_clock_and_a_batch_by_its_jobs():
    clock = ClockBill("session", most=60.0).told(50.0, False)
    assert clock.beyond(20.0) == 30.0
    assert clock.beyond(70.0) == 0.0
    assert clock.told(1e6, True).beyond(0.0) == 60.0
    assert clock.told(3.0, True).seconds == 50.0
    assert ClockBill("batch", most=60.0).told(50.0, False).beyond(20.0) == 0.0


def test_a_job_elsewhere_is_refused_also_by_who_finds_it_in_the_journal(
    server, executor, rotation, monkeypatch
):
    server.faults.add("submit", "substitute")
    one = executor()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(one._submitter._duplicates, "refuse", killed)
    with pytest.raises(KeyboardInterrupt):
        one.run([rotation], 50)
    one._journal.close()
    again = executor()
    with pytest.raises(SubstitutedError):
        again.run([rotation], 50)
    again.close()


def test_a_service_that_never_tells_keeps_nobody_from_the_result(server, executor, rotation):
    server.faults.add("metrics", 500, times=1000)
    one = executor()
    one.run([rotation], 50)
    one.close()
    assert one.budget.spent() > 2.0
