"""Models of quantum samples on a backend: circuits run, states start on simulators and are refused elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import random_density_matrix, random_statevector

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.circuits.start_states import MIXED, PURE, state_size
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.data.targets.classes import Classes
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.diagnostics.tomography import tomography
from qcsearch.deployment.finetune.options import TuningOptions
from qcsearch.deployment.inference import infer
from qcsearch.deployment.settings import DeploymentSettings, MeasurementSettings
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import BackendError
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import Parameters
from qcsearch.training.single import train
from qcsearch.training.transpiled import transpile_candidate

GATES = [
    {"name": "ry", "qubits": [0], "angle": {"feature": 0}},
    {"name": "cx", "qubits": [0, 1]},
    {"name": "ry", "qubits": [1], "angle": {"feature": 1}},
]


def _model(
    qubits: tuple[int, ...] = (0, 1), observables: tuple[str, ...] = ("Z0", "Z1"), **settings
) -> TrainedModel:
    device = get_device("fake_lagos")
    candidate = Candidate(
        encoding=Choice("prepared", settings),
        ansatz=Choice("hardware_efficient", {"n_layers": 1}),
        qubits=qubits,
        observables=observables,
        preprocessing=Preprocessing(scaling="none"),
        head=Choice("linear"),
    )
    n_features = 2 if settings["samples"] == "circuits" else state_size(settings["samples"], len(qubits))
    transpiled = transpile_candidate(candidate, device, n_features)
    rng = np.random.default_rng(0)
    pipeline = build_pipeline(candidate.preprocessing, None, 0).fit(np.zeros((2, n_features)))
    parameters = Parameters(
        rng.uniform(-1, 1, transpiled.n_weights), rng.uniform(-1, 1, 2 * len(observables) + 2)
    )
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


def _states(kind: str, n_qubits: int) -> np.ndarray:
    if kind == PURE:
        return np.array([random_statevector(2**n_qubits, seed=seed).data for seed in range(6)])
    return np.array([random_density_matrix(2**n_qubits, rank=2, seed=seed).data for seed in range(6)])


@pytest.mark.parametrize("spec", ["aer", "local:fake_lagos"])
@pytest.mark.parametrize("kind", [PURE, MIXED])
def test_values_from_states_are_the_exact_engines_within_shot_noise(kind: str, spec: str) -> None:
    qubits = (5, 3, 1)  # neither in order nor alike: a state on the wrong qubits has other values
    model = _model(qubits, ("X0", "Y1", "Z2", "Z0Z1", "X0Y2"), samples=kind)
    found = infer(model, _states(kind, 3), spec, MeasurementSettings(shots=20_000))
    wanted = model.expectations(_states(kind, 3))
    assert np.abs(wanted).max() > 0.1
    assert (np.abs(found.found.values - wanted) < 5 * found.found.errors + 1e-3).all()
    assert any("free of noise" in notice for notice in found.notices)
    again = infer(model, _states(kind, 3), spec, MeasurementSettings(shots=20_000))
    np.testing.assert_array_equal(again.found.values, found.found.values)


@pytest.mark.parametrize("spec", ["aer", "local:fake_lagos"])
def test_equal_states_draw_other_shots_and_canaries_run_beside_them(spec: str) -> None:
    model = _model(samples="pure")
    states = np.tile(random_statevector(4, seed=1).data, (4, 1))
    plain = infer(model, states, spec, MeasurementSettings(shots=20_000, canaries=True))
    assert len(np.unique(plain.found.values[:, 0])) == 4
    assert plain.canaries is not None
    assert plain.canaries.holds
    mended = infer(model, states, spec, MeasurementSettings(shots=20_000, mitigate=True))
    ideal = model.expectations(states, noise=False)
    off = [np.abs(one.found.values - ideal).max() for one in (mended, plain)]
    assert off[0] < off[1] / 2  # readout errors of 15 % are most of it


def test_a_preparation_free_of_noise_runs_from_its_states() -> None:
    model, X = (
        _model(samples="circuits", gates=GATES, noise=False),
        np.random.default_rng(1).uniform(-2, 2, (4, 2)),
    )
    found = infer(model, X, "local:fake_lagos", MeasurementSettings(shots=20_000)).found
    assert (np.abs(found.values - model.expectations(X)) < 5 * found.errors + 1e-3).all()


def test_a_state_is_measured_by_tomography() -> None:
    found = tomography(_model(samples="mixed"), _states(MIXED, 2)[0], "aer", shots=4_000)
    assert found.holds
    assert found.purity < 0.9


@pytest.fixture(scope="module")
def phases():
    return split(load_dataset("transverse_ising:4:160"), seed=0)


@pytest.fixture(scope="module")
def trained(phases) -> TrainedModel:
    candidate = {
        "encoding": {"name": "prepared"},
        "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
        "qubits": [0, 1, 2, 3],
        "observables": ["X0", "Z0Z1", "X2", "Z1Z2"],
        "preprocessing": {"scaling": "none"},
        "head": {"name": "linear"},
        "training": {"steps": 60},
    }
    validation = (phases.validation.X, phases.validation.y)
    return train(candidate, phases.train.X, phases.train.y, device="fake_jakarta", validation=validation)


@pytest.mark.parametrize("gradient", ["spsa", "parameter_shift"])
def test_a_model_of_phases_keeps_its_score_on_a_recorded_backend(trained, phases, gradient: str) -> None:
    tuning = TuningOptions(gradient=gradient, batch_size=4)
    found = deploy(
        trained, phases, "local:fake_jakarta", DeploymentSettings(steps=1, shots=1024, tuning=tuning)
    )
    assert len(found.tuning.losses) == 1
    assert found.noisy.accuracy > 0.8
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 0.05
    assert found.noise_model_check is not None
    assert found.noise_model_check.holds


def test_states_are_refused_in_a_sentence_where_no_simulator_takes_them() -> None:
    states = np.array([random_statevector(4, seed=seed).data for seed in range(3)])
    spec = "backend:qiskit_ibm_runtime.fake_provider:FakeLagosV2"
    for model in (_model(samples="pure"), _model(samples="circuits", gates=GATES, noise=False)):
        X = states if model.n_features_in == 8 else np.zeros((3, 2))
        with pytest.raises(BackendError, match="cannot be sent to backend:"):
            infer(model, X, spec)
        with pytest.raises(BackendError, match="cannot be sent to backend:"):
            tomography(model, X[0], spec)
    assert _model(samples="pure").predict(states).shape == (3,)
