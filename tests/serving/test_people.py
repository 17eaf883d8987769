"""`POST /v1/predict`, and what is wrong with a request: always 4xx, in the sentences of the command line."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest

ROWS = [[5.1, 3.5, 1.4, 0.2], [6.2, 2.9, 4.3, 1.3]]
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def client(service):
    with service.client() as found:
        yield found


def test_rows_are_answered_in_words_with_what_they_are_worth(client, model):
    answer = client.post("/v1/predict", json={"rows": ROWS}).json()
    assert answer["kind"] == "simulated exact"
    assert answer["source"] == "exact engine, noise of fake_manila"
    assert [one["label"] for one in answer["predictions"]] == model.predict(np.array(ROWS)).tolist()
    found = np.array([list(one["probabilities"].values()) for one in answer["predictions"]])
    assert np.abs(found - model.predict_proba(np.array(ROWS))).max() < 1e-12
    assert list(answer["predictions"][0]["probabilities"]) == list(model.target.names)


def test_the_digest_is_the_one_that_verify_says(client, bundle):
    digest = json.loads((bundle / "manifest.json").read_text())["digest"]
    assert client.post("/v1/predict", json={"rows": ROWS}).json()["digest"] == digest


WRONG = {
    "not JSON": b"{",
    "NaN": b'{"rows": [[NaN, 1, 1, 1]]}',
    "not UTF-8": b'{"rows": [["\xff", 1, 1, 1]]}',
    "no rows": b"{}",
    "an empty list": b'{"rows": []}',
    "another part": b'{"rows": [[1, 2, 3, 4]], "more": 1}',
    "nested deeply": b'{"rows": ' + b"[" * 900 + b"]" * 900 + b"}",
    "nested too deeply for any parser": b"[" * 200_000,
    "many parts": b'{"rows": [' + b"{}," * 100_000 + b"{}]}",
    "a list": b"[]",
    "rows and image": b'{"rows": [[1, 2, 3, 4]], "image": ""}',
    "mixed rows": b'{"rows": [[1, 2, 3, 4], {"a": 1}]}',
    "truth": b'{"rows": [[true, 2, 3, 4]]}',
    "another model": b'{"rows": [[1, 2, 3, 4]], "model": 3}',
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("path", ["/v1/predict", "/v2/models/flowers/infer"])
def test_a_wrong_body_is_a_bad_request_with_one_sentence(client, path, content):
    answer = client.post(path, content=content)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["detail"].endswith(".")
    assert problem["error"].startswith(problem["detail"])
    assert problem["request_id"] == answer.headers["x-request-id"]


SENTENCES = {
    "X has 3 features, but model is expecting 4 features as input.": [[1, 2, 3]],
    "X holds 1 value that is NaN, missing or infinite; the first is in row 1, column 'x0' (nan).": [
        [None, 2, 3, 4]
    ],
    "X holds the text 'a' in row 1, column 'x3'; every feature must be a number.": [[1, 2, 3, "a"]],
    "X is ragged: its rows differ in length or cannot be read as numbers.": [[1, 2, 3, 4], [1, 2, 3]],
    "A request must have at most 1,024 samples. It has 1,025.": [[1, 2, 3, 4]] * 1025,
}


@pytest.mark.parametrize(("sentence", "rows"), SENTENCES.items(), ids=range(len(SENTENCES)))
def test_what_the_model_cannot_take_is_said_as_the_command_line_says_it(client, sentence, rows):
    answer = client.post("/v1/predict", json={"rows": rows})
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e101", "9" * 400])
def test_a_number_beyond_floats_or_scaling_is_refused(client, number):
    answer = client.post("/v1/predict", content=f'{{"rows": [[{number}, 1, 1, 1]]}}')
    assert answer.status_code == 400


def tensor(**changes):
    return {"inputs": [{"name": "X", "shape": [1, 4], "datatype": "FP64", "data": [1, 2, 3, 4], **changes}]}


TENSORS = {
    "unknown type": tensor(datatype="FP65"),
    "text": tensor(datatype="BYTES", data=["1", "2", "3", "x"]),
    "fraction": tensor(datatype="INT8", data=[1, 2, 3, 4.5]),
    "shape": tensor(shape=[2, 4]),
    "negative": tensor(shape=[-1, 4]),
    "huge": tensor(shape=[2**31, 2**31, 2**31]),
    "no data": tensor(data=None),
    "missing bytes": tensor(data=None, parameters={"binary_data_size": 32}),
    "negative bytes": tensor(data=None, parameters={"binary_data_size": -1}),
    "twice": tensor(parameters={"binary_data_size": 0}),
    "another name": tensor(name="Y"),
    "two": {"inputs": tensor()["inputs"] * 2},
    "another output": {**tensor(), "outputs": [{"name": "weights"}]},
    "no dimension": tensor(shape=[4]),
    "no rows": tensor(shape=[0, 4], data=[]),
    "ragged": tensor(data=[[1, 2], [3, 4, 5]]),
    "an object": tensor(data=[{}, 1, 2, 3]),
}


@pytest.mark.parametrize("body", TENSORS.values(), ids=TENSORS)
def test_a_wrong_tensor_is_a_bad_request(client, body):
    assert client.post("/v2/models/flowers/infer", json=tensor()).status_code == 200
    answer = client.post("/v2/models/flowers/infer", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)


@pytest.mark.parametrize("length", ["0", "-1", "x", "9" * 50, "٣", "1e3"])
def test_a_header_that_lies_about_the_json_is_a_bad_request(client, length):
    answer = client.post(
        "/v2/models/flowers/infer",
        content=b"{}",
        headers={"Inference-Header-Content-Length": length.encode()},
    )
    assert answer.status_code == 400


def test_a_body_is_counted_while_it_is_read_and_never_unpacked(client):
    most = 2**20
    for content in (
        b" " * (most + 1),
        (b" " * 2**16 for _ in range(17)),
    ):  # one says its length, the other has none
        answer = client.post("/v1/predict", content=content)
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    body = json.dumps({"rows": ROWS}).encode()
    assert client.post("/v1/predict", content=body + b" " * (most - len(body))).status_code == 200
    assert client.post("/v1/predict", content=body, headers={"Content-Encoding": "gzip"}).status_code == 415


def test_there_is_no_other_address_or_method(client):
    assert client.get("/v3").status_code == 404
    assert client.get("/v1/predict").status_code == 405
    assert client.get("/docs").status_code == 404  # which would load scripts from elsewhere


def test_the_document_is_openapi_3_1_and_names_every_route(client):
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    refs = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert refs <= set(document["components"]["schemas"])
    assert {"/v1/predict", "/v2/models/{name}/infer"} <= set(document["paths"])


def test_an_image_is_refused_by_a_model_of_numbers(client):
    pil = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    pil.new("L", (2, 2)).save(file, "PNG")
    answer = client.post("/v1/predict", json={"image": base64.b64encode(file.getvalue()).decode()})
    assert (answer.status_code, answer.json()["detail"]) == (400, "The model was not trained on images.")
