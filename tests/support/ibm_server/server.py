"""A stand-in for IBM's cloud on 127.0.0.1, for the unmodified client of qiskit-ibm-runtime.

```
with IbmServer() as server:
    server.faults.add("submit", "after 504")
    ...                                  # the client, with os.environ | server.environment
    assert len(server.billed) == 1
```
"""

from __future__ import annotations

import math
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from types import TracebackType

from ibm_server.calls import Handler
from ibm_server.faults import FaultScript
from ibm_server.processor import Processor

CRN = f"crn:v1:bluemix:public:quantum-computing:us-east:a/{'0' * 32}:{'1' * 36}::"


@dataclass
class Request:
    """What was on the wire."""

    call: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Job:
    """One job of the server."""

    id: str
    backend: str
    params: dict
    tags: list[str]
    private: bool = False
    session: str | None = None
    state: str = "Queued"
    reason: str = ""
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    started: str | None = None
    result: str | None = None
    seconds: float = 0.0
    doom: str = ""
    limit: float | None = None
    reason_code: int | None = None
    listed: float = 0.0
    held: bool = False
    ended: float | None = None

    def show(self) -> None:
        """List it from now on."""
        self.listed = time.monotonic()


class IbmServer:
    """The server, its processors, its jobs, and all that was asked of it.

    Args:
        backends: names of the processors, `ibm_<x>` for the recorded `fake_<x>`.
        seed: of the shots; a job's shots depend on it and on the job's content alone.
        token: the API key that is accepted; that of the environment by default.
        queue_seconds: how long each job waits before it runs.
        slowness: factor on the metered seconds of a job, called once a job.
        lag: seconds by which faults that are late are late; None until the next job was submitted.
        bill_lag: seconds for which the bill of a job that has ended is pending.
        idle_seconds: by which a session in which a job ran lasts longer than its jobs.
        cancels: whether it cancels jobs.
        holds: whether jobs of which one is too many, or on another backend, wait until one is cancelled.
        dry: give zeros in the place of simulated bits, which is quick.
    """

    def __init__(
        self,
        backends: tuple[str, ...] = ("ibm_valencia", "ibm_lagos"),
        seed: int = 0,
        token: str = "",
        queue_seconds: float = 0.0,
        slowness: Callable[[], float] = lambda: 1.0,
        lag: float | None = 0.5,
        bill_lag: float = 0.0,
        idle_seconds: float = 0.0,
        cancels: bool = True,
        holds: bool = False,
        dry: bool = False,
    ) -> None:
        self.token = token or os.environ.get("QISKIT_IBM_TOKEN") or f"raw-api-key-{uuid.uuid4().hex}"
        self.seed, self.queue_seconds, self.slowness = seed, queue_seconds, slowness
        self.lag, self.bill_lag, self.idle_seconds = lag, bill_lag, idle_seconds
        self.cancels, self.holds, self.dry = cancels, holds, dry
        self.names = backends
        self.processors: dict[str, Processor] = {}
        self.faults = FaultScript()
        self.requests: list[Request] = []
        self.jobs: dict[str, Job] = {}
        self.sessions: dict[str, dict] = {}
        self.access_tokens: set[str] = set()
        self.limit_seconds: float | None = None
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._later: list[Callable[[], object]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.app = self

    def __enter__(self) -> IbmServer:
        for work in (self._serve, self._work):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._queue.put(None)
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send the unmodified client here."""
        return self.addresses | {"QISKIT_IBM_TOKEN": self.token, "QISKIT_IBM_INSTANCE": CRN}

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "QISKIT_IBM_URL": f"{self.url}/experimental",
            "IAM_URL": f"{self.url}/iam",
            "GLOBAL_SEARCH_URL": f"{self.url}/search",
            "GLOBAL_CATALOG_URL": f"{self.url}/catalog",
        }

    @property
    def billed(self) -> list[Job]:
        """Jobs that ran, and so cost."""
        return [job for job in self.jobs.values() if job.seconds > 0]

    @property
    def billed_seconds(self) -> float:
        """The bill: jobs by their seconds, sessions by wall-clock time."""
        dedicated = [name for name, one in self.sessions.items() if one["mode"] == "dedicated"]
        jobs = sum(job.seconds for job in self.billed if job.session not in dedicated)
        return jobs + sum(map(self.elapsed, dedicated))

    def session(self, name: str) -> dict:
        """A session as GET /sessions/ID says it: it lasts until the jobs are done that it took."""
        found = self.sessions[name] | {"elapsed_time": self.elapsed(name)}
        busy = any(job.session == name for job in self.unfinished)
        return found | ({"state": "active"} if busy else {})

    def elapsed(self, session: str) -> float:
        """How long a session has lasted."""
        jobs = sum(job.seconds for job in self.billed if job.session == session)
        return jobs + self.idle_seconds if jobs else 0.0

    @property
    def open_sessions(self) -> list[str]:
        return [name for name, one in self.sessions.items() if one["accepting_jobs"]]

    @property
    def unfinished(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.state in ("Queued", "Running")]

    def calls(self, name: str) -> int:
        """How often one call was made."""
        return sum(request.call == name for request in list(self.requests))

    def leaks(self) -> list[Request]:
        """Requests that carried the raw key, but for the form that trades it for a token."""
        key = self.token
        return [
            request
            for request in list(self.requests)
            if key in request.path
            or any(key in value for value in request.headers.values())
            or (request.call != "iam" and key.encode() in request.body)
        ]

    def processor(self, name: str) -> Processor | None:
        with self.lock:
            if name in self.names and name not in self.processors:
                self.processors[name] = Processor(name, self.dry)
            return self.processors.get(name)

    def submit(self, body: dict, effect: int | str | None = None) -> Job:
        """Accept a job."""
        backend = body["backend"]
        if effect == "substitute":
            backend = next(name for name in self.names if name != backend)
        job = Job(
            uuid.uuid4().hex[:20],
            backend,
            body["params"],
            list(body.get("tags", [])),
            bool(body.get("private")),
            body.get("session_id"),
            limit=body.get("cost"),
            doom=effect
            if effect in ("cancel", "fail", "close session", "cancel billed", "fail billed")
            else "",
            held=self.holds and effect in ("substitute", "twice", "twice drop"),
            listed=math.inf if effect in ("hidden", "hidden 504") else time.monotonic(),
        )
        with self.lock:
            self.jobs[job.id] = job
            waiting, self._later = self._later, []
        for come in waiting:
            come()
        if job.listed == math.inf:
            self.later(job.show)
        self._queue.put(job)
        return job

    def later(self, come: Callable[[], object]) -> None:
        """Have something come `lag` seconds later, or with the next job."""
        if self.lag is None:
            self._later.append(come)
        else:
            threading.Timer(self.lag, come).start()

    def cancel(self, job: Job, reason: str = "") -> bool:
        """Cancel a job that has not ended; False if it has."""
        with self.lock:
            if job.state not in ("Queued", "Running") or not self.cancels:
                return False
            running = job.state == "Running"  # what it has cost is known when it stops
            job.state, job.reason = "Cancelled", reason
            job.ended = None if running else time.monotonic()
            return True

    def close_session(self, session: str | None) -> None:
        with self.lock:
            if session in self.sessions:
                self.sessions[session] |= {"state": "closed", "accepting_jobs": False}

    def _serve(self) -> None:
        self._http.serve_forever(poll_interval=0.02)

    def _work(self) -> None:
        """Run the jobs one after the other."""
        while (job := self._queue.get()) is not None and not self.closing.is_set():
            time.sleep(self.queue_seconds)
            self._hold(job)
            with self.lock:
                if job.state != "Queued":
                    continue
                if job.doom and "billed" not in job.doom:
                    self._end(job)
                    continue
                job.state, job.started = "Running", datetime.now(UTC).isoformat()
            try:
                result, seconds = self._run(job)
            except Exception as error:  # the job's fault, told to its owner
                with self.lock:
                    job.state, job.reason = "Failed", f"{type(error).__name__}: {error}"
                    job.ended = time.monotonic()
                continue
            with self.lock:
                job.seconds = seconds * self.slowness()
                if job.limit is not None and job.seconds > job.limit:
                    job.seconds, job.state = float(job.limit), "Cancelled"
                    job.reason, job.reason_code = "The job ran too long.", 1305
                if job.state == "Running" and job.doom:
                    self._end(job)
                elif job.state == "Running":
                    job.state, job.result = "Completed", result
                job.ended = time.monotonic()

    def _hold(self, job: Job) -> None:
        end = time.monotonic() + 30.0
        while job.held and time.monotonic() < end and not self.closing.is_set():
            job.held = not any(
                x.state == "Cancelled" and x.tags == job.tags for x in list(self.jobs.values())
            )
            time.sleep(0.01)

    def _run(self, job: Job) -> tuple[str, float]:
        processor = self.processor(job.backend)
        assert processor is not None
        return processor.run(job.params, self.seed)

    def _end(self, job: Job) -> None:
        job.ended = time.monotonic()
        if job.doom.startswith("cancel"):
            job.state, job.reason = "Cancelled", "cancelled by an operator"
        elif job.doom.startswith("fail"):
            job.state, job.reason = "Failed", "Error code 1519: the control system lost the program"
        else:
            self.close_session(job.session)
            job.state, job.reason = "Failed", "The session was closed before the job ran."


def describe(job: Job, status: str | None = None) -> dict:
    """A job as GET /jobs/ID says it."""
    return {
        "id": job.id,
        "backend": job.backend,
        "state": {"status": status or job.state, "reason": job.reason, "reasonCode": job.reason_code},
        "status": status or job.state,
        "created": job.created,
        "program": {"id": "executor"},
        "tags": job.tags,
        "session_id": job.session,
        "private": job.private,
        "estimated_running_time_seconds": job.seconds,
    }
