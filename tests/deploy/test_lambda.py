"""The function of AWS Lambda, run by Amazon's own runtime client against a runtime API of this machine."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys

import pytest
from containerfile import DEPLOY, command, instructions, lay_kernels
from runtime_api import RuntimeApi, http_event
from sklearn.datasets import load_iris

from qcsearch.bundle.write import write_bundle
from qcsearch.serving.access import keys
from qcsearch.training.single import train

pytest.importorskip("mangum")
pytest.importorskip("awslambdaric")

pytestmark = pytest.mark.slow

CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1, 2, 3],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 2},
}
ROWS = '{"rows": [[5.1, 3.5, 1.4, 0.2]]}'


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    X, y = load_iris(return_X_y=True)
    model = train(CANDIDATE, X, y, device="fake_manila")
    folder = tmp_path_factory.mktemp("lambda")
    write_bundle(model, folder / "model.zip")
    lay_kernels(folder / "kernels")
    return model, folder


@pytest.fixture
def start(model, tmp_path):
    api, started = RuntimeApi(), []

    def run(**variables):
        words = [
            sys.executable if word == "python" else word
            for word in command(instructions(DEPLOY / "lambda/Containerfile")[-1])
        ]
        given = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "TMPDIR": str(tmp_path),
            "QCSEARCH_ROOT": str(model[1]),
            "QCSEARCH_BUNDLE": str(model[1] / "model.zip"),
        }
        process = subprocess.Popen(
            words,
            cwd=DEPLOY / "lambda",
            env=os.environ | given | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return api

    yield run
    for process in started:
        process.kill()
        process.communicate()
    api.close()


def test_it_answers_one_event_after_the_other_for_who_has_a_key(model, start, tmp_path):
    file = tmp_path / "secret" / "keys.json"
    file.parent.mkdir()
    _, token = keys.create(file, "alice", ["predict"], None, None)
    pepper = file.with_name("keys.json.pepper")
    api = start(
        **{
            name: base64.b64encode(path.read_bytes()).decode()
            for name, path in (("QCSEARCH_KEYS", file), ("QCSEARCH_KEYS_PEPPER", pepper))
        }
    )
    key = f"Bearer {token}"
    for _ in range(3):  # an engine that was left in the loop of the last event would never answer
        _, answer = api.invoke(http_event("POST", "/v1/predict", ROWS, authorization=key))
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        (one,) = json.loads(answer["body"])["predictions"]
        shares = model[0].predict_proba([[5.1, 3.5, 1.4, 0.2]])[0]
        assert list(one["probabilities"].values()) == pytest.approx(shares.tolist(), abs=1e-12)
    _, refused = api.invoke(http_event("POST", "/v1/predict", ROWS))
    assert (refused["statusCode"], json.loads(refused["body"])["title"]) == (401, "Unauthorized")
    _, wrong = api.invoke(http_event("POST", "/v1/predict", '{"rows": [[1]]}', authorization=key))
    assert (
        json.loads(wrong["body"])["detail"] == "X has 1 features, but model is expecting 4 features as input."
    )
    kernels = {place.name for place in (model[1] / "kernels").rglob("*.nb?")}
    assert kernels == lay_kernels(tmp_path / "again")  # none was compiled
    _, ready = api.invoke(http_event("GET", "/v2/health/ready"))
    assert ready["statusCode"] == 200


def test_without_anybody_who_may_ask_it_does_not_start(start):
    api = start()
    kind, said = api.answers.get(timeout=60)
    assert kind == "error"
    assert "can be reached from elsewhere" in json.dumps(said)
