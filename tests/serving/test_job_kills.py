"""Jobs on a processor behind a local stand-in for IBM's cloud: killed at any moment, none is lost or paid twice."""

from __future__ import annotations

import io
import random
import time
from contextlib import closing

import numpy as np
import orjson
import pytest
from ibm_server.server import IbmServer
from job_service import JobService, quick_settings

from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.jobs.cipher import Cipher
from qcsearch.serving.jobs.places import Places
from qcsearch.serving.jobs.processor import Processor
from qcsearch.serving.jobs.store import JobStore, NewJob, open_database
from qcsearch.serving.jobs.worker import Worker
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.amounts import Amounts
from qcsearch.serving.quotas.ledger import Ledger


class Killed(BaseException):
    """In place of a kill."""


@pytest.fixture
def server(monkeypatch, tmp_path):
    with IbmServer(("ibm_manila",), queue_seconds=0.05) as server:
        monkeypatch.setenv("HOME", str(tmp_path))
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.mark.slow
def test_killed_at_any_line_of_the_journal_no_job_is_lost_and_none_paid_twice(
    server, bundle, model, samples, tmp_path, monkeypatch
):
    rng, places, served = random.Random(5), Places(tmp_path / "state"), ServedModel.load(str(bundle))
    places.folder.mkdir()
    write, armed = Journal._write, [True]

    def deadly(journal, event, tag, **facts):
        kill = armed[0] and rng.random() < 0.25
        if kill and rng.random() < 0.5:
            raise Killed
        write(journal, event, tag, **facts)
        if kill:
            raise Killed

    monkeypatch.setattr(Journal, "_write", deadly)
    service = JobService(bundle, tmp_path, quick_settings("ibm_manila"))
    cipher, owner = Cipher.open(places.key), service.key.id
    with closing(open_database(places.jobs)) as database, closing(Ledger(places.ledger)) as ledger:
        store = JobStore(database, 10**4)
        for i in range(3):
            rows = samples[4 * i : 4 * i + 4]
            ledger.reserve(owner, Quota(rows_per_day=99), Amounts(4, 10**8), job=f"j{i}")
            buffer = io.BytesIO()
            np.save(buffer, rows)
            inputs = cipher.encrypt(buffer.getvalue(), f"job j{i}")
            store.add(NewJob(f"j{i}", owner, "m", served.digest, 4, inputs, time.time() - 3, body=f"{i}"))
            while store.find(owner, f"j{i}").status not in ("done", "failed"):
                processor = Processor([served], service.settings, places.journal)
                worker = Worker([served], processor, service.settings, places, lambda event, **facts: None)
                try:
                    while worker.step() == 0.0:
                        pass
                except Killed:
                    service.kills += 1
                armed[0] = service.kills < 12
                processor._billed._journal.close()
                worker._database.close()
                worker._ledger.close()
            found = store.find(owner, f"j{i}")
            assert (found.status, found.problem) == ("done", None)
            service.taken[f"j{i}"] = 4
            service.done.add(f"j{i}")
            (place, content), *_ = found.answers
            told = orjson.loads(cipher.decrypt(content, place))
            assert (told["kind"], len(told["predictions"])) == ("hardware", 4)
    assert service.kills > 5
    assert not (places.journal / "results" / f"{list(server.jobs.values())[-1].tags[0]}.json").exists()
    service.check(server)


@pytest.mark.slow
def test_killed_front_and_worker_lose_no_job_and_pay_none_twice(server, bundle, samples, tmp_path):
    service = JobService(bundle, tmp_path, quick_settings("ibm_manila"))
    service.torment(samples, 3, random.Random(1), 4.0)
    assert len(service.taken) > 3
    service.check(server)


@pytest.mark.slow
def test_what_goes_wrong_with_a_submission_is_paid_once_and_what_failed_is_on_the_bill(
    server, bundle, samples, tmp_path
):
    service = JobService(bundle, tmp_path, quick_settings("ibm_manila"))
    with service.running() as running:
        for fault in ("after 504", "after drop", "drop", "hidden 504", "fail billed"):
            server.faults.add("submit", fault)
            job, before = service.submit(running, samples[:3]), server.billed_seconds
            while (found := running.client.get(f"/v1/jobs/{job}").json())["status"] in ("waiting", "running"):
                time.sleep(0.1)
            assert found["status"] == ("failed" if fault == "fail billed" else "done")
            cost = server.billed_seconds - before
            assert found["qpu_seconds"] == pytest.approx(cost, abs=2e-6)
            assert found["dollars"] == pytest.approx(1.6 * cost, abs=1e-5)
            service.done |= {job} if found["status"] == "done" else set()
        time.sleep(0.5)
    service.check(server)
