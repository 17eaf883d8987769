"""One service with keys, from its first request to its end: who may ask, what is written down, how it drains."""

from __future__ import annotations

import threading

import httpx
import pytest

from qcsearch.serving.access import keys

ROWS = [[5.123456, 3.5, 1.4, 0.2]]


@pytest.fixture(scope="module")
def guarded(bundle, serve, tmp_path_factory):
    """A service, a key that predicts, one for its metrics, and their file."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    made = {
        name: keys.create(path, name, [scope], models, None)
        for name, scope, models in (
            ("alice", "predict", None),
            ("watcher", "admin", None),
            ("other", "predict", ["weeds"]),
        )
    }
    with serve(bundle, "--keys", path, "--drain-seconds", "1") as process:
        yield process, {name: token for name, (_, token) in made.items()}, path


def headers(token, **further):
    return {"Authorization": f"Bearer {token}", **further}


def test_health_is_open_and_all_else_needs_a_key(guarded):
    process, tokens, _ = guarded
    with process.client() as client:
        assert client.get("/v2/health/ready").status_code == 200
        for path in ("/v2", "/v2/models/flowers", "/v2/models/flowers/ready", "/v1/models", "/metrics"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        for path in ("/v1/predict", "/v2/models/flowers/infer", "/v2/models/nothing/infer"):
            assert client.post(path, json={"rows": ROWS}).status_code == 401
        asked = {"json": {"rows": ROWS}}
        assert client.post("/v1/predict", headers=headers(tokens["alice"]), **asked).status_code == 200
        assert client.post("/v1/predict", headers=headers(tokens["watcher"]), **asked).status_code == 403
        assert client.get("/metrics", headers=headers(tokens["alice"])).status_code == 403
        assert client.get("/metrics", headers=headers(tokens["watcher"])).status_code == 200


def test_what_a_key_may_not_see_is_not_there(guarded):
    process, tokens, _ = guarded
    with process.client(headers=headers(tokens["other"])) as client:
        assert client.get("/v1/models").json() == {"models": []}
        answers = [client.get(f"/v2/models/{name}") for name in ("flowers", "nothing")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_a_key_is_taken_and_refused_from_the_next_request_on(guarded):
    process, _, path = guarded
    key, token = keys.create(path, "bob", ["predict"], None, None)
    with process.client(headers=headers(token)) as client:
        assert client.get("/v1/models").status_code == 200
        keys.revoke(path, key.id)
        assert client.get("/v1/models").status_code == 401


def test_the_log_says_who_asked_what_and_never_what_for(guarded):
    process, tokens, _ = guarded
    with process.client() as client:
        sent = headers(tokens["alice"], **{"X-Request-ID": "my-request"})
        assert client.post("/v1/predict?secret=5.123456", headers=sent, json={"rows": ROWS}).is_success
        assert (
            client.post("/v1/predict", headers=headers("qcs_wrong"), json={"rows": ROWS}).status_code == 401
        )
        assert client.get("/5.123456").status_code == 404
    process.wait_for(lambda log: any(line.get("status") == 404 for line in log if not line.get("route")))
    (line,) = [line for line in process.log if line.get("request_id") == "my-request"]
    assert line["route"] == "/v1/predict"
    assert (line["status"], line["rows"], line["key"], line["model"]) == (200, 1, "alice", "flowers")
    text = "".join(process.lines)
    assert not [secret for secret in ("5.123456", "qcs_", *tokens.values()) if secret in text]


def test_on_sigterm_it_is_not_ready_finishes_what_comes_and_ends_well(guarded):
    process, tokens, _ = guarded
    failed, statuses, stop = [], [], threading.Event()

    def ask():
        with process.client(headers=headers(tokens["alice"])) as client:
            while not stop.is_set():
                try:
                    answer = client.post("/v1/predict", json={"rows": ROWS})
                except httpx.ConnectError:  # it does not listen any more
                    return
                except httpx.HTTPError as error:
                    failed.append(error)
                    return
                statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    process.process.terminate()
    process.wait_for(lambda log: any(one["event"] == "draining" for one in log))
    with process.client() as client:
        assert client.get("/v2/health/live").status_code == 200
        assert client.get("/v2/health/ready").status_code == 503
    code = process.process.wait(20)
    stop.set()
    for thread in threads:
        thread.join()
    assert (code, failed, set(statuses)) == (0, [], {200})
    process.wait_for(lambda log: any(one["event"] == "ended" for one in log))
