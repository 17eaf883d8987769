"""The client against a stand-in: what it sends again, when, for how long, and what it never shows."""

from __future__ import annotations

import asyncio
import copy
import email.utils
import json
import logging
import pickle
import random
import subprocess
import sys
import threading
import time
import traceback

import httpx
import numpy as np
import pytest

from qcsearch import errors
from qcsearch.client import ApiKey, AsyncClient, Client
from qcsearch.client.patience import Patience, retry_after

KEY = "qcs_0123456789ab_" + "c0ffee" * 10
ROWS = [[0.1, 0.2], [0.3, float("nan")]]
SAID = {
    "model": "flowers",
    "digest": "ab",
    "kind": "simulated exact",
    "source": "exact engine",
    "predictions": [
        {"label": "a", "probabilities": {"a": 0.75, "b": 0.25}},
        {"label": "b", "probabilities": {"a": 0.25, "b": 0.75}},
    ],
}
GOOD = httpx.Response(200, json=SAID, headers={"X-Request-ID": "r1"})


def refused(status, headers=None, detail="It is busy.", **further):
    return httpx.Response(status, json={"detail": detail, **further}, headers=headers)


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch):
    monkeypatch.delenv("QCSEARCH_API_KEY", raising=False)
    monkeypatch.delenv("QCSEARCH_API_KEY_FILE", raising=False)


class Script:
    """Answers one after the other, the last for ever; remembers requests and pauses."""

    def __init__(self, *answers, patience=None):
        self.answers, self.requests, self.pauses = list(answers), [], []
        self.client = AsyncClient(
            "https://models.example.org", KEY, patience, transport=httpx.MockTransport(self._answer)
        )
        self.client._sleep, self.client._chance = self._pause, random.Random(0)

    async def _pause(self, seconds):
        self.pauses.append(seconds)

    def _answer(self, request):
        self.requests.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return httpx.Response(
            found.status_code, stream=httpx.ByteStream(found.content), headers=found.headers
        )

    def predict(self, rows=ROWS, **settings):
        async def ask():
            async with self.client:
                return await self.client.predict(rows, **settings)

        return asyncio.run(ask())


def test_an_answer_is_typed_and_says_what_it_is():
    script = Script(GOOD)
    found = script.predict(model="flowers")
    assert (found.labels, found.kind, found.request_id) == (["a", "b"], "simulated exact", "r1")
    assert found.predictions[0].probabilities == {"a": 0.75, "b": 0.25}
    (request,) = script.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {"model": "flowers", "rows": [[0.1, 0.2], [0.3, None]]}


@pytest.mark.parametrize(
    "trouble",
    [refused(429), refused(502), refused(503), refused(504), httpx.ReadError("x"), httpx.ConnectError("x")],
)
def test_what_may_be_better_later_is_sent_again_under_the_same_name(trouble):
    script = Script(trouble, trouble, GOOD)
    assert script.predict().labels == ["a", "b"]
    names = {request.headers["idempotency-key"] for request in script.requests}
    assert (len(script.requests), len(names)) == (3, 1)
    again = Script(GOOD)
    again.predict()
    assert again.requests[0].headers["idempotency-key"] not in names


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "RequestRefusedError"),
        (401, "AccessRefusedError"),
        (403, "AccessRefusedError"),
        (404, "NotServedError"),
        (409, "RequestRefusedError"),
        (413, "RequestRefusedError"),
        (422, "RequestRefusedError"),
        (500, "UnavailableError"),
        (202, "UnavailableError"),
        (302, "UnavailableError"),
    ],
)
def test_what_will_be_the_same_later_is_an_error_in_the_services_sentence(status, kind):
    sent = {"X-Request-ID": "r7", "Location": "https://evil.example.org"}
    script = Script(refused(status, sent, "X has 3 features, not 4.", fix="give four."))
    with pytest.raises(errors.ClientError, match=r"X has 3 features, not 4\. Fix: give four\.") as caught:
        script.predict()
    assert (type(caught.value).__name__, caught.value.status, caught.value.request_id) == (kind, status, "r7")
    assert len(script.requests) == 1
    kept = pickle.loads(pickle.dumps(caught.value))
    assert (kept.status, kept.request_id, str(kept)) == (status, "r7", str(caught.value))


def test_a_request_that_is_still_in_flight_is_asked_for_again():
    script = Script(refused(409, {"Retry-After": "1"}), GOOD)
    assert script.predict().labels == ["a", "b"]


def test_pauses_grow_at_random_and_are_never_shorter_than_the_service_asks():
    script = Script(refused(503), patience=Patience(30, 6, 0.5, 3.0))
    with pytest.raises(errors.UnavailableError, match="It is busy"):
        script.predict()
    assert len(script.requests) == 6
    assert all(0 <= pause <= most for pause, most in zip(script.pauses, (0.5, 1, 2, 3, 3), strict=True))
    assert len({round(pause, 6) for pause in script.pauses}) == 5
    asked = Script(refused(429, {"Retry-After": "7"}), patience=Patience(60, 4, 0.5, 3.0))
    with pytest.raises(errors.UnavailableError):
        asked.predict()
    assert all(7 <= pause <= 10 for pause in asked.pauses)


def test_it_does_not_wait_for_what_comes_too_late():
    script = Script(refused(429, {"Retry-After": "86400"}, "The rows of today are used up."))
    with pytest.raises(errors.OutOfTimeError, match=r"later than there is time for.*rows of today") as caught:
        script.predict(seconds=5)
    assert (script.pauses, caught.value.status) == ([], 429)


def test_retry_after_is_a_number_or_a_date():
    assert retry_after("7") == 7
    assert retry_after("9" * 40) == float("inf")
    assert [retry_after(wrong) for wrong in (None, "", "-1", "soon", "1.5", "٣")] == [None] * 6
    assert 50 < retry_after(email.utils.formatdate(time.time() + 60, usegmt=True)) <= 60
    assert retry_after(email.utils.formatdate(time.time() - 60, usegmt=True)) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps({**SAID, "predictions": SAID["predictions"][:1]}).encode(),
        json.dumps({**SAID, "predictions": [{"label": "a", "probabilities": {"a": "much"}}] * 2}).encode(),
    ],
)
def test_an_answer_of_another_form_is_none(content):
    with pytest.raises(errors.UnavailableError):
        Script(httpx.Response(200, content=content)).predict()


def test_an_answer_without_end_is_cut(monkeypatch):
    monkeypatch.setattr("qcsearch.client.asynchronous._MOST_ANSWER", 1000)
    with pytest.raises(errors.UnavailableError, match="at most 1,000 bytes"):
        Script(httpx.Response(200, content=b" " * 2000)).predict()


@pytest.mark.parametrize("rows", [[], 7, "text", [7], [[float("inf")]], [[[1]]], [[object()]], np.float64(3)])
def test_what_is_no_table_is_not_sent(rows):
    script = Script(GOOD)
    with pytest.raises(errors.InputError):
        script.predict(rows)
    assert script.requests == []


def test_tables_of_every_kind_are_the_same_request():
    pandas = pytest.importorskip("pandas")
    table = [[1.5, 2.0], [3.0, 4.0]]
    named = [{"x": 1.5, "y": 2.0}, {"x": 3.0, "y": 4.0}]
    for rows, sent in (
        (np.array(table), table),
        ([np.array(row) for row in table], table),
        ([tuple(map(np.float64, row)) for row in table], table),
        (pandas.DataFrame(named), named),
        (named, named),
    ):
        script = Script(GOOD)
        script.predict(rows)
        assert json.loads(script.requests[0].content) == {"rows": sent}


def test_a_key_is_in_no_repr_log_pickle_or_traceback(caplog):
    caplog.set_level(logging.DEBUG)
    script = Script(refused(401, detail="The key is not valid."))
    key = ApiKey(KEY)
    try:
        script.predict()
    except errors.AccessRefusedError as error:
        told = "".join(traceback.TracebackException.from_exception(error).format())
    assert KEY not in "".join([told, caplog.text, repr(key), str(key), f"{key}", repr(script.client)])
    for keep in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            keep(key)
    for wrong in ("", "a b", "a\r\nX: y", "é"):
        with pytest.raises(errors.CredentialsError) as caught:
            ApiKey(wrong)
        assert "X: y" not in str(caught.value)


def test_a_key_comes_from_the_environment_or_from_a_file_of_ones_own(monkeypatch, tmp_path):
    assert ApiKey.found() is None
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    file.chmod(0o644)
    monkeypatch.setenv("QCSEARCH_API_KEY_FILE", str(file))
    with pytest.raises(errors.CredentialsError, match="Others can read it"):
        ApiKey.found()
    file.chmod(0o600)
    assert ApiKey.found().header() == f"Bearer {KEY}"
    monkeypatch.setenv("QCSEARCH_API_KEY", "other")
    assert ApiKey.found().header() == "Bearer other"
    monkeypatch.delenv("QCSEARCH_API_KEY")
    file.unlink()
    with pytest.raises(errors.CredentialsError, match="cannot be read"):
        ApiKey.found()


def test_a_key_does_not_leave_this_machine_in_the_clear():
    with pytest.raises(errors.InputError, match=r"must go to 'models\.example\.org' by https"):
        AsyncClient("http://models.example.org", KEY)
    for address in ("http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://example.org/a/"):
        AsyncClient(address, KEY)
    AsyncClient("http://models.example.org")
    for address in ("models", "ftp://a", "https://a:b@c", "https://a?b=c", "http://a:port", ""):
        with pytest.raises(errors.InputError):
            AsyncClient(address)


def test_a_deadline_holds_for_an_answer_that_trickles(trickle):
    with Client(trickle) as client:
        began = time.monotonic()
        with pytest.raises(errors.OutOfTimeError, match=r"must answer in 0\.5 s"):
            client.predict(ROWS, seconds=0.5)
        assert time.monotonic() - began < 3


@pytest.fixture
def trickle():
    """A service that sends a byte now and then, for ever."""
    import socket

    listener, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def run():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                while not stop.wait(0.05):
                    connection.send(b"H")
            except OSError:
                return

    thread = threading.Thread(target=run)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop.set()
    thread.join()
    listener.close()


def test_nobody_there_is_said_in_one_sentence():
    patience = Patience(5, 2, 0.0, 0.0)
    with Client("http://127.0.0.1:1", patience=patience) as client:
        with pytest.raises(errors.UnavailableError, match="gives no answer: ConnectError"):
            client.models()
        client.close()


@pytest.mark.parametrize(
    "wrong", [{"seconds": 0}, {"attempts": 0}, {"first_pause": 11}, {"seconds": float("nan")}]
)
def test_patience_that_is_none_is_refused(wrong):
    with pytest.raises(errors.InputError):
        Patience(**wrong)


def test_without_httpx_it_says_how_to_install_it():
    code = "import sys; sys.modules['httpx'] = None; import qcsearch.client; qcsearch.client.Client"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (
        "The client needs httpx, which is not installed. Fix: pip install 'qcsearch[client]'." in done.stderr
    )


def test_the_client_needs_no_engine():
    heavy = ("numpy", "scipy", "sklearn", "numba", "qiskit", "optuna", "fastapi", "qcsearch.serving")
    code = (
        f"import sys; from qcsearch.client import Client; print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def told(status, result=None):
    about = {"id": "0f" * 16, "model": "flowers", "rows": 2, "qpu_seconds": 2.5, "dollars": 4.0}
    return {**about, "digest": "ab", "status": status, "problem": None, "result": result}


def test_a_job_is_taken_once_waited_for_and_typed():
    done = SAID | {"kind": "hardware", "shots": 64}
    done["predictions"] = [one | {"errors": {"a": 0.05, "b": 0.05}} for one in SAID["predictions"]]
    script = Script(
        refused(503),
        refused(409, {"Retry-After": "1"}),
        httpx.Response(202, json=told("waiting")),
        httpx.Response(200, json=told("waiting")),
        httpx.Response(200, json=told("running")),
        httpx.Response(200, json=told("done", done)),
    )

    async def ask():
        async with script.client as client:
            return await client.wait(await client.submit(ROWS, "flowers"))

    job = asyncio.run(ask())
    assert (job.status, job.ended, job.qpu_seconds, job.result.shots) == ("done", True, 2.5, 64)
    assert job.result.predictions[0].errors == {"a": 0.05, "b": 0.05}
    posts = [request for request in script.requests if request.method == "POST"]
    assert {request.url.path for request in posts} == {"/v1/jobs"}
    assert len({request.headers["idempotency-key"] for request in posts}) == 1
    assert [request.url.path for request in script.requests[3:]] == [f"/v1/jobs/{'0f' * 16}"] * 3


def test_a_job_that_does_not_end_in_time_goes_on_one_that_is_late_is_not_cancelled_and_half_an_answer_is_none():
    def ask(script, what):
        async def asked():
            async with script.client as client:
                return await what(client)

        return asyncio.run(asked())

    with pytest.raises(errors.OutOfTimeError, match=r"must end in 0 s\. It is running"):
        ask(Script(httpx.Response(200, json=told("running"))), lambda client: client.wait("x", 0))
    late = Script(refused(409, detail="It has ended."))
    with pytest.raises(errors.RequestRefusedError, match="It has ended"):
        ask(late, lambda client: client.cancel("a/../b"))
    assert [request.method for request in late.requests] == ["DELETE"]
    assert late.requests[0].url.raw_path == b"/v1/jobs/a%2F..%2Fb"
    half = SAID | {"predictions": SAID["predictions"][:1]}
    for wrong in (told("done"), told("done", half), told("asleep"), told("done", {})):
        with pytest.raises(errors.UnavailableError):
            ask(Script(httpx.Response(200, json=wrong)), lambda client: client.job("x"))
