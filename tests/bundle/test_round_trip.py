from __future__ import annotations

import builtins
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.datasets import load_digits

from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.verify import verify_bundle
from qcsearch.bundle.write import write_bundle
from qcsearch.errors import BundleError
from qcsearch.training.single import train


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_bundle_gives_the_numbers_of_the_model_that_wrote_it(saved, form, model, flowers):
    X, y = flowers
    read = load_bundle(saved[form])
    for noise in (True, False):
        assert np.abs(read.decision(X, noise) - model.decision(X, noise)).max() <= 1e-9
        assert np.abs(read.predict_proba(X, noise) - model.predict_proba(X, noise)).max() <= 1e-9
    assert read.predict(X).tolist() == model.predict(X).tolist()
    assert read.score(X, y) == model.score(X, y)


def test_every_part_of_the_model_is_read_back_to_the_bit(saved, model):
    read = load_bundle(saved["folder"])
    assert read.candidate == model.candidate
    assert read.device == model.device
    assert read.parameters.weights.tobytes() == model.parameters.weights.tobytes()
    assert read.parameters.head.tobytes() == model.parameters.head.tobytes()
    assert read.target.labels == model.target.labels == ("setosa", "versicolor", "virginica")
    assert read.feature_names == model.feature_names
    assert read.metrics == model.metrics
    assert read.quantiles.edges.tobytes() == model.quantiles.edges.tobytes()
    assert read.quantiles.counts.tolist() == model.quantiles.counts.tolist()
    assert (read.n_features_in, read.image_shape) == (4, None)


def test_a_bundle_reads_in_another_process_with_nothing_else(saved, model, flowers):
    code = (
        "import sys, json; from qcsearch import load_bundle; from sklearn.datasets import load_iris;"
        "m = load_bundle(sys.argv[1]); print(json.dumps(m.decision(load_iris().data[:7]).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, saved["zip"]], capture_output=True, check=True, cwd="/"
    )
    assert np.abs(np.array(json.loads(done.stdout)) - model.decision(flowers[0][:7])).max() <= 1e-9


def test_the_temperature_is_kept_and_divides_the_logits_of_probabilities_alone(model, flowers, tmp_path):
    X, _ = flowers
    warm = replace(model, temperature=2.5)
    write_bundle(warm, tmp_path / "warm")
    read = load_bundle(tmp_path / "warm")
    assert read.temperature == 2.5
    assert read.predict(X).tolist() == model.predict(X).tolist()
    np.testing.assert_allclose(read.predict_proba(X), softmax(model.decision(X) / 2.5, axis=1))
    np.testing.assert_allclose(read.head.figures(read.expectations(X)), read.predict_proba(X))


def test_images_keep_their_shape(tmp_path):
    digits = load_digits(n_class=2)
    candidate = {
        "preprocessing": {"reduction": {"name": "pool", "settings": {"size": 2}}},
        "encoding": {"name": "angle"},
        "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
        "qubits": [0, 1],
        "observables": ["Z0", "Z1"],
        "training": {"steps": 2},
    }
    model = train(candidate, digits.images, digits.target, device="fake_manila")
    write_bundle(model, tmp_path / "b.zip")
    read = load_bundle(tmp_path / "b.zip")
    assert read.image_shape == (8, 8)
    assert read.target.labels == (0, 1)
    assert np.abs(read.decision(digits.images) - model.decision(digits.images)).max() <= 1e-9


def test_the_same_model_gives_the_same_bytes(saved, model, tmp_path):
    manifest = write_bundle(model, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == saved["zip"].read_bytes()
    assert manifest == verify_bundle(saved["folder"])


def test_nothing_is_unpickled_and_no_qpy_is_parsed(saved, monkeypatch):
    import pickle

    from qiskit import qasm3, qpy

    def refuse(*_, **__):
        raise AssertionError("parsed")

    for module, name in (
        (pickle, "loads"),
        (pickle, "load"),
        (qpy, "load"),
        (qasm3, "loads"),
        (builtins, "eval"),
    ):
        monkeypatch.setattr(module, name, refuse)
    load_bundle(saved["folder"])


def test_a_wrong_digest_is_refused_when_loading(saved):
    with pytest.raises(BundleError, match="must have the digest"):
        load_bundle(saved["zip"], digest="0" * 64)


def test_further_metrics_stand_beside_the_models_own(model, tmp_path):
    write_bundle(model, tmp_path / "b", metrics={"test_accuracy_noisy": 0.5, "seconds": 1.0})
    read = load_bundle(tmp_path / "b")
    assert read.metrics["test_accuracy_noisy"] == 0.5
    assert read.metrics["seconds"] == 1.0
    assert read.metrics["validation_score"] == model.metrics["validation_score"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_a_metric_that_is_no_json_is_refused_and_nothing_is_written(model, tmp_path, value):
    with pytest.raises(BundleError, match="metrics"):
        write_bundle(model, tmp_path / "b", metrics={"a": value})
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_not_finite_are_not_saved(model, tmp_path):
    broken = replace(model, parameters=replace(model.parameters, weights=np.full(model.n_weights, np.nan)))
    with pytest.raises(BundleError, match="finite"):
        write_bundle(broken, tmp_path / "b")
