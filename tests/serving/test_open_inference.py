"""An unmodified client of another house is served: metadata, readiness, inference in JSON and in bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(service):
    with triton.InferenceServerClient(service.host) as found:
        yield found


def ask(client, rows, *, binary=True, name="flowers", outputs=None, kind="FP64", **settings):
    tensor = triton.InferInput("X", list(rows.shape), kind)
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return client.infer(name, [tensor], outputs=outputs, **settings)


def test_it_is_live_and_ready_and_says_what_it_is(client, model):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("flowers")
    assert not client.is_model_ready("weeds")
    assert client.get_server_metadata()["name"] == "qcsearch"
    about = client.get_model_metadata("flowers")
    assert about["inputs"] == [{"name": "X", "datatype": "FP64", "shape": [-1, 4]}]
    assert [output["name"] for output in about["outputs"]] == ["label", "probabilities"]
    assert about["parameters"]["target"] == model.target.to_json()


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("sent", [True, False])
def test_in_json_and_in_bytes_it_answers_what_the_bundle_does(client, model, samples, sent, asked):
    outputs = [triton.InferRequestedOutput(name, binary_data=asked) for name in ("probabilities", "label")]
    found = ask(client, samples[:7], binary=sent, outputs=outputs, request_id="mine")
    assert np.abs(found.as_numpy("probabilities") - model.predict_proba(samples[:7])).max() < 1e-12
    labels = [label.decode() if asked else label for label in found.as_numpy("label")]
    assert labels == model.predict(samples[:7]).tolist()
    assert found.get_response()["id"] == "mine"
    assert found.get_response()["parameters"]["kind"] == "simulated exact"


def test_a_thousand_rows_mixed_over_connections_are_answered_each_to_whom_asked(service, model, samples):
    expected = model.predict_proba(samples)
    parts = np.split(np.random.default_rng(0).permutation(1000), np.arange(3, 1000, 7))

    def run(mine):
        with triton.InferenceServerClient(service.host) as client:
            return [(rows, ask(client, samples[rows]).as_numpy("probabilities")) for rows in mine]

    with ThreadPoolExecutor(8) as pool:
        found = [pair for pairs in pool.map(run, [parts[i::8] for i in range(8)]) for pair in pairs]
    assert sorted(np.concatenate([rows for rows, _ in found])) == list(range(1000))
    assert max(np.abs(values - expected[rows]).max() for rows, values in found) < 1e-12
    with service.client() as client:
        counted = client.get("/metrics").text
    works, batches = (
        float(counted.split(f"qcsearch_batch_requests_{part} ")[1].split()[0]) for part in ("sum", "count")
    )
    assert works > batches  # some were computed together


def test_single_precision_and_whole_numbers_are_read_as_they_are(client, model, samples):
    single, whole = samples[:3].astype(np.float32), np.round(samples[:3]).astype(np.int32)
    for rows, kind in ((single, "FP32"), (whole, "INT32")):
        for binary in (True, False):
            found = ask(client, rows, binary=binary, kind=kind).as_numpy("probabilities")
            assert np.abs(found - model.predict_proba(rows.astype(float))).max() < 1e-12


def test_the_version_is_the_beginning_of_the_digest(client, samples):
    (version,) = client.get_model_metadata("flowers")["versions"]
    assert ask(client, samples[:1], model_version=version).get_response()["model_version"] == version
    with pytest.raises(InferenceServerException, match="no such model"):
        ask(client, samples[:1], model_version="1")


def test_its_errors_are_sentences_that_the_client_shows(client, samples):
    with pytest.raises(
        InferenceServerException, match="X has 3 features, but model is expecting 4 features as"
    ):
        ask(client, samples[:2, :3])
    gap = samples[:2].copy()
    gap[1, 1] = np.nan
    with pytest.raises(InferenceServerException, match="the first is in row 2, column 'x1'"):
        ask(client, gap)
    with pytest.raises(InferenceServerException, match="There is no such model here"):
        ask(client, samples[:2], name="weeds")
    with pytest.raises(InferenceServerException, match="must not be compressed"):
        ask(client, samples[:2], request_compression_algorithm="gzip")
