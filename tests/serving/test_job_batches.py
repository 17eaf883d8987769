"""Batches: packed tightly, billed exactly, and gone on with by whoever comes after one that was killed."""

from __future__ import annotations

import io
import random
import time
from contextlib import closing, suppress
from types import SimpleNamespace

import numpy as np
import pytest

from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.errors import JobFailedError, ServiceError
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.jobs.cipher import Cipher
from qcsearch.serving.jobs.packing import Part, pack, shares, touched
from qcsearch.serving.jobs.places import Places
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.jobs.store import JobStore, NewJob, open_database
from qcsearch.serving.jobs.worker import Worker
from qcsearch.serving.quotas.amounts import NONE, Amounts
from qcsearch.serving.quotas.ledger import Ledger, used_on
from qcsearch.serving.refusals import BusyError, ConflictError, UnknownJobError

MOST, SETTINGS = 64, QpuSettings("local:made_up", MeasurementSettings(), 2.0, 1.6)
DIGEST = "d" * 64


class Killed(BaseException):
    """In place of a kill: nothing of the process goes on."""


class MadeUp:
    """A backend in place of one: it bills each batch that it has not seen, whoever asks for it."""

    def __init__(self, bills):
        self.bills, self.slowness, self.last_bill, self.fault = bills, 1.0, 0.0, None

    def add(self, model):
        pass

    def facts(self, model):
        return SimpleNamespace(most_rows=MOST)

    def run(self, batch, model, rows):
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.bills.setdefault(batch, (rows.tobytes(), 2.0 + 0.1234567 * len(rows)))
        assert self.bills[batch][0] == rows.tobytes()  # what is asked for again is the same
        self.batch = batch
        said = [{"label": float(row[0])} for row in rows]
        return SimpleNamespace(kind="hardware", source="made up", shots=8, predictions=said)

    def bill(self):
        self.last_bill = self.bills.get(getattr(self, "batch", ""), (b"", 0.0))[1]
        return self.last_bill

    def discard(self):
        pass

    def close(self):
        pass


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


@pytest.fixture
def store(places):
    with closing(open_database(places.jobs)) as database:
        yield JobStore(database, 2000, 100)


@pytest.fixture
def bills():
    return {}


def opened(places, bills):
    """A worker that a test can kill."""
    model = SimpleNamespace(digest=DIGEST)
    return Worker([model], MadeUp(bills), SETTINGS, places, lambda event, **facts: None)


def ask(store, places, name, rows, owner="alice", age=3.0, digest=DIGEST):
    content = io.BytesIO()
    np.save(content, np.asarray(rows, float))
    inputs = Cipher.open(places.key).encrypt(content.getvalue(), f"job {name}")
    store.add(NewJob(name, owner, "m", digest, len(rows), inputs, time.time() - age, body=name))


def labels(store, places, name, owner="alice"):
    import json

    cipher, found = Cipher.open(places.key), store.find(owner, name)
    parts = [json.loads(cipher.decrypt(content, place)) for place, content in found.answers]
    return [one["label"] for part in parts for one in part["predictions"]]


def until_done(worker, most=1000):
    while worker.step() == 0.0:
        most -= 1
        assert most


def test_shares_are_the_bill_and_parts_lie_in_as_many_batches_as_was_thought():
    rng = random.Random(1)
    for _ in range(200):
        rows = [rng.randint(1, 40) for _ in range(rng.randint(1, 20))]
        bill = rng.randint(0, 10**7)
        found = shares(bill, rows)
        assert sum(found) == bill
        assert all(abs(x - bill * n / sum(rows)) < 1 for x, n in zip(found, rows, strict=True))
        most, lead = rng.randint(1, 50), rng.randint(0, 49)
        places_ = {(lead % most + i) // most for i in range(rows[0])}
        assert len(places_) <= touched(rows[0], most)
    assert pack([Part("a", 3, 4), Part("b", 0, 9), Part("c", 0, 1)], 7) == [Part("a", 3, 4), Part("b", 0, 3)]


def test_a_thousand_samples_of_ten_keys_take_the_fewest_jobs_and_their_bills_sum_exactly(
    store, places, bills
):
    rng, sizes = random.Random(2), []
    while sum(sizes) < 1000:
        sizes.append(min(rng.randint(1, 90), 1000 - sum(sizes)))
    rows, start = np.arange(4000.0).reshape(1000, 4), 0
    for i, n in enumerate(sizes):
        ask(store, places, f"j{i}", rows[start : start + n], owner=f"key{i % 10}")
        start += n
    with closing(opened(places, bills)) as worker:
        until_done(worker)
    assert len(bills) == -(-1000 // MOST)
    found = [store.find(f"key{i % 10}", f"j{i}") for i in range(len(sizes))]
    assert {job.status for job in found} == {"done"}
    said = [x for i in range(len(sizes)) for x in labels(store, places, f"j{i}", f"key{i % 10}")]
    assert said == rows[:, 0].tolist()
    billed = [Amounts.of(qpu_seconds=bill) for _, bill in bills.values()]
    assert sum(job.qpu_microseconds for job in found) == sum(bill.qpu_microseconds for bill in billed)
    dollars = sum(-(-bill.qpu_microseconds * 16 // 10) for bill in billed)
    assert sum(job.microdollars for job in found) == dollars


def test_a_window_is_waited_for_unless_there_is_enough(store, places, bills):
    with closing(opened(places, bills)) as worker:
        ask(store, places, "young", np.ones((3, 1)), age=0.5)
        assert 1.0 < worker.step() <= 1.5
        assert bills == {}
        ask(store, places, "many", np.ones((MOST - 3, 1)), age=0.0)
        assert worker.step() == 0.0
    assert len(bills) == 1


def test_what_is_cancelled_is_not_run_what_runs_is_not_cancelled_and_what_is_anothers_is_not_there(
    store, places, bills
):
    ask(store, places, "a", np.ones((2, 1)))
    ask(store, places, "b", np.ones((2, 1)))
    with pytest.raises(UnknownJobError):
        store.cancel("bob", "a", 0.0)
    assert store.cancel("alice", "a", 1.0).status == store.cancel("alice", "a", 2.0).status == "cancelled"
    with closing(opened(places, bills)) as worker:
        worker._processor.fault = ServiceError("It is down.")
        assert worker.step() == 1.0  # later
        assert store.find("alice", "b").status == "running"
        with pytest.raises(ConflictError):
            store.cancel("alice", "b", 3.0)
        until_done(worker)
    assert [len(rows) for rows, _ in bills.values()] == [16]
    with pytest.raises(ConflictError):
        store.cancel("alice", "b", 3.0)


def test_a_batch_that_fails_ends_its_jobs_with_a_sentence_and_what_it_cost(store, places, bills):
    ledger = Ledger(places.ledger)
    ledger.reserve("alice", Quota(rows_per_day=9), Amounts(2, 10**7), job="a")
    ask(store, places, "a", np.ones((2, 1)))
    ask(store, places, "gone", np.ones((2, 1)), digest="e" * 64)
    with closing(opened(places, bills)) as worker:
        worker._processor.fault = JobFailedError("Job x must run.")
        worker._processor.last_bill = 0.0
        worker._processor.batch = "x"
        bills["x"] = (b"", 1.5)
        until_done(worker)
    found = store.find("alice", "a")
    assert (found.status, found.problem, found.qpu_microseconds) == ("failed", "Job x must run.", 1_500_000)
    assert store.find("alice", "gone").problem == "The model is not served any more."
    (used,) = used_on(places.ledger, time.strftime("%Y-%m-%d", time.gmtime())).values()
    assert used == (Amounts(0, 1_500_000, 2_400_000), NONE)
    ledger.close()


def test_killed_anywhere_each_batch_is_billed_once_and_each_quota_knows_it_once(
    store, places, bills, monkeypatch
):
    """A kill between any two steps of the worker, here an exception that nothing catches."""
    rng, ledger = random.Random(3), Ledger(places.ledger)
    for i in range(12):
        ledger.reserve("alice", Quota(rows_per_day=1000), Amounts(20, 10**8), job=f"j{i}")
        ask(store, places, f"j{i}", np.full((20, 1), i))
    kills = 0
    for _ in range(400):
        worker = opened(places, bills)
        for part, names in (
            (worker._batches, ("open", "next", "finish", "settled", "forget")),
            (worker._processor, ("run", "bill")),
            (worker._ledger, ("settle",)),
        ):
            for name in names:
                monkeypatch.setattr(part, name, _deadly(getattr(part, name), rng))
        with suppress(Killed):
            until_done(worker)
            break
        worker.close()
        kills += 1
    assert kills > 20
    assert len(bills) == -(-240 // MOST)
    assert [labels(store, places, f"j{i}") for i in range(12)] == [[float(i)] * 20 for i in range(12)]
    ((used, left),) = used_on(places.ledger, time.strftime("%Y-%m-%d", time.gmtime())).values()
    seconds = sum(Amounts.of(qpu_seconds=bill).qpu_microseconds for _, bill in bills.values())
    assert (used.rows, used.qpu_microseconds, left) == (240, seconds, NONE)
    ledger.close()


def _deadly(step, rng):
    def deadly(*arguments):
        if rng.random() < 0.2:
            raise Killed
        found = step(*arguments)
        if rng.random() < 0.2:
            raise Killed
        return found

    return deadly


def test_no_more_waits_than_may_and_no_more_is_kept_of_one_key(store, places, bills):
    ask(store, places, "a", np.ones((1999, 1)))
    with pytest.raises(BusyError, match="2,000 samples"):
        ask(store, places, "b", np.ones((2, 1)))
    store.cancel("alice", "a", 1.0)
    for i in range(99):
        ask(store, places, f"j{i}", np.ones((1, 1)))
    with pytest.raises(BusyError, match="100 jobs"):
        ask(store, places, "one more", np.ones((1, 1)))
    ask(store, places, "of another", np.ones((1, 1)), owner="bob")


def test_a_day_after_its_end_a_job_is_forgotten_and_no_other(store, places, bills):
    ask(store, places, "old", np.ones((2, 1)))
    with closing(opened(places, bills)) as worker:
        until_done(worker)
        worker._batches.forget(time.time() + 86_000)
        assert store.find("alice", "old").status == "done"
        ask(store, places, "waits", np.ones((2, 1)), age=-90_000)
        worker._batches.forget(time.time() + 86_500)
    with pytest.raises(UnknownJobError):
        store.find("alice", "old")
    assert store.find("alice", "waits").status == "waiting"
    rest = [store._base.execute(f"SELECT COUNT(*) FROM {name}").fetchone() for name in ("parts", "batches")]
    assert rest == [(0,), (0,)]


def test_after_a_reload_jobs_of_the_old_model_and_of_the_new_are_both_answered(store, places, bills):
    ask(store, places, "old", np.ones((2, 1)))
    ask(store, places, "new", np.ones((2, 1)), digest="e" * 64)
    with closing(opened(places, bills)) as worker:
        worker.add(SimpleNamespace(digest="e" * 64))
        until_done(worker)
    assert {store.find("alice", name).status for name in ("old", "new")} == {"done"}
    assert len(bills) == 2
