"""A service with a processor behind the local stand-in for IBM's cloud, killed again and again, and its bills."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import orjson
from ibm_server.server import IbmServer

from qcsearch.deployment.ibm.connection.retry import RetryPolicy
from qcsearch.deployment.ibm.options import IbmOptions
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.serving.access import keys
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.jobs.places import Places
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.quotas.amounts import NONE, Amounts
from qcsearch.serving.quotas.ledger import used_on

QUICK = RetryPolicy(
    call_timeout=3.0, job_timeout=20.0, poll_interval=0.02, max_poll_interval=0.1, backoff=0.02,
    settle_interval=0.05, unknown_polls=5, submits_per_minute=6000.0, breaker_seconds=0.2,
)  # fmt: skip
"""Deadlines for a server that is near."""

_SERVICE = """
import sys
from pathlib import Path
import orjson
from qcsearch.serving.http.server import serve
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.settings import ServingSettings
bundle, folder, qpu = sys.argv[1:]
settings = ServingSettings(
    port=0, keys=Path(folder) / "keys.json", state=Path(folder) / "state", drain_seconds=0.0,
    qpu=QpuSettings.from_json(orjson.loads(qpu)),
)
serve([bundle], settings, on_ready=lambda address: print("Serving on", address, file=sys.stderr, flush=True))
"""
_WORKER = b"qcsearch.serving.jobs.worker"


def quick_settings(backend: str, shots: int = 64) -> QpuSettings:
    """Jobs on a server that is near."""
    ibm = IbmOptions(1e6, retry=QUICK)
    return QpuSettings(f"ibm:{backend}", MeasurementSettings(shots), 2.0, 1.6, ibm)


@dataclass(frozen=True)
class Running:
    """One that runs.

    Attributes:
        process: the front.
        client: asks it, with the key.
    """

    process: subprocess.Popen[str]
    client: httpx.Client

    def kill(self, rng: random.Random) -> None:
        """Kill -9 the front, and with it the worker, or the worker alone, if it lives."""
        workers = self.workers() if rng.random() < 0.5 else []
        os.kill(workers[0] if workers else self.process.pid, signal.SIGKILL)

    def workers(self) -> list[int]:
        """Children that own the backend: one, or none for a moment."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = []
        for pid in children:
            with suppress(OSError):
                if _WORKER in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
        return found


@dataclass
class JobService:
    """A service with one key, in one folder, that may be started again and again.

    Attributes:
        bundle: what it serves.
        folder: of keys and state.
        settings: on what jobs run.
        taken: number of samples by the ids of the jobs that were accepted.
        done: those that were answered.
        kills: how often something was killed.
    """

    bundle: Path
    folder: Path
    settings: QpuSettings
    taken: dict[str, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    kills: int = 0

    def __post_init__(self) -> None:
        quota = Quota(rows_per_day=10**6, qpu_seconds_per_day=1e6)
        self.key, self.token = keys.create(
            self.folder / "keys.json", "alice", ("predict:qpu", "jobs"), None, None, quota
        )

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Have it run."""
        qpu = orjson.dumps(self.settings.to_json()).decode()
        command = [sys.executable, "-c", _SERVICE, str(self.bundle), str(self.folder), qpu]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            for line in process.stderr:
                if line.startswith("Serving on "):
                    break
            else:
                raise AssertionError(f"the service ended with {process.wait()}")
            reader = threading.Thread(target=process.stderr.read, daemon=True)
            reader.start()
            with httpx.Client(base_url=line.split()[-1], headers=headers, timeout=120) as client:
                yield Running(process, client)
            process.kill()
            reader.join()
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    def submit(self, running: Running, rows: np.ndarray) -> str:
        """Ask for a job under a name of its own."""
        name = f"request-{len(self.taken)}"
        body = {"rows": rows.tolist()}
        answer = running.client.post("/v1/jobs", json=body, headers={"Idempotency-Key": name})
        assert answer.status_code == 202, answer.text
        job: str = answer.json()["id"]
        self.taken[job] = len(rows)
        return job

    def look(self, running: Running) -> None:
        """See which jobs are answered."""
        for job in self.taken.keys() - self.done:
            found = running.client.get(f"/v1/jobs/{job}").json()
            assert found["status"] in ("waiting", "running", "done"), found
            if found["status"] == "done":
                assert len(found["result"]["predictions"]) == self.taken[job]
                self.done.add(job)

    def torment(self, samples: np.ndarray, kills: int, rng: random.Random, seconds: float) -> None:
        """Ask all the time, and kill something every now and then; at last wait until all is answered."""
        while self.kills < kills:
            with self.running() as running, suppress(httpx.TransportError):
                while self.kills < kills:
                    until = time.monotonic() + rng.uniform(0.0, seconds)
                    while time.monotonic() < until:
                        self.submit(running, samples[: rng.randint(1, 9)])
                        self.look(running)
                        time.sleep(0.1)
                    running.kill(rng)
                    self.kills += 1
        with self.running() as running:
            while len(self.done) < len(self.taken):
                self.look(running)
                time.sleep(0.1)
            time.sleep(0.5)  # what the last batch cost is settled right after it

    @property
    def batches(self) -> int:
        """How many there were."""
        with closing(sqlite3.connect(Places(self.folder / "state").jobs)) as base:
            return int(base.execute("SELECT COUNT(*) FROM batches").fetchone()[0])

    def check(self, server: IbmServer) -> None:
        """Each batch is one job that was billed, and what the key used is the bill, to a millionth of a second each."""
        places, batches = Places(self.folder / "state"), self.batches
        with closing(sqlite3.connect(places.jobs)) as base:
            (seconds,) = base.execute("SELECT SUM(qpu_microseconds) FROM parts").fetchone()
        assert len(server.billed) == batches, (len(server.billed), batches)
        assert len({tag for job in server.jobs.values() for tag in job.tags}) == batches
        billed = sum(Amounts.of(qpu_seconds=job.seconds).qpu_microseconds for job in server.billed)
        assert abs(seconds - billed) <= batches, (seconds, billed)  # a bill is a float, and rounded up
        days = time.strftime("%Y-%m-%d", time.gmtime())
        used, reserved = used_on(places.ledger, days)[self.key.id]
        rows = sum(self.taken[job] for job in self.done)
        assert (used.rows, used.qpu_microseconds, reserved) == (rows, seconds, NONE)
