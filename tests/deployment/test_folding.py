"""Angles of rzz folded into what the hardware runs: the same unitary, the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter, ParameterVector
from qiskit.circuit.library import RXGate
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import Operator, SparsePauliOp
from qiskit.transpiler import Target
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits, validate_rzz_pubs

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.executors.backend import BackendExecutor
from qcsearch.deployment.executors.checks import check_job
from qcsearch.deployment.executors.folding import folded
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.inference import infer
from qcsearch.deployment.settings import DeploymentSettings, MeasurementSettings
from qcsearch.deployment.values import Pub
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.transpile.angles import fold, n_open
from qcsearch.errors import BackendError
from qcsearch.training.single import train

CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2, "entangler": "rzz"}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 40},
}


def mixed(angles):
    """rzz of numbers in all quadrants, and of two parameters, between turns that make them matter."""
    circuit, w, x = QuantumCircuit(2), Parameter("w"), ParameterVector("x", 1)
    for q in range(2):
        circuit.rx(0.4 + q, q)
    for angle in angles:
        circuit.rzz(angle, 0, 1)
        circuit.rx(0.7, 0)
    circuit.rzz(2 * w * x[0] + 0.3, 0, 1)
    circuit.rx(0.2, 1)
    circuit.rzz(-w, 1, 0)
    return circuit


@pytest.mark.parametrize("observed", [False, True])
def test_every_angle_is_in_range_and_the_unitary_is_the_same(observed):
    circuit = mixed([-2.9, -0.4, 0.4, 2.0, 5.0, 11.0])
    table = np.random.default_rng(0).uniform(-7, 7, (20, 2))
    observables = (SparsePauliOp("ZZ"), SparsePauliOp("XI")) if observed else ()
    measured = circuit.copy()
    if not observed:
        measured.measure_all()
    (found,) = folded([Pub(measured, table, observables)])
    assert found.observables == observables
    plain = found.circuit.remove_final_measurements(inplace=False)
    for before, after in zip(table, found.parameters, strict=True):
        bound = plain.assign_parameters(after)
        angles = [float(x.operation.params[0]) for x in bound.data if x.operation.name == "rzz"]
        assert len(angles) == 8
        assert min(angles) >= 0
        assert max(angles) <= np.pi / 2 + 1e-9
        assert Operator(bound).equiv(Operator(circuit.assign_parameters(before)))


def test_circuits_without_rzz_are_left_alone():
    circuit = QuantumCircuit(1, 1)
    circuit.rx(Parameter("w"), 0)
    circuit.measure(0, 0)
    pub = Pub(circuit, np.array([[9.0]]))
    assert folded([pub]) == [pub]


def test_a_recorded_backend_runs_any_angle():
    circuit = QuantumCircuit(5, 1)
    circuit.rx(np.pi / 2, 0)
    circuit.rzz(Parameter("t"), 0, 1)
    circuit.rx(-np.pi / 2, 0)
    circuit.measure(0, 0)
    angles = np.array([-7.0, -2.0, 0.5, 3.0])
    found = open_executor("local:fake_fractional", seed=1).run([Pub(circuit, angles[:, None])], 4000)[0]
    ones = found.to_bool_array()[:, :, 0].mean(axis=1)
    assert np.abs(ones - (1 - np.cos(angles)) / 2).max() < 0.08


@pytest.mark.slow
def test_a_model_with_trained_rzz_is_deployed_as_it_was_predicted():
    iris = split(load_dataset("iris"), seed=0)
    model = train(CANDIDATE, iris.train.X, iris.train.y, device="fake_fractional")
    assert model.transpiled.mapped.circuit.count_ops()["rzz"] == model.two_qubit_gates
    found = deploy(model, iris, "local:fake_fractional", DeploymentSettings(steps=1, shots=4096))
    assert found.noise_model_check.holds
    assert found.deployed.shot_error is not None
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 4 * found.deployed.shot_error


def test_a_whole_turn_too_many_is_taken_off():
    """The client's own helper leaves these as they are, when no set of the job needs another turn."""
    circuit = QuantumCircuit(2, 1)
    circuit.rzz(Parameter("t"), 0, 1)
    circuit.measure(0, 0)
    (found,) = folded([Pub(circuit, np.array([[1.0 - 2 * np.pi], [1.2 + 4 * np.pi]]))])
    assert found.circuit.count_ops() == circuit.count_ops()
    assert found.parameters[:, -1] == pytest.approx([1.0, 1.2])


@pytest.mark.parametrize("angle", [0.0, np.pi / 2, np.pi / 2 + 1e-12, 0.3])
def test_what_is_in_range_is_left_as_it_is(angle):
    circuit = mixed([angle])
    fixed = circuit.assign_parameters([0.5, 0.0])
    bound = QuantumCircuit(2)
    bound.rzz(angle, 0, 1)
    assert fold(bound)[0] == bound
    assert n_open(circuit) == 2
    assert fold(fixed)[0] != fixed  # rzz(−0.5) is in it


@pytest.mark.parametrize(
    "gates", [["rzz", "u3"], ["rzz", "rz", "sx"], ["rzz", "rx", "rz"], ["rzz", "cz", "u"]]
)
def test_turns_are_said_in_the_gates_of_the_backend(gates):
    """A device may lack the rx and x of a fold."""
    target = GenericBackendV2(2, gates, seed=1).target
    circuit, t = QuantumCircuit(2), Parameter("t")
    circuit.rzz(t, 0, 1)
    circuit.rzz(-2.0, 0, 1)
    table = np.array([[-0.5], [2.0], [4.0], [1.0]])
    found, values = fold(circuit, table, target)
    validate_isa_circuits([found], target)
    for before, after in zip(table, values, strict=True):
        one = found.assign_parameters(after)
        validate_rzz_pubs([SamplerPub.coerce((one, np.zeros((1, 0))))])
        assert Operator(one).equiv(Operator(circuit.assign_parameters(before)))


def test_an_angle_out_of_the_bounds_of_any_gate_is_refused():
    target = Target(num_qubits=2)
    target.add_instruction(RXGate(Parameter("a")), {(0,): None}, angle_bounds=[(0, 1.0)])
    target.add_instruction(Measure(), {(0,): None})
    circuit = QuantumCircuit(2, 1)
    circuit.rx(Parameter("t"), 0)
    circuit.measure(0, 0)
    check_job([Pub(circuit, np.array([[0.0], [1.0], [1.0 + 1e-12]]))], 10, target)
    with pytest.raises(BackendError, match=r"runs 'rx' for some angles only. Got 1.5\."):
        check_job([Pub(circuit, np.array([[0.0], [1.5]]))], 10, target)


@pytest.mark.parametrize("backend", ["aer", "backend:qiskit_ibm_runtime.fake_provider:FakeFractionalBackend"])
def test_every_executor_runs_any_angle(backend):
    circuit = QuantumCircuit(5, 1)
    circuit.rx(np.pi / 2, 0)
    circuit.rzz(Parameter("t"), 0, 1)
    circuit.rx(-np.pi / 2, 0)
    circuit.measure(0, 0)
    angles = np.array([-7.0, -2.0, 0.5, 3.0])
    executor = open_executor(backend, device=get_device("fake_fractional"), seed=1)
    found = executor.run([Pub(circuit, angles[:, None])], 2000)[0]
    ones = found.to_bool_array()[:, :, 0].mean(axis=1)
    assert np.abs(ones - (1 - np.cos(angles)) / 2).max() < 0.08


def test_who_measures_folded_gates_is_told():
    candidate = {**CANDIDATE, "training": {"steps": 1}}
    iris = load_dataset("iris")
    model = train(candidate, iris.X[40:60], iris.y[40:60], device="fake_fractional")
    found = infer(model, iris.X[:2], "aer", MeasurementSettings(shots=10))
    assert [
        n for n in found.notices if n.startswith("rzz runs for angles in [0, π/2] only: 2 of the circuit")
    ]


def narrow(**bounds):
    """A simulator of two qubits whose gates have the angle bounds."""
    gates = ["cz", "rz", "sx", *bounds]
    backend = GenericBackendV2(2, gates, seed=1)
    whole = backend.target
    target = Target(num_qubits=2, dt=whole.dt, qubit_properties=whole.qubit_properties)
    for name in whole.operation_names:
        kept = [bounds[name]] if name in bounds else None
        target.add_instruction(whole.operation_from_name(name), whole[name], name=name, angle_bounds=kept)
    backend._target = target
    return backend


@pytest.mark.parametrize(
    "bounds", [{"rx": (0.0, 1.0)}, {"rx": (0.0, np.pi)}, {"rzz": (0.0, 0.5)}, {"ry": (-np.pi, np.pi)}]
)
def test_a_gate_of_some_angles_is_left_out_and_what_is_sent_does_without_it(bounds):
    backend, (name,) = narrow(**bounds), bounds
    device = device_from_backend(backend)
    assert name not in device.basis_gates
    assert f"Left out, because it runs for some angles only: {name}." in device.notices
    rows = load_dataset("iris").X[40:60], load_dataset("iris").y[40:60]
    model = train({**CANDIDATE, "observables": ["X0", "Y1"], "training": {"steps": 1}}, *rows, device=device)
    executor = BackendExecutor(backend, "backend:narrow")
    found = infer(model, rows[0][:3], executor, MeasurementSettings(shots=20, canaries=True))
    assert found.figures.shape == (3, 2)


def test_rzz_within_its_bounds_is_kept():
    assert "rzz" in device_from_backend(narrow(rzz=(0.0, np.pi / 2))).basis_gates
