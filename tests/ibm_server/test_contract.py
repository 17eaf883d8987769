"""Real images through the whole way: a model searched on a recorded device, deployed to a processor like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qcsearch.bundle.read import load_bundle
from qcsearch.data.splitting import split
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.program import BackendProgram
from qcsearch.search.run.folder import RunFolder
from qcsearch.training.gradients import ParameterShift

MNIST = Path(__file__).parents[2] / "benchmarks" / "data" / "mnist_4.npz"
SHOTS = 4096


@pytest.fixture(scope="module")
def run(tmp_path_factory, call):
    """A search on MNIST's digits 0 to 3 under the noise of fake_torino."""
    folder = tmp_path_factory.mktemp("mnist") / "run"
    words = ("--device", "fake_torino", "--space", "images", "--trials", 3, "--run", folder)
    code, _, errors = call("search", MNIST, *words)
    assert code == 0, errors
    return folder


@pytest.mark.slow
def test_the_deployed_accuracy_is_within_two_points_of_the_noisy_one(serve, call, run):
    server = serve("ibm_torino")
    limits = ("--max-qpu-seconds", 100_000, "--yes", "--submits-per-minute", 6000)
    words = ("--backend", "ibm:ibm_torino", "--steps", 10, "--shots", SHOTS, *limits)
    code, out, errors = call("deploy", run, *words)
    assert code == 0, errors
    found = Deployment.load(run / "deployment.json")
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 0.02
    assert found.deployed.n_samples == 500
    assert found.noisy.accuracy > 0.85
    assert found.noise_model_check.holds, out
    assert found.qpu_seconds == pytest.approx(server.billed_seconds)


@pytest.mark.slow
def test_the_parameter_shift_gradient_is_within_four_standard_errors_of_the_exact_one(serve, executor, run):
    """Each sample looks at an observable of its own, so that all errors are independent."""
    serve("ibm_torino")
    folder = RunFolder.open(run)
    model, parts = load_bundle(folder.model), split(folder.dataset, folder.config.settings.seed)
    transpiled, rng = model.transpiled, np.random.default_rng(0)
    n = transpiled.compile().n_observables
    X, cotangent = model.features(parts.train.X[:n]), np.eye(n)
    _, wanted = transpiled.compile().value_and_gradient(X, model.parameters.weights, lambda _: cotangent)
    rule = transpiled.occurrences
    plain = BackendProgram.of(transpiled, executor("ibm_torino", max_qpu_seconds=1e6), SHOTS)
    program = plain.with_circuit(rule.circuit, [*plain.weights, *rule.shifts])
    _, found = ParameterShift(program, rule)(X, model.parameters.weights, lambda _: cotangent, rng)
    errors = standard_errors(transpiled, rule, X, model.parameters.weights)
    assert np.all(np.abs(found - wanted) < 4 * errors)
    assert np.abs(wanted).max() > 10 * errors.max()


def standard_errors(transpiled, rule, X, w):
    """Of the gradient, from the exact values: a product of Paulis with mean v has the variance 1 − v² a shot."""
    n = len(rule.shifts)
    exact, variances = transpiled.estimator("parameter_shift").program, np.zeros((len(X), n))
    for k in range(n):
        for sign in (-1, 1):
            shift = np.zeros(n)
            shift[k] = sign * np.pi / 2
            values = np.diag(exact.values(X, np.concatenate([w, shift])))
            variances[:, k] += (1 - values**2) / SHOTS / 4
    total = np.zeros(len(w))
    for i in range(len(X)):
        for k in range(n):
            unit = np.zeros((1, n))
            unit[0, k] = 1.0
            total += rule.chain(X[i : i + 1], unit) ** 2 * variances[i, k]
    return np.sqrt(total)
