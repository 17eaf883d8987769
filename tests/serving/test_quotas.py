"""Quotas: nothing is overspent, whoever asks at once and whenever a process dies; sums are exact."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qcsearch.errors import InputError
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.quotas.amounts import Amounts
from qcsearch.serving.quotas.ledger import Ledger, used_on
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.quotas.rate import Rates
from qcsearch.serving.refusals import LedgerError, QuotaError

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
DAY = "2026-03-05"
ROWS = Quota(rows_per_day=10)
MONEY = Quota(rows_per_day=1000, qpu_seconds_per_day=7.5, dollars_per_day=12.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "quotas.sqlite3"


@pytest.fixture
def ledger(path):
    found = Ledger(path)
    yield found
    found.close()


def caller(quota, key="k"):
    return Caller("alice", frozenset({"predict"}), None, key, quota)


def today():
    return datetime.now(UTC).date().isoformat()


def reserve(ledger, asked, quota=ROWS, key="k", now=NOON, **further):
    return ledger.reserve(key, quota, asked, now=now, **further)


def test_what_is_reserved_counts_at_once_and_what_is_settled_for_good(ledger, path):
    first, second = reserve(ledger, Amounts(6)), reserve(ledger, Amounts(4))
    with pytest.raises(QuotaError, match=r"may use 10 samples a day\. 0 are used, 10 are reserved"):
        reserve(ledger, Amounts(1))
    ledger.settle(first, Amounts(6))
    ledger.settle(second, Amounts())
    assert used_on(path, DAY) == {"k": (Amounts(6), Amounts())}
    reserve(ledger, Amounts(4))
    with pytest.raises(QuotaError):
        reserve(ledger, Amounts(1))
    reserve(ledger, Amounts(10), key="another")


def test_a_day_is_one_of_utc_and_a_reservation_belongs_to_the_day_when_it_was_made(ledger, path):
    late = NOON.replace(hour=23, minute=59, second=30)
    held = reserve(ledger, Amounts(10), now=late)
    with pytest.raises(QuotaError):
        reserve(ledger, Amounts(1), now=late)
    reserve(ledger, Amounts(10), now=late + timedelta(seconds=30))
    ledger.settle(held, Amounts(10))
    assert used_on(path, DAY)["k"] == (Amounts(10), Amounts())
    assert used_on(path, "2026-03-06")["k"] == (Amounts(), Amounts(10))


def test_when_to_ask_again_is_midnight_or_soon_if_others_may_give_back(ledger):
    held = reserve(ledger, Amounts(10))
    with pytest.raises(QuotaError) as refused:
        reserve(ledger, Amounts(1))
    assert refused.value.retry_after == 2
    ledger.settle(held, Amounts(10))
    with pytest.raises(QuotaError) as refused:
        reserve(ledger, Amounts(1), now=NOON + timedelta(seconds=0.5))
    assert refused.value.retry_after == 12 * 3600


def test_seconds_and_dollars_are_bounded_alike_and_a_bill_may_be_other_than_its_estimate(ledger, path):
    estimate = Amounts.of(rows=5, qpu_seconds=5, dollars=8)
    first = reserve(ledger, estimate, MONEY)
    with pytest.raises(QuotaError, match="QPU seconds a day"):
        reserve(ledger, estimate, MONEY)
    ledger.settle(first, Amounts.of(rows=5, qpu_seconds=2.5, dollars=4))
    second = reserve(ledger, estimate, MONEY)
    ledger.settle(second, Amounts.of(rows=5, qpu_seconds=5.000001, dollars=9))  # a backend bills what it will
    with pytest.raises(QuotaError, match="dollars a day") as refused:
        reserve(ledger, Amounts.of(dollars=0.01), MONEY)
    assert "13 are used" in str(refused.value)
    reserve(ledger, Amounts(rows=5), MONEY)  # what needs no processor is not refused for it
    assert used_on(path, DAY)["k"][0] == Amounts(10, 7_500_001, 13_000_000)


def test_sums_are_exact_and_a_tenth_is_a_tenth(ledger):
    quota = Quota(dollars_per_day=0.3)
    for _ in range(3):
        ledger.settle(reserve(ledger, Amounts.of(dollars=0.1), quota), Amounts.of(dollars=0.1))
    with pytest.raises(QuotaError):
        reserve(ledger, Amounts.of(dollars=1e-9), quota)
    assert Amounts.of(dollars=1e-9).microdollars == 1


def test_a_second_settling_changes_nothing(ledger, path):
    held = reserve(ledger, Amounts(3))
    for _ in range(3):
        ledger.settle(held, Amounts(3))
    assert used_on(path, DAY) == {"k": (Amounts(3), Amounts())}


def test_what_a_dead_service_had_reserved_counts_as_used_but_jobs_live_on(path):
    dead = Ledger(path)
    dead.settle(reserve(dead, Amounts(1), MONEY), Amounts(1))
    reserve(dead, Amounts(2), MONEY)
    reserve(dead, Amounts.of(rows=3, qpu_seconds=5, dollars=8), MONEY, job="batch-1")
    dead.close()
    living = Ledger(path)
    assert living.recover() == Amounts(2)
    assert living.recover() == Amounts()
    assert used_on(path, DAY)["k"] == (Amounts(3), Amounts.of(3, 5, 8))
    with pytest.raises(sqlite3.IntegrityError):
        reserve(living, Amounts(1), MONEY, job="batch-1")  # a job is reserved for once
    living.settle(living.of_job("batch-1"), Amounts.of(3, 2.5, 4))
    assert living.of_job("batch-1") is None
    assert used_on(path, DAY)["k"] == (Amounts.of(6, 2.5, 4), Amounts())
    living.close()


@pytest.mark.parametrize("asked", [Amounts(3), Amounts.of(1, 0.7, 0.1), Amounts.of(1, 0.1, 0.7)])
def test_200_requests_at_once_on_a_nearly_empty_quota_overspend_nothing(path, asked):
    quota = Quota(rows_per_day=20, qpu_seconds_per_day=5, dollars_per_day=5)
    rng, answered = np.random.default_rng(0), []

    async def main():
        ledger = Ledger(path)
        quotas = Quotas(ledger)

        async def ask(seconds, fails):
            async with quotas.reserved(caller(quota), asked):
                await asyncio.sleep(seconds)
                if fails:
                    raise ValueError
                answered.append(asked)

        asked_for = zip(rng.uniform(0, 0.01, 200), rng.random(200) < 0.3, strict=True)
        found = await asyncio.gather(*(ask(*one) for one in asked_for), return_exceptions=True)
        quotas.close()
        ledger.close()
        return found

    found = asyncio.run(main())
    spent = sum(answered, Amounts())
    assert {type(one) for one in found} <= {type(None), ValueError, QuotaError}
    assert spent.rows <= 20
    assert max(spent.qpu_seconds, spent.dollars) <= 5
    assert answered
    assert used_on(path, today())["k"] == (spent, Amounts())


def test_what_a_request_says_that_it_used_is_settled(path):
    async def main():
        ledger = Ledger(path)
        quotas = Quotas(ledger)
        async with quotas.reserved(caller(MONEY), Amounts.of(2, 5, 8)) as reservation:
            assert used_on(path, today())["k"][1] == Amounts.of(2, 5, 8)
            reservation.used = Amounts.of(2, 1.5, 2.4)
        quotas.close()
        ledger.close()

    asyncio.run(main())
    assert used_on(path, today())["k"] == (Amounts.of(2, 1.5, 2.4), Amounts())


def test_200_requests_of_several_connections_at_once_overspend_nothing(path):
    """As a process of its own for jobs will have one, too."""

    def run(_):
        mine, got = Ledger(path), 0
        for _ in range(25):
            try:
                mine.settle(reserve(mine, Amounts(3), Quota(rows_per_day=50)), Amounts(3))
                got += 3
            except QuotaError:
                pass
        mine.close()
        return got

    Ledger(path).close()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(run, range(8))) == 48
    assert used_on(path, DAY) == {"k": (Amounts(48), Amounts())}


KILLED = """
import asyncio, sys
from pathlib import Path
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.quotas.amounts import Amounts
from qcsearch.serving.quotas.ledger import Ledger
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.refusals import QuotaError

ledger = Ledger(Path(sys.argv[1]))
ledger.recover()
quotas = Quotas(ledger)
quota = Quota(rows_per_day=10**6, qpu_seconds_per_day=100, dollars_per_day=float(sys.argv[3]))
caller = Caller("alice", frozenset({"predict"}), None, "k", quota)
answers = open(sys.argv[2], "ab", buffering=0)

async def ask():
    while True:
        async with quotas.reserved(caller, Amounts.of(1, 0.01, 0.02)):
            await asyncio.sleep(0)
        answers.write(b".")  # the answer is sent

async def main():
    asked = [asyncio.create_task(ask()) for _ in range(20)]
    print("asking", flush=True)
    await asyncio.gather(*asked)

try:
    asyncio.run(main())
except QuotaError:
    print("empty", flush=True)
"""


def killed(path, answers, dollars, after):
    """Have a process ask, and kill it after some seconds, if it lives."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, path, answers, str(dollars)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    process.stdout.readline()
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def check_kills(path, times, dollars):
    answers, rng = path.with_name("answers"), np.random.default_rng(1)
    for _ in range(times):
        killed(path, answers, dollars, rng.uniform(0, 0.05))
    killed(path, answers, dollars, 30)  # until nothing is left
    ledger = Ledger(path)
    ledger.recover()
    ledger.close()
    used, reserved = used_on(path, today())["k"]
    answered = answers.stat().st_size
    assert reserved == Amounts()
    assert 0 < answered <= used.rows  # what was answered was counted
    assert used.rows <= answered + 20 * times  # and what was not, was on its way
    assert used == Amounts.of(used.rows, 0.01 * used.rows, 0.02 * used.rows)
    assert used.dollars == dollars


def test_kills_at_any_moment_overspend_nothing(path):
    check_kills(path, 3, 3)


@pytest.mark.slow
def test_fifty_kills_overspend_nothing(path):
    check_kills(path, 50, 80)


def test_a_rate_lets_a_second_come_at_once_and_then_evenly():
    rates, four = Rates(), caller(Quota(requests_per_second=4))
    for _ in range(4):
        rates.check(four, 100.0)
    for _ in range(50):  # refusals cost nothing
        with pytest.raises(QuotaError, match="4 times a second") as refused:
            rates.check(four, 100.1)
    assert refused.value.retry_after == 1
    rates.check(four, 100.25)
    with pytest.raises(QuotaError):
        rates.check(four, 100.26)
    rates.check(caller(Quota(requests_per_second=4), "another"), 100.26)
    passed = 0
    for moment in np.arange(200.0, 210.0, 0.01):
        try:
            rates.check(four, moment)
            passed += 1
        except QuotaError:
            pass
    assert passed == 4 + 39


def test_a_rate_below_one_a_second_says_when():
    rates, slow = Rates(), caller(Quota(requests_per_second=0.1))
    rates.check(slow, 5.0)
    with pytest.raises(QuotaError) as refused:
        rates.check(slow, 6.5)
    assert refused.value.retry_after == 9
    rates.check(slow, 15.0)


def test_without_a_file_a_key_with_a_quota_a_day_is_refused_and_others_are_not():
    async def main():
        quotas = Quotas(None)
        async with quotas.reserved(caller(Quota(requests_per_second=5)), Amounts(1)):
            pass
        with pytest.raises(LedgerError, match="keeps none"):
            async with quotas.reserved(caller(ROWS), Amounts(1)):
                pass
        quotas.close()

    asyncio.run(main())


def test_a_file_that_cannot_be_written_lets_nobody_with_a_quota_through(path):
    faults = []

    async def main():
        ledger = Ledger(path)
        quotas = Quotas(ledger, faults.append)
        ledger.close()
        with pytest.raises(LedgerError, match="cannot be kept"):
            async with quotas.reserved(caller(ROWS), Amounts(1)):
                pytest.fail("it was let through")
        quotas.close()

    asyncio.run(main())
    assert len(faults) == 1


def test_what_is_no_such_file_is_not_opened(path):
    path.write_bytes(b"nothing" * 1000)
    with pytest.raises(sqlite3.Error):
        Ledger(path)


@pytest.mark.parametrize(
    "wrong", [{"rows_per_day": -1}, {"dollars_per_day": float("nan")}, {"requests_per_second": 0}]
)
def test_what_no_quota_can_be_is_refused(wrong):
    with pytest.raises(InputError):
        Quota(**wrong)
