"""State tomography: Aer's density matrix is the judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, partial_trace, random_density_matrix, state_fidelity
from qiskit_aer import AerSimulator

from qcsearch.deployment.diagnostics.canaries import Readout
from qcsearch.deployment.diagnostics.states import draw_shots, fit_state
from qcsearch.deployment.diagnostics.tomography import Tomography, predicted_state, tomography
from qcsearch.deployment.executors.aer import AerExecutor
from qcsearch.devices.noise import noise_model
from qcsearch.errors import BackendError, InputError


def aers_state(model, features, wires):
    """The density matrix after the mapped circuit, under its gate errors."""
    mapped = model.transpiled.mapped
    parameters = [*model.transpiled.features, *model.transpiled.weights]
    numbers = dict(zip(parameters, [*features[0], *model.parameters.weights], strict=True))
    circuit: QuantumCircuit = mapped.circuit.assign_parameters(numbers)
    circuit.save_density_matrix()
    noise = noise_model(model.device, mapped.qubits)
    simulator = AerSimulator(method="density_matrix", noise_model=noise)
    whole = DensityMatrix(simulator.run(circuit).result().data()["density_matrix"])
    rest = [q for q in range(circuit.num_qubits) if q not in wires]
    kept = partial_trace(whole, rest)
    order = np.argsort(np.argsort(wires))
    return DensityMatrix(kept).reverse_qargs() if list(order) == [1, 0] else DensityMatrix(kept)


@pytest.mark.parametrize("wires", [(0,), (1,), (0, 1), (1, 0)])
def test_the_predicted_state_is_aers_density_matrix(model, iris, wires):
    features = model.features(iris.test.X[:1])
    predicted = predicted_state(model, features, wires)
    np.testing.assert_allclose(predicted.data, aers_state(model, features, wires).data, atol=1e-9)


def test_the_measured_state_is_aers_density_matrix_within_shot_noise(model, iris):
    found = tomography(model, iris.test.X[0], "local:fake_manila", shots=20_000, seed=2)
    state = DensityMatrix(np.array(found.measured) @ [1, 1j])
    truth = aers_state(model, model.features(iris.test.X[:1]), (0, 1))
    assert found.qubits == (1, 2)
    assert state_fidelity(state, truth) > 0.995
    assert found.fidelity == pytest.approx(state_fidelity(state, truth), abs=1e-6)
    assert found.holds, found.sentence
    assert found.usage.circuits == 9 + 2
    assert found.usage.jobs == 1
    for q, told in zip(found.qubits, found.readout, strict=True):
        qubit = model.device.qubits[q]
        np.testing.assert_allclose(told, [qubit.p10, qubit.p01], atol=0.01)
    assert Tomography.from_json(found.to_json()) == found


def test_a_device_that_is_no_longer_the_snapshots_is_found_out(model, iris):
    """Not its readout, which is taken out, but its gates: thirty times their error."""
    gates = tuple(
        replace(gate, error=min(0.4, 30 * gate.error)) if gate.error else gate for gate in model.device.gates
    )
    executor = AerExecutor(replace(model.device, gates=gates), seed=1)
    found = tomography(model, iris.test.X[0], executor, [1], shots=10_000)
    assert not found.holds
    assert found.trace_distance > 3 * found.shot_distance
    assert found.purity < found.predicted_purity
    assert "is not the one that the snapshot predicts" in found.sentence


@pytest.mark.parametrize("n_qubits", [1, 2, 3])
def test_any_state_is_found_again_behind_its_shots(n_qubits):
    """Asymmetric readout, another on each qubit; the answer is physical however few the shots."""
    state = random_density_matrix(2**n_qubits, rank=1, seed=5)
    readout = Readout(np.array([0.02, 0.1, 0.0])[:n_qubits], np.array([0.15, 0.05, 0.3])[:n_qubits], 10**6)
    rng = np.random.default_rng(0)
    assert state_fidelity(fit_state(next(draw_shots(state, readout, 10**6, rng))), state) > 0.995
    rough = fit_state(next(draw_shots(state, readout, 20, rng)))
    assert np.trace(rough.data) == pytest.approx(1)
    assert np.linalg.eigvalsh(rough.data).min() > -1e-9


@pytest.mark.parametrize("qubits", [[], [0, 1, 2, 3], [1, 1], [4], [0]])
def test_qubits_that_are_not_the_models_are_refused_before_any_job(model, iris, qubits):
    with pytest.raises(InputError, match="'qubits' of a tomography"):
        tomography(model, iris.test.X[0], "local:fake_manila", qubits)


def test_what_is_no_backend_or_no_tomography_is_said(model, iris):
    with pytest.raises(BackendError):
        tomography(model, iris.test.X[0], "local:fake_nowhere")
    with pytest.raises(InputError, match="Not a tomography"):
        Tomography.from_json({"qubits": [1]})
