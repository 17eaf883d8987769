"""What models of quantum samples do on a backend: circuits run, states are refused."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import random_statevector

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.targets.classes import Classes
from qcsearch.deployment.inference import infer
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import BackendError
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import Parameters
from qcsearch.training.transpiled import transpile_candidate

GATES = [
    {"name": "ry", "qubits": [0], "angle": {"feature": 0}},
    {"name": "cx", "qubits": [0, 1]},
    {"name": "ry", "qubits": [1], "angle": {"feature": 1}},
]


def _model(**settings) -> TrainedModel:
    device = get_device("fake_lagos")
    candidate = Candidate(
        encoding=Choice("prepared", settings),
        ansatz=Choice("hardware_efficient", {"n_layers": 1}),
        qubits=(0, 1),
        observables=("Z0", "Z1"),
        preprocessing=Preprocessing(scaling="none"),
        head=Choice("linear"),
    )
    n_features = 2 if settings["samples"] == "circuits" else 8
    transpiled = transpile_candidate(candidate, device, n_features)
    rng = np.random.default_rng(0)
    pipeline = build_pipeline(candidate.preprocessing, None, 0).fit(np.zeros((2, n_features)))
    parameters = Parameters(rng.uniform(-1, 1, transpiled.n_weights), rng.uniform(-1, 1, 6))
    return TrainedModel(candidate, device, parameters, pipeline, Classes((0, 1)), n_features)


def test_circuits_with_their_preparation_run_on_a_backend() -> None:
    model, X = _model(samples="circuits", gates=GATES), np.random.default_rng(1).uniform(-2, 2, (4, 2))
    found = infer(model, X, "aer", MeasurementSettings(shots=20_000)).found
    assert np.abs(found.values - model.expectations(X)).max() < 5 / np.sqrt(20_000)


def test_a_preparation_without_noise_leaves_more_signal_than_one_with_it() -> None:
    X = np.random.default_rng(1).uniform(-2, 2, (30, 2))
    clean, noisy = (_model(samples="circuits", gates=GATES, noise=noise) for noise in (False, True))
    ideal = noisy.expectations(X, noise=False)
    np.testing.assert_allclose(clean.expectations(X, noise=False), ideal, atol=1e-9)
    errors = [np.abs(model.expectations(X) - ideal).mean() for model in (clean, noisy)]
    assert 0 < errors[0] < errors[1]


def test_states_are_refused_in_a_sentence_and_predicted_without_a_backend() -> None:
    states = np.array([random_statevector(4, seed=seed).data for seed in range(3)])
    for model in (_model(samples="pure"), _model(samples="circuits", gates=GATES, noise=False)):
        with pytest.raises(BackendError, match="cannot be sent to a backend"):
            infer(model, states if model.n_features_in == 8 else np.zeros((3, 2)), "aer")
    assert _model(samples="pure").predict(states).shape == (3,)
