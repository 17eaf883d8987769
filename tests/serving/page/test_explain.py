"""`POST /v1/explain`: one sample's way is the model's own, bounded, and told to nobody who may not have it."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine

from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.serving.access.caller import ANYBODY, Caller
from qcsearch.serving.routes import explain
from qcsearch.serving.settings import Limits

PIXELS = load_digits(n_class=2).images[3]
ROW = [13.1, 0.9, 700.0]


def explained(ask, model, row, **choices):
    answer = ask(model, "/v1/explain", {"rows": [row]}, **choices)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_step_is_the_models_own(ask, digits):
    told = explained(ask, digits, PIXELS.ravel().tolist())
    X = PIXELS[None]
    np.testing.assert_allclose(told["features"], digits.features(X)[0], atol=1e-12)
    values = [one["value"] for one in told["measured"]]
    np.testing.assert_allclose(values, digits.expectations(X)[0], atol=1e-12)
    assert [one["observable"] for one in told["measured"]] == list(digits.candidate.observables)
    np.testing.assert_allclose(told["outputs"], digits.decision(X)[0], atol=1e-12)
    shares = list(told["prediction"]["probabilities"].values())
    np.testing.assert_allclose(shares, digits.predict_proba(X)[0], atol=1e-12)
    assert told["kind"] == "simulated exact"


def test_the_angles_are_those_that_qiskit_binds(ask, digits):
    told = explained(ask, digits, PIXELS.ravel().tolist())
    circuit, features, weights = to_circuit(digits.transpiled.gate_list)
    numbers = [*digits.features(PIXELS[None])[0], *digits.parameters.weights]
    bound = circuit.assign_parameters(dict(zip([*features, *weights], numbers, strict=True)))
    gates = told["circuit"]["gates"]
    assert [gate["name"] for gate in gates] == [step.operation.name for step in bound.data]
    for gate, step in zip(gates, bound.data, strict=True):
        assert gate["qubits"] == [bound.find_bit(qubit).index for qubit in step.qubits]
        if step.operation.params:
            assert gate["angle"] == pytest.approx(float(step.operation.params[0]), abs=1e-12)
        else:
            assert gate["angle"] is None
    assert told["circuit"]["qubits"] == [3, 1, 2]
    assert (
        told["circuit"]["drawing"].count('class="gate ') == len(gates) + 3
    )  # and a meter on each measured wire
    angle = next(gate["angle"] for gate in gates if gate["angle"] is not None)
    assert f">{angle:.2f}</text>" in told["circuit"]["drawing"]


def test_an_image_that_was_pooled_is_shown_as_the_smaller_one(ask, digits):
    prepared = explained(ask, digits, PIXELS.ravel().tolist())["prepared"]
    assert (prepared["reduction"], prepared["shape"], prepared["names"]) == ("pool", [4, 4], None)
    blocks = PIXELS.reshape(4, 2, 4, 2).mean(axis=(1, 3)).ravel()
    order = np.array(prepared["values"])
    low, high = prepared["interval"]
    varied = (order > low + 1e-9) & (order < high - 1e-9)
    assert varied.sum() > 3
    scaler = dict(digits.pipeline.steps)["scaling"]
    share = (blocks - scaler.offset_) / scaler.scale_
    np.testing.assert_allclose(order[varied], (low + share * (high - low))[varied], atol=1e-12)


def test_columns_that_are_left_keep_their_names(ask, wine):
    told = explained(ask, wine, dict(zip(["alcohol", "hue", "proline"], ROW, strict=True)))
    assert told["prepared"]["names"] == ["alcohol", "hue", "proline"]
    assert told["prediction"]["label"] in load_wine().target_names


def test_pixels_that_never_varied_have_no_value_and_the_others_their_place(ask, digits):
    found = load_digits(n_class=2)
    from qcsearch.training.single import train

    candidate = {
        "encoding": {"name": "weighted_sum"},
        "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    }
    places = {"qubits": [0, 1], "observables": ["Z0", "Z1"], "training": {"steps": 1}}
    model = train(candidate | places, found.images[:60], found.target[:60], device="fake_manila")
    prepared = explained(ask, model, PIXELS.ravel().tolist())["prepared"]
    kept = dict(model.pipeline.steps)["constant"].kept_
    assert prepared["shape"] == [8, 8]
    assert [i for i, value in enumerate(prepared["values"]) if value is not None] == kept.tolist()
    assert 0 < len(kept) < 64


def test_what_is_too_large_is_left_out(ask, digits, monkeypatch):
    monkeypatch.setattr(explain, "_MOST_GATES", 3)
    monkeypatch.setattr(explain, "_MOST_NUMBERS", 3)
    told = explained(ask, digits, PIXELS.ravel().tolist())
    assert (told["circuit"], told["prepared"], told["features"]) == (None, None, None)
    assert told["prediction"]["label"] in (0, 1)


def test_an_explanation_is_of_one_sample(ask, wine):
    answer = ask(wine, "/v1/explain", {"rows": [ROW, ROW]})
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "A request must have at most 1 sample. It has 2.",
    )
    answer = ask(wine, "/v1/explain", {"rows": [[1, 2]]})
    assert answer.json()["detail"] == "X has 2 features, but model is expecting 3 features as input."


def test_a_key_that_may_only_predict_learns_nothing(ask, wine):
    caller = Caller("alice", frozenset({"predict"}))
    answer = ask(wine, "/v1/explain", {"rows": [ROW]}, caller=caller)
    assert answer.status_code == 403
    assert answer.json()["detail"] == "The key must have the scope 'explain'. It has not."
    assert ask(wine, "/v1/predict", {"rows": [ROW]}, caller=caller).status_code == 200
    assert (
        ask(
            wine,
            "/v1/explain",
            {"rows": [ROW]},
            caller=dataclasses.replace(ANYBODY, scopes=frozenset({"explain"})),
        ).status_code
        == 403
    )


def test_neither_is_there_unless_the_service_is_told_so(ask, wine):
    assert ask(wine, "/", page=False).status_code == 404
    assert ask(wine, "/v1/explain", {"rows": [ROW]}, page=False).status_code == 404
    assert "/v1/explain" not in ask(wine, "/openapi.json", page=False).json()["paths"]
    document = ask(wine, "/openapi.json").json()
    answer = document["paths"]["/v1/explain"]["post"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    shape = document["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert set(shape["required"]) == set(explained(ask, wine, ROW))


def test_metadata_of_images_tell_how_bright_they_were(ask, digits, wine):
    about = ask(digits, "/v2/models/it").json()["parameters"]
    assert about["brightest"] == load_digits(n_class=2).data.max()
    assert "brightest" not in ask(wine, "/v2/models/it").json()["parameters"]


def test_it_keeps_the_limits_of_every_other_route(ask, wine, monkeypatch):
    assert ask(wine, "/v1/explain", {"rows": [[" " * 2**20]]}).status_code == 413
    assert ask(wine, "/v1/explain", {"rows": [ROW], "model": "another"}).status_code == 404
    assert ask(wine, "/v1/explain", {"rows": [ROW, *[ROW] * 1024]}).status_code == 400
    slow = explain._told
    monkeypatch.setattr(explain, "_told", lambda answers: time.sleep(0.5) or slow(answers))
    answer = ask(wine, "/v1/explain", {"rows": [ROW]}, limits=Limits(request_seconds=0.2))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
