from __future__ import annotations

import pytest

from qcsearch.bundle.card import model_card
from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.verify import read_verified
from qcsearch.bundle.write import write_bundle
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.settings import DeploymentSettings


@pytest.fixture(scope="module")
def deployment(model):
    return deploy(
        model,
        split(load_dataset("iris"), 0),
        "aer",
        DeploymentSettings(steps=1, shots=32, max_validation=3, max_test=6),
    )


def test_the_card_says_what_the_model_is_and_on_what_it_was_made(model):
    card = model_card(model, model.metrics, None)
    for fact in (
        "`setosa`, `versicolor`, `virginica`",
        "Input: 4 numbers a sample",
        "fake_manila",
        "Physical qubits used: 3, 1, 2",
        model.device.digest,
        "Z0, X1, Z0Z2",
        "validation_score",
        "No number here was measured on a quantum processor",
    ):
        assert fact in card


def test_the_card_never_calls_a_simulation_hardware(model, deployment):
    card = model_card(model, model.metrics, deployment)
    assert "deployed (simulated)" in card
    assert "a simulation" in card
    assert "(hardware)" not in card
    assert "No number here was measured on a quantum processor" in card


def test_a_metric_cannot_break_the_table(model):
    card = model_card(model, {"note": "a|b\nc", "nested": {"x": 0.25}, "list": [1]}, None)
    assert "| note | a\\|b\\\\nc |" in card
    assert "| nested.x | 0.2500 |" in card


def test_a_deployment_travels_in_the_bundle(model, deployment, tmp_path):
    tuned = deployment.apply(model)
    write_bundle(tuned, tmp_path / "b", deployment=deployment)
    files = read_verified(tmp_path / "b").files
    (tmp_path / "d.json").write_bytes(files["deployment.json"])
    assert Deployment.load(tmp_path / "d.json") == deployment
    assert load_bundle(tmp_path / "b").parameters == deployment.parameters
    assert b"deployed (simulated)" in files["MODEL_CARD.md"]
