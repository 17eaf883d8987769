"""Kernels against Aer's density matrices and closed forms; their derivatives against differences."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import DensityMatrix, partial_trace
from qiskit_aer import AerSimulator

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.search.space.bound import observable_labels
from qcsearch.training.heads.kernel_outputs import CLASSES, NUMBERS
from qcsearch.training.heads.kernels import KERNELS, Expansion, alignment
from qcsearch.training.transpiled import transpile_candidate

N_QUBITS = 3


@pytest.fixture(scope="module")
def device():
    """fake_manila with no readout error: states have none, and kernels are compared with states."""
    whole = get_device("fake_manila")
    return replace(whole, qubits=tuple(replace(qubit, p01=0.0, p10=0.0) for qubit in whole.qubits))


def _transpiled(device, scheme, encoding):
    couplings = transpile_candidate(
        Candidate(Choice("iqp"), Choice("gates", {"gates": []}), (0, 1, 2), ("Z0",)), device, 3
    ).topology
    observables = observable_labels(scheme, range(N_QUBITS), couplings)
    ansatz = Choice("hardware_efficient", {"n_layers": 1})
    return transpile_candidate(Candidate(Choice(encoding), ansatz, (0, 1, 2), observables), device, 3)


def _aer_states(transpiled, Z, weights):
    """Density matrices of the logical qubits, by Aer under the device's noise."""
    simulator = AerSimulator(
        method="density_matrix", noise_model=noise_model(transpiled.device, transpiled.candidate.qubits)
    )
    bound = []
    for row in transpiled.derive(Z):
        circuit = transpiled.mapped.circuit.assign_parameters(
            dict(zip([*transpiled.features, *transpiled.weights], [*row, *weights], strict=True))
        )
        circuit.save_density_matrix()
        bound.append(circuit)
    found = simulator.run(bound).result()
    return [DensityMatrix(found.data(i)["density_matrix"]) for i in range(len(bound))]


@pytest.mark.parametrize("encoding", ["iqp", "reuploading"])
def test_the_projected_kernel_is_that_of_aers_reduced_states(device, encoding):
    transpiled = _transpiled(device, "X+Y+Z", encoding)
    rng = np.random.default_rng(4)
    Z, weights = rng.uniform(-1, 1, (5, 3)), transpiled.initial_weights(rng)
    values = transpiled.compile().values(transpiled.derive(Z), weights)
    reduced = [
        [partial_trace(state, [q for q in range(N_QUBITS) if q != kept]).data for kept in range(N_QUBITS)]
        for state in _aer_states(transpiled, Z, weights)
    ]
    gamma = 0.7
    wanted = [
        [
            np.exp(-gamma * sum(np.linalg.norm(a - b) ** 2 for a, b in zip(one, other, strict=True)))
            for other in reduced
        ]
        for one in reduced
    ]
    found = KERNELS["projected"].matrix(values, values, gamma / 2)
    assert np.abs(found - wanted).max() < 1e-9
    assert 0.01 < np.min(found) < 0.99


def test_the_fidelity_kernel_is_the_overlap_of_aers_states(device):
    transpiled = _transpiled(device, "state", "iqp")
    rng = np.random.default_rng(4)
    Z, weights = rng.uniform(-1, 1, (5, 3)), transpiled.initial_weights(rng)
    values = transpiled.compile().values(transpiled.derive(Z), weights)
    states = [state.data for state in _aer_states(transpiled, Z, weights)]
    wanted = [[np.trace(one @ other).real for other in states] for one in states]
    kernel = KERNELS["fidelity"]
    assert np.abs(kernel.matrix(values, values, kernel.scale(values)) - wanted).max() < 1e-9


@pytest.mark.parametrize("name", list(KERNELS))
def test_a_derivative_by_the_matrix_is_pulled_back_to_the_values(name):
    rng, kernel = np.random.default_rng(1), KERNELS[name]
    values, points, cotangent = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(4, 5))
    found = kernel.pull(values, points, 0.3, cotangent)
    for place in np.ndindex(values.shape):
        move = np.zeros_like(values)
        move[place] = 1e-6
        ends = [np.sum(cotangent * kernel.matrix(values + s * move, points, 0.3)) for s in (1, -1)]
        assert found[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-8)


@pytest.mark.parametrize("name", list(KERNELS))
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_gradient_of_the_alignment_leads_down_at_the_slope_it_says(name, n_classes, monkeypatch):
    rng, kernel = np.random.default_rng(2), KERNELS[name]
    monkeypatch.setattr(type(kernel), "scale", lambda self, values: 0.4)  # it is not derived
    values, y = rng.normal(size=(9, 3)), np.arange(9) % n_classes
    _, gradient = alignment(kernel, values, CLASSES.likeness(y, n_classes))
    for place in np.ndindex(values.shape):
        move = np.zeros_like(values)
        move[place] = 1e-6
        ends = [alignment(kernel, values + s * move, CLASSES.likeness(y, n_classes))[0] for s in (1, -1)]
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-8)


def test_a_kernel_that_is_the_classes_themselves_is_aligned():
    y = np.array([0, 0, 1, 1, 1])
    values = np.where(y[:, None] == 0, 1.0, -1.0) * 10
    assert alignment(KERNELS["fidelity"], values, CLASSES.likeness(y, 2))[0] == pytest.approx(0.0, abs=1e-6)
    loss, gradient = alignment(KERNELS["projected"], np.zeros((5, 2)), CLASSES.likeness(y, 2))
    assert (loss, gradient.tolist()) == (1.0, np.zeros((5, 2)).tolist())


def test_a_kernel_that_is_the_numbers_themselves_is_aligned():
    y = np.random.default_rng(0).normal(size=(6, 1))
    assert alignment(KERNELS["fidelity"], 10 * y, NUMBERS.likeness(y, 1))[0] == pytest.approx(0.0, abs=1e-6)
    assert alignment(KERNELS["fidelity"], 10 * y, NUMBERS.likeness(y**2, 1))[0] > 0.2


def test_an_expansion_is_one_row_of_numbers_and_back():
    rng = np.random.default_rng(0)
    one = Expansion(0.3, rng.normal(size=2), rng.normal(size=(4, 3)), rng.normal(size=(4, 2)))
    two = Expansion.of_vector(one.vector, 3, 2)
    assert (two.gamma, two.points.tolist(), two.dual.tolist()) == (
        0.3,
        one.points.tolist(),
        one.dual.tolist(),
    )
    assert two.bias.tolist() == one.bias.tolist()
    assert Expansion.n_points(len(one.vector), 3, 2) == 4
    assert Expansion.n_points(len(one.vector) + 1, 3, 2) is None
    assert Expansion.n_points(3, 3, 2) is None


def test_nothing_is_won_by_samples_that_only_more_shots_could_tell_apart():
    y = np.arange(20) % 2
    values = np.random.default_rng(0).normal(scale=0.2, size=(20, 3)) + np.where(y[:, None] == 0, 0.3, -0.3)
    losses = [
        alignment(KERNELS["projected"], size * values, CLASSES.likeness(y, 2))[0] for size in (1.0, 0.01)
    ]
    assert losses[0] < losses[1] - 0.3
