from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.training.data import TrainingData
from qcsearch.training.gradients import FiniteDifference
from qcsearch.training.single import fit_candidate
from qcsearch.training.transpiled import transpile_candidate

CANDIDATE = Candidate(
    encoding=Choice("reuploading"),
    ansatz=Choice("hardware_efficient", {"n_layers": 2}),
    qubits=(1, 3, 4),
    observables=("Z0", "Z1Z2", "X2"),
)


@pytest.fixture(scope="module")
def manila():
    return get_device("fake_manila")


def _case(transpiled, n_samples=4):
    rng = np.random.default_rng(0)
    X = transpiled.derive(rng.uniform(-1, 1, (n_samples, transpiled.n_features)))
    target = rng.normal(size=(n_samples, len(transpiled.observables)))
    return X, transpiled.initial_weights(rng), lambda values: values - target


@pytest.mark.parametrize(
    ("device", "qubits", "entangler"),
    [
        ("fake_manila", (1, 2, 3), "cz"),
        ("fake_manila", (2, 3, 4), "rzz"),
        ("fake_torino", (80, 92, 99), "crx"),
    ],
)
@pytest.mark.parametrize("noise", [True, False])
def test_parameter_shift_is_the_adjoint_gradient_under_noise_too(device, qubits, entangler, noise):
    ansatz = Choice("hardware_efficient", {"n_layers": 2, "entangler": entangler})
    candidate = replace(CANDIDATE, qubits=qubits, ansatz=ansatz)
    transpiled = transpile_candidate(candidate, get_device(device), 4)
    X, w, cotangent = _case(transpiled)
    rng = np.random.default_rng(0)
    values, gradient = transpiled.estimator("adjoint", noise)(X, w, cotangent, rng)
    shifted_values, shifted_gradient = transpiled.estimator("parameter_shift", noise)(X, w, cotangent, rng)
    assert shifted_values == pytest.approx(values, abs=1e-9)
    assert shifted_gradient == pytest.approx(gradient, abs=1e-7)
    assert np.linalg.norm(gradient) > 0.1


def test_finite_differences_of_the_noisy_program_agree_with_its_adjoint(manila):
    transpiled = transpile_candidate(replace(CANDIDATE, qubits=(1, 2, 3)), manila, 5)
    X, w, cotangent = _case(transpiled)
    rng = np.random.default_rng(0)
    gradient = transpiled.estimator("adjoint")(X, w, cotangent, rng)[1]
    differences = FiniteDifference(transpiled.compile())(X, w, cotangent, rng)[1]
    assert differences == pytest.approx(gradient, abs=1e-6)


def test_the_observables_follow_the_routing(manila):
    # A ring of three on a line must swap: logical and final qubits differ, noiseless values must not.
    ring = Choice("hardware_efficient", {"n_layers": 3, "ring": True, "entangler": "cx"})
    line = replace(CANDIDATE, qubits=(1, 2, 3), ansatz=ring, observables=("Z0", "X1", "Y2", "Z0Z2"))
    other = replace(line, qubits=(3, 2, 1))
    values = []
    for candidate in (line, other):
        transpiled = transpile_candidate(candidate, manila, 3)
        X, w, _ = _case(transpiled)
        values.append(transpiled.compile(noise=False).values(X, w))
    assert values[0] == pytest.approx(values[1], abs=1e-9)
    assert transpiled.mapped.two_qubit_gates > 9


def test_noise_shrinks_what_is_measured(manila):
    transpiled = transpile_candidate(replace(CANDIDATE, qubits=(1, 2, 3)), manila, 4)
    X, w, _ = _case(transpiled, 50)
    noisy, noiseless = (transpiled.compile(noise).values(X, w) for noise in (True, False))
    assert np.mean(noisy**2) < 0.95 * np.mean(noiseless**2)


def test_programs_are_compiled_once(manila):
    transpiled = transpile_candidate(replace(CANDIDATE, qubits=(1, 2, 3)), manila, 4)
    assert transpiled.compile() is transpiled.compile()
    assert transpiled.compile() is not transpiled.compile(noise=False)


@pytest.mark.parametrize("gradient", ["adjoint", "parameter_shift", "finite_difference", "spsa"])
def test_a_candidate_without_weights_trains_its_head_alone(manila, gradient):
    options = TrainingOptions(steps=60, gradient=gradient, batch_size=None)
    bare = Choice("gates", {"gates": []})
    candidate = replace(CANDIDATE, encoding=Choice("angle"), ansatz=bare, qubits=(1, 2, 3), training=options)
    transpiled = transpile_candidate(candidate, manila, 3)
    rng = np.random.default_rng(0)
    Z = rng.uniform(-1, 1, (60, 3))
    y = (np.abs(Z[:, 0]) > 0.5).astype(np.int64)
    found = fit_candidate(
        transpiled, TrainingData(Part(Z[:40], y[:40]), Classes((0, 1)), Part(Z[40:], y[40:])), rng
    )
    assert found.parameters.weights.shape == (0,)
    assert found.history[-1].loss < 0.9 * found.history[1].loss


def test_qubits_that_are_not_there_are_refused(manila):
    with pytest.raises(DeviceError, match=r"must be in \[0, 4\]. Got 5"):
        transpile_candidate(replace(CANDIDATE, qubits=(3, 4, 5)), manila, 4)


def test_qubits_that_are_not_coupled_are_refused(manila):
    # (1, 3, 4) on a line of five: qubit 1 has no way to the others.
    ring = Choice("hardware_efficient", {"n_layers": 1, "ring": True})
    with pytest.raises(DeviceError, match="must be connected"):
        transpile_candidate(replace(CANDIDATE, ansatz=ring), manila, 4)


def test_an_unknown_observable_is_refused(manila):
    with pytest.raises(CandidateError, match="'Z7'"):
        transpile_candidate(replace(CANDIDATE, qubits=(1, 2, 3), observables=("Z7",)), manila, 4)
