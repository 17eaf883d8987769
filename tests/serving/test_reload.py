"""One service whose bundles are replaced while it is asked: each answer is one model's, what is bad is not served."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import threading
from dataclasses import replace

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from qcsearch.bundle import load_bundle, seal_bundle, verify_bundle, write_bundle
from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.seal import SEAL
from qcsearch.bundle.sealing import create_seal_key
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.serving.access import keys
from qcsearch.serving.audit.segments import segments
from qcsearch.serving.models.catalog import Catalog
from qcsearch.serving.models.loading import Reloader
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import AuditError, ReloadError
from qcsearch.serving.state import audit_folder
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics

LOAD = "/v2/repository/models/flowers/load"


@pytest.fixture(scope="module")
def other(model, tmp_path_factory):
    """A bundle of the same kind that says something else."""
    weights = replace(model.parameters, weights=model.parameters.weights + 0.5)
    path = tmp_path_factory.mktemp("other") / "flowers"
    write_bundle(replace(model, parameters=weights), path)
    return path


class Place:
    """Where a service finds its bundle: a link, so that another takes its place at once."""

    def __init__(self, folder):
        self.folder, self.link, self.count = folder, folder / "current", 0
        self.public, _ = create_seal_key(folder / "seal.key")

    def put(self, bundle, *, seal=True):
        self.count += 1
        new = shutil.copytree(bundle, self.folder / f"v{self.count}")
        if seal:
            seal_bundle(new, self.folder / "seal.key", name="flowers")
        self.point(new)
        return new

    def point(self, path):
        draft = self.folder / "next"
        draft.symlink_to(path)
        draft.replace(self.link)


@pytest.fixture(scope="module")
def place(bundle, tmp_path_factory):
    found = Place(tmp_path_factory.mktemp("place"))
    found.put(bundle)
    return found


@pytest.fixture(scope="module")
def running(place, serve):
    """The service, and headers of a key that predicts and of one that has bundles read again."""
    path = place.folder / "keys.json"
    headers = {
        scope: {"Authorization": f"Bearer {keys.create(path, scope, [scope], None, None)[1]}"}
        for scope in ("predict", "admin")
    }
    arguments = ("--seal-key", place.public, "--state", place.folder / "state", "--keys", path)
    with serve(f"flowers={place.link}", *arguments, "--drain-seconds", "0") as process:
        yield process, headers["predict"], headers["admin"]


def served(process, headers):
    with process.client(headers=headers) as client:
        return client.get("/v2/models/flowers").json()["parameters"]["digest"]


def test_no_request_fails_or_is_answered_by_half_a_model_while_bundles_are_replaced(
    running, place, bundle, other, samples
):
    process, predict, admin = running
    digests = {path: verify_bundle(path).digest for path in (bundle, other)}
    expected = {digests[path]: load_bundle(path).predict_proba(samples[:40]) for path in (bundle, other)}
    answers, failed, stop = [], [], threading.Event()

    def ask(k):
        rng = np.random.default_rng(k)
        with process.client(headers=predict) as client:
            while not stop.is_set():
                row = int(rng.integers(40))
                try:
                    answer = client.post("/v1/predict", json={"rows": [samples[row].tolist()]})
                    (found,) = answer.json()["predictions"]
                    said = list(found["probabilities"].values())
                    worst = np.abs(said - expected[answer.json()["digest"]][row]).max()
                    answers.append((answer.json()["digest"], worst))
                except (httpx.HTTPError, KeyError) as error:
                    failed.append(repr(error))

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    with process.client(headers=admin) as client:
        for again in range(6):
            place.put((other, bundle)[again % 2])
            if again < 3:
                found = client.post(LOAD)
                assert found.status_code == 200, found.json()
                assert found.json()["digest"] == digests[(other, bundle)[again % 2]] != found.json()["before"]
            else:
                os.kill(process.process.pid, signal.SIGHUP)
                process.wait_for(lambda log, n=again: sum(one["event"] == "reloaded" for one in log) > n, 60)
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {digest for digest, _ in answers} == set(expected)
    assert max(worst for _, worst in answers) < 1e-12
    written = b"".join(path.read_bytes() for _, path in segments(audit_folder(place.folder / "state")))
    assert written.count(b'"event":"reloaded"') == 6
    newest = json.loads((place.folder / "state" / "seals.json").read_text())["newest"]["flowers"]
    assert newest["sealed_at"] == read_verified(place.link).seal.sealed_at


def no_seal(place, other):
    return place.put(other, seal=False)


def other_bytes(place, other):
    weights = place.put(other) / "weights.json"
    weights.write_bytes(weights.read_bytes().replace(b"1", b"2", 1))


def other_probe(place, other):
    new, found = place.folder / "lies", read_verified(other)
    files = {**found.files, "probe.json": found.files["probe.json"].replace(b"0.", b"1.")}
    store(new, files, Manifest.of(files, {}))
    place.put(new)


def old_seal(place, other):
    new = place.put(other)
    old = (new / SEAL).read_bytes()
    place.put(other)
    place.reloaded()
    (place.folder / f"v{place.count}" / SEAL).write_bytes(old)


def nothing(place, other):
    place.point(place.folder / "nowhere")


@pytest.mark.parametrize(
    ("put", "sentence"),
    [
        (no_seal, "must be sealed. It is not"),
        (other_bytes, "is not as it was written"),
        (other_probe, "what it said when the bundle was written"),
        (old_seal, "must not be sealed before the last one"),
        (nothing, "There is no bundle at"),
    ],
)
def test_what_cannot_be_served_is_said_and_the_one_of_before_is_served_on(
    running, place, other, put, sentence
):
    process, predict, admin = running
    with process.client(headers=admin) as client:
        place.reloaded = lambda: client.post(LOAD)
        put(place, other)
        before = served(process, predict)
        answer = client.post(LOAD)
    assert (answer.status_code, answer.json()["title"]) == (409, "Not reloaded")
    assert answer.json()["detail"].startswith("The model 'flowers' is still that of before: ")
    assert sentence in answer.json()["detail"]
    assert served(process, predict) == before
    process.wait_for(
        lambda log: any(sentence in one["error"] for one in log if one["event"] == "reload failed")
    )


def test_only_who_may_has_bundles_read_again_and_only_from_where_they_are(running, place, bundle):
    process, predict, admin = running
    place.put(bundle)
    with process.client() as client:
        assert client.post(LOAD).status_code == 401
        assert client.post(LOAD, headers=predict).status_code == 403
        assert client.post(LOAD.replace("flowers", "weeds"), headers=admin).status_code == 404
        told = client.post(LOAD, headers=admin, json={"parameters": {"config": "{}"}})
        assert (told.status_code, "from where the service was told" in told.json()["detail"]) == (400, True)
        assert 'qcsearch_reloads_total{outcome="failed"}' in client.get("/metrics", headers=admin).text
    with triton.InferenceServerClient(process.host) as client:
        client.load_model("flowers", headers=admin)
        with pytest.raises(InferenceServerException, match="from where the service was told"):
            client.load_model("flowers", headers=admin, config="{}")


def test_what_cannot_be_written_down_is_not_served(bundle, other, tmp_path):
    shutil.copytree(bundle, tmp_path / "flowers")
    catalog = Catalog([ServedModel.load(str(tmp_path / "flowers"))])
    before = catalog.find("flowers")

    def full(event, **facts):
        raise AuditError("The audit log cannot be written: No space left on device.")

    lines = []
    reloader = Reloader(catalog, Log(lines.append), Metrics(), None, full)
    shutil.rmtree(tmp_path / "flowers")
    shutil.copytree(other, tmp_path / "flowers")
    with pytest.raises(ReloadError, match="No space left"):
        asyncio.run(reloader.reload(before))
    assert catalog.find("flowers") is before
    assert b"reload failed" in lines[0]


@pytest.mark.slow
def test_a_service_ends_with_its_terminal(bundle):
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-c",
        "from qcsearch.cli.main import main; main()",
        "serve",
        bundle,
        "--port",
        "0",
    ]

    def take_terminal():
        # where tests are run with nohup their children ignore it
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(theirs)
    try:
        seen = b""
        while b"Serving on" not in seen:
            seen += os.read(ours, 4096)
        process.send_signal(signal.SIGHUP)
        while b"reloaded" not in seen:
            seen += os.read(ours, 4096)
        os.close(ours)
        assert process.wait(20) == 0
    finally:
        process.kill()
