"""The REST protocol: one method for each call, and the wire faults around them."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import time
import uuid
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

from ibm_server import processor as qpu
from ibm_server.faults import Effect, Redirect

if TYPE_CHECKING:
    from ibm_server.server import IbmServer, Job

_API = "/experimental"
ROUTES: list[tuple[str, str, str]] = [
    ("POST", r"/iam/identity/token", "iam"),
    ("POST", r"/search/v3/resources/search", "search"),
    ("GET", r"/catalog/(?P<plan>[^/]+)", "catalog"),
    ("GET", _API + r"/backends", "backends"),
    ("GET", _API + r"/backends/(?P<name>[^/]+)/configuration", "configuration"),
    ("GET", _API + r"/backends/(?P<name>[^/]+)/properties", "properties"),
    ("GET", _API + r"/backends/(?P<name>[^/]+)/status", "status"),
    ("GET", _API + r"/instances/usage", "usage"),
    ("POST", _API + r"/jobs", "submit"),
    ("GET", _API + r"/jobs", "jobs"),
    ("GET", _API + r"/jobs/(?P<id>[^/]+)", "job"),
    ("GET", _API + r"/jobs/(?P<id>[^/]+)/results", "results"),
    ("GET", _API + r"/jobs/(?P<id>[^/]+)/metrics", "metrics"),
    ("POST", _API + r"/jobs/(?P<id>[^/]+)/cancel", "cancel"),
    ("POST", _API + r"/sessions", "session"),
    ("GET", _API + r"/sessions/(?P<id>[^/]+)", "session"),
    ("PATCH", _API + r"/sessions/(?P<id>[^/]+)", "session"),
    ("DELETE", _API + r"/sessions/(?P<id>[^/]+)/close", "session"),
]
_PAGE = b"<html><body><h1>Maintenance</h1></body></html>"
_DONE = {"Queued": True, "Running": True}


class DropError(Exception):
    """End the connection without an answer."""


class AnswerError(Exception):
    """End a call with a status and JSON."""

    def __init__(self, status: int, value: object) -> None:
        super().__init__(status)
        self.status, self.value = status, value


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    by_name: ClassVar[dict[str, str]] = {}

    def setup(self) -> None:
        super().setup()
        self.app: IbmServer = self.server.app

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client was killed
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  names of http.server

    def _handle(self) -> None:
        from ibm_server.server import Request

        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the client was killed while it sent
            self.close_connection = True
            return
        split = urlsplit(self.path)
        self.query = parse_qs(split.query)
        call, names = _route(self.command, split.path)
        self.app.requests.append(Request(call, self.command, self.path, dict(self.headers), body))
        effect = self.app.faults.next(call)
        try:
            status, value = self._answer(call, names, body, effect)
        except DropError:
            self.close_connection = True
            self.connection.close()
            return
        self._send(status, value)

    def _answer(
        self, call: str, names: dict[str, str], body: bytes, effect: Effect | None
    ) -> tuple[int, object]:
        if isinstance(effect, Redirect):
            return effect.status, effect
        if isinstance(effect, int):
            return effect, _error(effect, "Scripted trouble.")
        if effect == "drop":
            raise DropError
        if effect == "stall":
            self.app.closing.wait(30.0)
            raise DropError
        if effect == "html":
            return 200, _PAGE
        if effect == "late":
            self.app.later(partial(self.app.submit, json.loads(body)))
            raise DropError
        if effect == "recalibrate":
            self._processor(names["name"]).recalibrate()
        if effect == "lose qubits":
            self._processor(names["name"]).lose_qubits()
        try:
            if call not in ("iam", "unknown"):
                self._authorize()
            status, value = getattr(self, f"call_{call}")(names, body, effect)
        except AnswerError as answer:
            status, value = answer.status, answer.value
        if callable(effect):
            value = effect(value)
        if effect in ("after 504", "hidden 504"):
            return 504, _error(504, "Gateway timeout.")
        if effect in ("after drop", "hidden", "twice drop"):
            raise DropError
        return status, value

    def _send(self, status: int, value: object) -> None:
        where = value.url if isinstance(value, Redirect) else None
        value = b"" if where else value
        data = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        kind = "text/html" if data is _PAGE else "application/json"
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if where:
                self.send_header("Location", where)
            if status == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # the client has gone
            self.close_connection = True

    def _authorize(self) -> None:
        given = self.headers.get("Authorization", "")
        if given.removeprefix("Bearer ") not in self.app.access_tokens:
            raise AnswerError(401, _error(401, "Not authorized."))

    def call_unknown(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        return 404, _error(404, f"No such address: {self.path}")

    def call_iam(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        form = parse_qs(body.decode())
        if form.get("apikey") != [self.app.token]:
            return 400, {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found."}
        now = int(time.time())
        parts = [{"alg": "RS256", "typ": "JWT"}, {"iat": now, "exp": now + 3600, "jti": uuid.uuid4().hex}]
        encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
        token = ".".join([*encoded, "c2lnbmF0dXJl"])
        self.app.access_tokens.add(token)
        return 200, {
            "access_token": token,
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": 3600,
            "expiration": now + 3600,
        }

    def call_search(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        from ibm_server.server import CRN

        item = {"crn": CRN, "service_plan_unique_id": "plan", "name": "lab", "tags": []}
        return 200, {"items": [item | {"doc": {"extensions": {"allocation": 1}}}]}

    def call_catalog(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        return 200, {
            "name": "plan",
            "kind": "plan",
            "images": {},
            "tags": [],
            "disabled": False,
            "provider": {"name": "lab", "email": "lab"},
            "overview_ui": {"en": {"display_name": "Pay", "description": "", "long_description": ""}},
            "metadata": {"pricing": {"type": "paid"}},
        }

    def call_backends(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        devices = []
        for name in self.app.names:
            n_qubits = self._processor(name).configuration["n_qubits"]
            devices.append(
                {
                    "name": name,
                    "status": {"name": "online"},
                    "qubits": n_qubits,
                    "queue_length": 0,
                    "physical_qubits": n_qubits,
                    "class": "real",
                }
            )
        return 200, {"devices": devices}

    def call_configuration(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        return 200, self._processor(names["name"]).configuration

    def call_properties(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        return 200, self._processor(names["name"]).properties

    def call_status(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        return 200, {"state": True, "status": "active", "length_queue": 0, "backend_version": "1.0.0"}

    def call_usage(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        used, limit = self.app.billed_seconds, self.app.limit_seconds
        answer: dict[str, object] = {"usage_consumed_seconds": used}
        if limit is not None:
            answer |= {"usage_limit_seconds": limit, "usage_limit_reached": used >= limit}
        return 200, answer

    def call_submit(self, names: dict, body: bytes, effect: int | str | None) -> tuple[int, object]:
        asked = json.loads(body)
        if asked["backend"] not in self.app.names or asked["program_id"] != "executor":
            return 404, _error(404, "No such backend or program.")
        session = asked.get("session_id")
        if effect == "close session" and session:
            self.app.close_session(session)
        if session and not self.app.sessions[session]["accepting_jobs"]:
            return 400, _error(1217, "The session is closed.")
        try:
            qpu.check(asked["params"])
        except ValueError as error:
            return 400, _error(1201, str(error))
        job = self.app.submit(asked, effect)
        if effect in ("twice", "twice drop"):
            self.app.submit(asked, effect)
        return 200, {"id": job.id, "backend": job.backend}

    def call_jobs(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        from ibm_server.server import describe

        wanted = set(self.query.get("tags", []))
        now = time.monotonic()
        found = [x for x in list(self.app.jobs.values()) if wanted <= set(x.tags) and x.listed <= now][::-1]
        if "pending" in self.query:
            pending = self.query["pending"] == ["true"]
            found = [job for job in found if _DONE.get(job.state, False) == pending]
        start = int(self.query.get("offset", ["0"])[0])
        size = int(self.query.get("limit", ["10"])[0])
        return 200, {"jobs": [describe(job) for job in found[start : start + size]], "count": len(found)}

    def call_job(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        from ibm_server.server import describe

        return 200, describe(self._job(names), "Paused" if effect == "unknown status" else None)

    def call_results(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        job = self._job(names)
        with self.app.lock:
            result = job.result
            if job.private:
                job.result = None
        if job.state == "Completed" and result is None:
            return 404, _error(404, "The results of a private job are given once.")
        return 200, (result or job.reason or " ").encode()

    def call_metrics(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        job = self._job(names)
        stamps = {"created": job.created, "running": job.started, "finished": job.started}
        final = job.ended is not None and time.monotonic() >= job.ended + self.app.bill_lag
        usage = {"qpu_charge_time_seconds": job.seconds, "status": "completed" if final else "pending"}
        if not final and self.app.bill_lag:
            usage["qpu_charge_time_seconds"] = 0
        text = json.dumps({"timestamps": stamps, "usage": usage})
        if isinstance(effect, str) and not effect.startswith(("after", "drop", "stall", "html")):
            text = text.replace(
                json.dumps(usage), f'{{"qpu_charge_time_seconds": {effect}, "status": "completed"}}'
            )
        return 200, text.encode()

    def call_cancel(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        if not self.app.cancel(self._job(names)):
            return 409, _error(409, "The job has ended.")
        return 204, None

    def call_session(self, names: dict, body: bytes, effect: object) -> tuple[int, object]:
        if self.command == "POST":
            asked, name = json.loads(body), uuid.uuid4().hex
            self.app.sessions[name] = {
                "id": name,
                "mode": asked.get("mode"),
                "backend_name": asked.get("backend"),
                "state": "open",
                "accepting_jobs": True,
                "max_ttl": asked.get("max_ttl"),
                "interactive_ttl": 60,
            }
            return 200, {"id": name}
        if names["id"] not in self.app.sessions:
            return 404, _error(404, "No such session.")
        if self.command in ("PATCH", "DELETE"):
            self.app.close_session(names["id"])
            return 204, None
        return 200, self.app.session(names["id"])

    def _processor(self, name: str) -> qpu.Processor:
        found = self.app.processor(name)
        if found is None:
            raise AnswerError(404, _error(404, f"No backend {name}."))
        return found

    def _job(self, names: dict) -> Job:
        if names["id"] not in self.app.jobs:
            raise AnswerError(404, _error(404, "No such job."))
        return self.app.jobs[names["id"]]


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for verb, pattern, call in ROUTES:
        found = re.fullmatch(pattern, path)
        if verb == method and found:
            return call, found.groupdict()
    return "unknown", {}


def _error(code: int, message: str) -> dict:
    return {"errors": [{"code": code, "message": message, "more_info": ""}], "trace": "local"}
