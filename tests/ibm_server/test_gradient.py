from __future__ import annotations

import numpy as np
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.inference import infer
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.training.gradients import ParameterShift
from qcsearch.training.single import train

CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [1, 2],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 10},
}


@pytest.fixture(scope="module")
def iris():
    return split(load_dataset("iris"), seed=0)


@pytest.fixture(scope="module")
def model(iris):
    return train(CANDIDATE, iris.train.X, iris.train.y, device="fake_valencia")


def test_inference_there_agrees_with_the_noisy_engine(server, executor, model, iris):
    X = iris.test.X[:10]
    found = infer(model, X, executor(), MeasurementSettings(shots=20_000)).figures
    assert np.abs(found - model.predict_proba(X)).max() < 0.08
    assert len(server.billed) == 1


@pytest.mark.slow
def test_the_parameter_shift_gradient_is_within_four_standard_errors_of_the_exact_one(
    server, executor, model, iris
):
    transpiled, X = model.transpiled, model.features(iris.train.X[:2])
    cotangent, rng = np.random.default_rng(0).normal(size=(2, 2)), np.random.default_rng(1)
    _, wanted = transpiled.compile().value_and_gradient(X, model.parameters.weights, cotangent)
    program = BackendProgram.of(transpiled, executor(), 4096)
    rule = transpiled.occurrences
    shifted = program.with_circuit(rule.circuit, [*program.weights, *rule.shifts])
    found = [
        ParameterShift(shifted, rule)(X, model.parameters.weights, lambda _: cotangent, rng)[1]
        for _ in range(12)
    ]
    errors = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(np.mean(found, axis=0) - wanted) < 4 * errors)
    assert np.abs(wanted).max() > 10 * errors.max()
    assert len(server.billed) == pytest.approx(12)
