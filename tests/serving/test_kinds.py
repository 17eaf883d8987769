"""Each kind of model is served with answers of its kind: numbers, several at once, labels, images, text, states."""

from __future__ import annotations

import asyncio
import base64
import io
from dataclasses import replace

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.circuits.start_states import PURE, state_size
from qcsearch.data.preprocessing.pipeline import build_pipeline, n_outputs
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.targets.classes import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.serving.access.guard import OpenDoor
from qcsearch.serving.app import make_app
from qcsearch.serving.engines.exact import ExactEngine
from qcsearch.serving.models.catalog import Catalog
from qcsearch.serving.models.loading import Reloader
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.service import Service
from qcsearch.serving.settings import Limits
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import Parameters
from qcsearch.training.single import train
from qcsearch.training.transpiled import transpile_candidate

CANDIDATE = {
    "preprocessing": {"reduction": {"name": "pca", "settings": {"n_components": 2}}},
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 2},
}
OF_NUMBERS = CANDIDATE | {"training": {"steps": 2, "loss": "squared_error"}}
OF_LABELS = CANDIDATE | {"training": {"steps": 2, "loss": "binary_cross_entropy"}}
ABOUT = ("/v2/models/it", None)


def ask(model, *requests):
    """Answers of a service with this one model to paths with bodies."""
    limits, metrics, log = Limits(), Metrics(), []
    served = ServedModel("it", "0" * 64, model)

    async def main():
        engine = ExactEngine(limits.queued_rows, limits.batch_rows)
        quotas = Quotas(None)
        catalog, lines = Catalog([served]), Log(log.append)
        reloader = Reloader(catalog, lines, metrics)
        app = make_app(Service(catalog, engine, OpenDoor(), quotas, limits, metrics, reloader), lines)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it") as client:
            answers = [await client.request("GET" if b is None else "POST", p, json=b) for p, b in requests]
        await engine.close()
        quotas.close()
        return answers

    served.warm()
    return asyncio.run(main())


def infer(X):
    return (
        "/v2/models/it/infer",
        {"inputs": [{"name": "X", "datatype": "FP64", "shape": list(X.shape), "data": X.ravel().tolist()}]},
    )


def test_numbers_come_without_probabilities():
    X, y = load_diabetes(return_X_y=True)
    model = train(OF_NUMBERS, X[:60], y[:60], device="fake_manila")
    people, tensors, about = ask(model, ("/v1/predict", {"rows": X[:3].tolist()}), infer(X[:3]), ABOUT)
    expected = model.predict(X[:3])
    found = people.json()["predictions"]
    np.testing.assert_allclose([one["label"] for one in found], expected, rtol=1e-12)
    assert [one["probabilities"] for one in found] == [None] * 3
    (output,) = tensors.json()["outputs"]
    np.testing.assert_allclose(output["data"], expected, rtol=1e-12)
    assert about.json()["outputs"] == [{"name": "label", "datatype": "FP64", "shape": [-1]}]


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_several_numbers_or_labels_a_sample_come_as_a_table(task):
    X, Y = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
    if task == "regression":
        Y = Y + X[:, :3] / 10
    model = train(OF_NUMBERS if task == "regression" else OF_LABELS, X, Y, device="fake_manila")
    people, tensors, about = ask(model, ("/v1/predict", {"rows": X[:2].tolist()}), infer(X[:2]), ABOUT)
    labels = [one["label"] for one in people.json()["predictions"]]
    np.testing.assert_allclose(labels, model.predict(X[:2]), rtol=1e-12)
    outputs = {one["name"]: one for one in tensors.json()["outputs"]}
    assert outputs["label"]["shape"] == [2, 3]
    assert about.json()["outputs"][0]["shape"] == [-1, 3]
    assert ("probabilities" in outputs) == (task == "multilabel")


@pytest.mark.parametrize("task", ["classification", "multilabel"])
def test_a_label_is_decided_by_the_thresholds_of_the_model(task):
    """So high that nothing is above them: at one half something would be."""
    X, Y = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
    labels, candidate = (Y, OF_LABELS) if task == "multilabel" else (Y[:, 0], CANDIDATE)
    plain = train(candidate, X, labels, device="fake_manila")
    model = replace(plain, target=plain.target.with_cuts([9.0] * (3 if task == "multilabel" else 1)))
    (people, tensors) = ask(model, ("/v1/predict", {"rows": X.tolist()}), infer(X))
    said = np.array([one["label"] for one in people.json()["predictions"]])
    np.testing.assert_array_equal(said, model.predict(X))
    outputs = {one["name"]: one["data"] for one in tensors.json()["outputs"]}
    np.testing.assert_array_equal(np.reshape(outputs["label"], said.shape), said)
    np.testing.assert_allclose(outputs["probabilities"], plain.predict_proba(X).ravel(), rtol=1e-12)
    assert not said.any()
    assert plain.predict(X).any()


def test_an_image_is_its_pixels():
    pil = pytest.importorskip("PIL.Image")
    digits = load_digits(n_class=2)
    model = train(CANDIDATE, digits.images[:80], digits.target[:80], device="fake_manila")
    file, pixels = io.BytesIO(), digits.images[0].astype(np.uint8)
    pil.fromarray(pixels).save(file, "PNG")
    image, rows, about = ask(
        model,
        ("/v1/predict", {"image": base64.b64encode(file.getvalue()).decode()}),
        infer(digits.images[:1]),
        ABOUT,
    )
    (one,) = image.json()["predictions"]
    np.testing.assert_allclose(
        list(one["probabilities"].values()), model.predict_proba(pixels[None])[0], atol=1e-12
    )
    assert one["label"] == int(model.predict(pixels[None])[0])
    assert rows.status_code == 200
    assert about.json()["inputs"][0]["shape"] == [-1, 8, 8]


def untrained(candidate, device, pipeline, n_features, **facts):
    """A model with weights by chance."""
    transpiled, rng = transpile_candidate(candidate, device, n_features), np.random.default_rng(0)
    parameters = Parameters(rng.uniform(-1, 1, transpiled.n_weights), rng.uniform(-1, 1, 6))
    return TrainedModel(candidate, device, parameters, pipeline, Classes((0, 1)), **facts)


def of(encoding, **choices):
    return Candidate(
        encoding=encoding,
        ansatz=Choice("hardware_efficient", {"n_layers": 1}),
        qubits=(0, 1),
        observables=("Z0", "Z1"),
        head=Choice("linear"),
        **choices,
    )


def test_quantum_states_are_rows_of_their_numbers():
    n_features = state_size(PURE, 2)
    candidate = of(Choice("prepared", {"samples": PURE}), preprocessing=Preprocessing(scaling="none"))
    pipeline = build_pipeline(candidate.preprocessing, None, 0).fit(np.zeros((2, n_features)))
    model = untrained(candidate, get_device("fake_lagos"), pipeline, n_features, n_features_in=n_features)
    X = np.random.default_rng(1).normal(size=(3, n_features))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    good, bad = ask(model, infer(X), infer(2 * X))
    data = good.json()["outputs"][1]["data"]
    np.testing.assert_allclose(np.reshape(data, (3, 2)), model.predict_proba(X), atol=1e-12)
    assert bad.status_code == 400


def test_text_and_gaps_are_read_by_a_model_that_learned_them():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=60), "colour": rng.choice(["red", "blue"], 60)})
    frame.loc[3, "size"] = np.nan
    frame["label"] = (frame["colour"] == "red").astype(int)
    dataset = load_dataset(frame, "label", encode="onehot", impute="median")
    candidate = of(Choice("reuploading"))
    pipeline = build_pipeline(candidate.preprocessing, None, 0, dataset.coding).fit(dataset.X, dataset.y)
    facts = {"n_features_in": 2, "feature_names": dataset.feature_names}
    model = untrained(candidate, get_device("fake_lagos"), pipeline, n_outputs(pipeline), **facts)
    rows = [[0.5, "red"], [None, "blue"]]
    expected = model.predict_proba(pd.DataFrame(rows, columns=["size", "colour"]))
    named = [dict(zip(["colour", "size", "more"], [b, a, 1], strict=True)) for a, b in rows]
    texts = {
        "inputs": [{"name": "X", "datatype": "BYTES", "shape": [2, 2], "data": ["0.5", "red", "", "blue"]}]
    }
    lists, objects, tensors, missing = ask(
        model,
        ("/v1/predict", {"rows": rows}),
        ("/v1/predict", {"rows": named}),
        ("/v2/models/it/infer", texts),
        ("/v1/predict", {"rows": [{"size": 1}]}),
    )
    for answer in (lists, objects):
        found = [list(one["probabilities"].values()) for one in answer.json()["predictions"]]
        np.testing.assert_allclose(found, expected, atol=1e-12)
    found = np.reshape(tensors.json()["outputs"][1]["data"], (2, 2))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert missing.json()["detail"] == "X has no feature 'colour' in row 1."
