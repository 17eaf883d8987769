"""Where jobs are taken: what they may cost is reserved first, and never more than a key may use."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing, contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.jobs.child import Offer
from qcsearch.serving.jobs.cipher import Cipher
from qcsearch.serving.jobs.desk import Desk
from qcsearch.serving.jobs.places import Places
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.jobs.store import JobStore, open_database
from qcsearch.serving.quotas.amounts import NONE, Amounts
from qcsearch.serving.quotas.ledger import Ledger, used_on
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.refusals import BusyError, ForbiddenError, QuotaError

MODEL = SimpleNamespace(name="m", digest="d" * 64)
FACTS = {"most_rows": 256, "job_seconds": 2.0, "row_seconds": 0.25}
ROWS = np.ones((2, 4))


def caller(**quota):
    return Caller("alice", frozenset({"predict:qpu", "jobs"}), None, "k", Quota(**quota))


@contextmanager
def desk_in(folder, most_rows=4096, price=1.6):
    places, ledger = Places(folder), Ledger(Places(folder).ledger)
    child = SimpleNamespace(offer=Offer({MODEL.digest: FACTS}, 1.2), wake=lambda: None)
    settings = QpuSettings("local:made_up", MeasurementSettings(), 2.0, price)
    with closing(open_database(places.jobs)) as database, closing(ledger), closing(Quotas(ledger)) as quotas:
        store, cipher = JobStore(database, most_rows), Cipher.open(places.key)
        with closing(Desk(store, cipher, quotas, child, settings)) as desk:
            yield desk, ledger


def ask(desk, who, times):
    async def main():
        asked = [desk.submit(who, MODEL, ROWS, None, b"") for _ in range(times)]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(main())


def used(folder):
    return used_on(Places(folder).ledger, time.strftime("%Y-%m-%d", time.gmtime())).get("k", (NONE, NONE))


@pytest.mark.parametrize(
    ("quota", "taken"),
    [
        # two samples may lie in two batches: (2 · 2 s + 2 · 0.25 s) · 1.2 = 5.4 s, 8.64 dollars
        ({"qpu_seconds_per_day": 16.3}, 3),
        ({"dollars_per_day": 17.5}, 2),
        ({"rows_per_day": 9}, 4),
        ({"qpu_seconds_per_day": 5.39}, 0),
    ],
)
def test_200_jobs_at_once_on_a_nearly_empty_quota_reserve_no_more_than_it(tmp_path, quota, taken):
    with desk_in(tmp_path) as (desk, _):
        found = ask(desk, caller(**quota), 200)
        assert sum(not isinstance(one, BaseException) for one in found) == taken
        assert {type(one) for one in found if isinstance(one, BaseException)} == {QuotaError}
        one = Amounts(2, 5_400_000, 8_640_000)
        assert used(tmp_path) == (NONE, Amounts(*(taken * part for part in one.parts)))


def test_what_is_not_taken_is_not_reserved_and_neither_is_what_was_cancelled_or_lost(tmp_path):
    with desk_in(tmp_path, most_rows=3) as (desk, ledger):
        who = caller(qpu_seconds_per_day=100)
        job, busy = ask(desk, who, 2)
        assert isinstance(busy, BusyError)
        assert used(tmp_path)[1].rows == 2
        assert asyncio.run(desk.cancel(who, job.id)).status == "cancelled"
        assert used(tmp_path) == (NONE, NONE)
        ledger.reserve("k", who.quota, Amounts(2, 5), job="of a service that was killed before it kept it")
        asyncio.run(desk._recover())
        assert used(tmp_path) == (NONE, NONE)


def test_a_key_that_is_bounded_in_dollars_gets_nothing_where_no_price_is_known(tmp_path):
    with desk_in(tmp_path, price=None) as (desk, _):
        (refused,) = ask(desk, caller(dollars_per_day=100), 1)
        assert isinstance(refused, ForbiddenError)
        assert "--usd-per-qpu-second" in refused.fix
        (taken,) = ask(desk, caller(qpu_seconds_per_day=100), 1)
        assert taken.status == "waiting"
