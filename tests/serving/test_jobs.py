"""Jobs on a backend: asked, polled, cancelled, each once, and nobody else's."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qcsearch.cli.main import run
from qcsearch.serving.access import keys as key_files

SHOTS = 256
BACKEND = ("--backend", "local:fake_manila", "--shots", SHOTS, "--window-seconds", 2)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def keys(place):
    made = {}
    for name, scopes in {
        "alice": ("predict:qpu", "jobs"),
        "bob": ("predict:qpu", "jobs"),
        "carol": ("predict",),
    }.items():
        made[name] = key_files.create(place / "keys.json", name, scopes, None, None)[1]
    return made


@pytest.fixture(scope="module")
def jobs(bundle, place, keys, serve):
    """A service with a recorded backend."""
    told = (bundle, "--keys", place / "keys.json", "--state", place / "state", *BACKEND)
    with serve(*told, "--drain-seconds", "0") as process:
        yield process


@pytest.fixture(scope="module")
def ask(jobs, keys):
    """Asks as somebody."""
    with jobs.client() as client:

        def ask(who, method, path, **more):
            headers = {"Authorization": f"Bearer {keys[who]}"} | more.pop("headers", {})
            return client.request(method, path, headers=headers, **more)

        yield ask


def wait(ask, who, job, seconds=30):
    """Poll a job until it has ended."""
    deadline = time.monotonic() + seconds
    while (found := ask(who, "GET", f"/v1/jobs/{job}")).json()["status"] in ("waiting", "running"):
        assert found.headers["Retry-After"] == "1"
        assert time.monotonic() < deadline, found.json()
        time.sleep(0.1)
    return found.json()


def submit(ask, who, rows, **more):
    taken = ask(who, "POST", "/v1/jobs", json={"rows": np.asarray(rows).tolist()}, **more)
    assert taken.status_code == 202, taken.text
    return taken.json()["id"]


def test_a_job_is_taken_run_on_the_backend_and_answered_with_the_spread_of_its_shots(ask, model, samples):
    taken = ask("alice", "POST", "/v1/jobs", json={"rows": samples[:3].tolist()})
    assert taken.status_code == 202
    assert taken.headers["Location"] == f"/v1/jobs/{taken.json()['id']}"
    assert (taken.json()["status"], taken.json()["result"]) == ("waiting", None)
    done = wait(ask, "alice", taken.json()["id"])
    assert (done["status"], done["rows"], done["qpu_seconds"]) == ("done", 3, 0)
    found = done["result"]
    assert (found["kind"], found["source"], found["shots"]) == (
        "fake-backend", "local:fake_manila", SHOTS,
    )  # fmt: skip
    exact = model.predict_proba(samples[:3])
    for one, row in zip(found["predictions"], exact, strict=True):
        shares, errors = (np.array(list(one[name].values())) for name in ("probabilities", "errors"))
        assert np.all(errors > 0)
        assert np.all(np.abs(shares - row) < 6 * errors + 0.05)
    late = ask("alice", "DELETE", f"/v1/jobs/{done['id']}")
    assert (late.status_code, late.json()["title"]) == (409, "Conflict")


def test_a_job_of_another_is_not_there_and_scopes_are_kept_apart(ask, samples):
    job = submit(ask, "alice", samples[:1])
    for method in ("GET", "DELETE"):
        for name in (job, "0" * 32, "x"):
            foreign = ask("bob", method, f"/v1/jobs/{name}")
            assert (foreign.status_code, foreign.json()["title"]) == (404, "Not found")
    for method, path in (("POST", "/v1/jobs"), ("GET", f"/v1/jobs/{job}"), ("DELETE", f"/v1/jobs/{job}")):
        assert ask("carol", method, path).status_code == 403
    assert ask("alice", "GET", f"/v1/jobs/{job}").status_code == 200


def test_the_same_request_under_one_name_is_one_job_and_another_is_refused(ask, samples):
    body, name = {"rows": samples[:2].tolist()}, {"Idempotency-Key": "first"}

    def send(_):
        return ask("alice", "POST", "/v1/jobs", json=body, headers=name)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    taken = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert len(taken) == 1
    for answer in answers:
        assert answer.status_code in (202, 409)
        assert answer.status_code == 202 or int(answer.headers["Retry-After"]) >= 1
    assert send(0).json()["id"] in taken
    other = ask("alice", "POST", "/v1/jobs", json={"rows": samples[:3].tolist()}, headers=name)
    assert (other.status_code, other.json()["title"]) == (422, "Idempotency key reused")
    assert submit(ask, "bob", samples[:2], headers=name) not in taken  # names are each key's own
    for wrong in ("", "x" * 256, "a\tb"):
        refused = ask("alice", "POST", "/v1/jobs", json=body, headers={"Idempotency-Key": wrong})
        assert refused.status_code == 400


def test_what_comes_within_a_window_is_one_job_of_the_backend_but_what_is_cancelled(
    ask, jobs, model, samples
):
    before = len([line for line in jobs.log if line["event"] == "batch"])
    cancelled = submit(ask, "bob", samples[:100])
    for _ in range(2):
        found = ask("bob", "DELETE", f"/v1/jobs/{cancelled}")
        assert (found.status_code, found.json()["status"]) == (200, "cancelled")
    sizes = [("alice", 5), ("bob", 11), ("alice", 1), ("bob", 23)]
    starts = np.cumsum([0, *(n for _, n in sizes)])
    taken = [submit(ask, who, samples[i : i + n]) for i, (who, n) in zip(starts, sizes, strict=False)]
    ended = [wait(ask, who, job) for job, (who, _) in zip(taken, sizes, strict=True)]
    batches = [line for line in jobs.log if line["event"] == "batch"][before:]
    assert 40 <= sum(batch["rows"] for batch in batches) <= 45  # those of the tests above wait, too
    assert len(batches) <= 2
    said = [one for job in ended for one in job["result"]["predictions"]]
    shares = np.array([list(one["probabilities"].values()) for one in said])
    apart = np.abs(shares[:, None] - model.predict_proba(samples[:40])[None]).sum(-1)
    assert np.mean(np.diag(apart)) < np.mean(apart) / 3
    assert ask("bob", "GET", f"/v1/jobs/{cancelled}").json()["status"] == "cancelled"


def test_samples_and_answers_are_on_no_disk_that_can_be_read(ask, place, jobs):
    planted = np.array([[4.123456789, 3.987654321, 1.246813579, 0.135792468]])
    marks = [
        *(f"{cell!r}".encode() for cell in planted[0].tolist()),
        planted.tobytes(),
        planted[0, 0].tobytes(),
    ]
    job = submit(ask, "alice", planted)

    def on_disk():
        content = b"".join(path.read_bytes() for path in (place / "state").rglob("*") if path.is_file())
        return [mark for mark in (*marks, b"setosa", b"versicolor") if mark in content]

    assert on_disk() == []
    assert wait(ask, "alice", job)["status"] == "done"
    assert on_disk() == []
    assert not any(repr(cell) in line for cell in planted[0].tolist() for line in jobs.lines)
    assert (place / "state" / "jobs.key").stat().st_mode & 0o077 == 0


def test_what_a_model_cannot_take_is_refused_before_it_waits(ask):
    wrong = ask("alice", "POST", "/v1/jobs", json={"rows": [[1, 2]]})
    assert wrong.status_code == 400
    assert ask("alice", "POST", "/v1/jobs", json={"rows": [[1, 2, 3, 4]] * 1025}).status_code == 400
    assert ask("alice", "POST", "/v1/jobs", content=b"{").status_code == 400


def test_jobs_are_described_where_there_are_any(ask, service):
    paths = ask("carol", "GET", "/openapi.json").json()["paths"]
    assert {"/v1/jobs", "/v1/jobs/{job}"} <= set(paths)
    with service.client() as client:
        assert "/v1/jobs" not in client.get("/openapi.json").json()["paths"]
        assert client.post("/v1/jobs", json={}).status_code == 404


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--backend", "local:fake_manila"), "must have --state"),
        (("--max-qpu-seconds", "9"), "must go with a --backend"),
        (("--backend", "ibm:ibm_torino", "--state", "{}"), "add --max-qpu-seconds"),
        (("--backend", "local:fake_manila", "--state", "{}", "--max-qpu-seconds", "9"), "leave it out"),
        (("--backend", "local:fake_manila", "--state", "{}", "--window-seconds", "1"), r"in \[2, 60\]"),
        pytest.param(
            ("--backend", "local:fake_nothing", "--state", "{}"),
            "no recorded backend",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_cannot_be_served_is_one_sentence(bundle, tmp_path, capsys, words, sentence):
    words = [word.format(tmp_path / "state") for word in words]
    assert run(["serve", str(bundle), "--port", "0", *words]) in (2, 5)
    said = capsys.readouterr().err
    assert re.search(sentence, said.replace("\n", " ")), said
