"""The Aer engine: the exact engine's numbers by another way, and shots that scatter around them."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, amplitude_damping_error

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.reference.aer import AerProgram

DEVICES = ("fake_lagos", "fake_torino", "fake_fractional", "fake_boeblingen")


def _aer_values(circuit, model, observables, **options) -> np.ndarray:
    """Of a circuit without parameters."""
    return AerProgram(circuit, model, observables, [], [], **options).values(np.zeros((1, 0)), np.zeros(0))[0]


@pytest.mark.parametrize("device", DEVICES)
def test_exact_values_and_shifted_gradients_are_those_of_the_engine(device, make_case):
    case = make_case(device, 3, 5)
    exact, aer = compile_circuit(*case.parts), AerProgram(*case.parts)
    cotangent = np.random.default_rng(0).normal(size=(3, 3))
    values, gradient = exact.value_and_gradient(case.X, case.w, cotangent)
    np.testing.assert_allclose(aer.values(case.X, case.w), values, rtol=0, atol=1e-12)
    again, same = aer.value_and_gradient(case.X, case.w, lambda _: cotangent)
    np.testing.assert_allclose(again, values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(same, gradient, rtol=0, atol=1e-11)


def test_shots_scatter_around_the_exact_values(make_case):
    case = make_case("fake_lagos", 3, 11)
    exact = compile_circuit(*case.parts).values(case.X, case.w)
    shots = 40_000
    found = AerProgram(*case.parts, shots=shots, seed=3).values(case.X, case.w)
    bound = [5 * np.abs(observable.coeffs).sum() / np.sqrt(shots) for observable in case.observables]
    assert (np.abs(found - exact) < bound).all()
    assert not np.array_equal(found, exact)


def test_shots_are_drawn_anew_each_time_and_again_with_the_same_seed(make_case):
    case = make_case("fake_torino", 2, 3)
    one, other = (AerProgram(*case.parts, shots=100, seed=7) for _ in range(2))
    first = one.values(case.X, case.w)
    np.testing.assert_array_equal(first, other.values(case.X, case.w))
    assert not np.array_equal(first, one.values(case.X, case.w))


def test_readout_of_each_device_agrees_between_formula_and_counts():
    model = NoiseModel()
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]), [0])
    circuit = QuantumCircuit(2)
    circuit.ry(1.0, 0)
    circuit.h(1)
    observables = [SparsePauliOp(["IZ", "XX"], [1.0, 0.5]), SparsePauliOp("XY")]
    exact = compile_circuit(circuit, model, observables, [], []).values(np.zeros((1, 0)), np.zeros(0))[0]
    found = _aer_values(circuit, model, observables, shots=100_000, seed=1)
    np.testing.assert_allclose(found, exact, atol=0.02)
    np.testing.assert_allclose(_aer_values(circuit, model, observables), exact, atol=1e-12)


def test_a_wide_circuit_is_cut_to_its_active_qubits():
    device = get_device("fake_torino")
    region = (0, 1, 2)
    circuit, weight = QuantumCircuit(133), Parameter("w")
    circuit.sx(0)
    circuit.rz(weight, 0)
    circuit.sx(0)
    circuit.cz(0, 1)
    circuit.delay(2000, 1, "ns")
    circuit.delay(2000, 77, "ns")
    circuit.cz(1, 2)
    circuit.barrier()
    circuit.measure_all()
    observables = [SparsePauliOp.from_sparse_list([("ZZ", [0, 2], 1.0)], 133)]
    narrow = QuantumCircuit(3)
    narrow.sx(0)
    narrow.rz(weight, 0)
    narrow.sx(0)
    narrow.cz(0, 1)
    narrow.delay(2000, 1, "ns")
    narrow.cz(1, 2)
    model = _wide(noise_model(device, region))
    program = AerProgram(circuit, model, observables, [], [weight])
    expected = compile_circuit(narrow, noise_model(device, region), [SparsePauliOp("ZIZ")], [], [weight])
    np.testing.assert_allclose(
        program.values(np.zeros((1, 0)), [0.4]), expected.values(np.zeros((1, 0)), [0.4]), atol=1e-12
    )


def _wide(model: NoiseModel) -> NoiseModel:
    """Relaxation times for qubits that the region does not have."""
    relaxation = model._custom_noise_passes[0]
    wide = NoiseModel()
    wide._local_quantum_errors = model._local_quantum_errors
    wide._local_readout_errors = model._local_readout_errors
    copy = type(relaxation)(
        list(np.resize(relaxation._t1s, 133)),
        list(np.resize(relaxation._t2s, 133)),
        dt=relaxation._dt,
        op_types=relaxation._ops,
    )
    wide._custom_noise_passes = [copy]
    return wide


def test_resets_are_simulated():
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.reset(0)
    np.testing.assert_allclose(_aer_values(circuit, None, [SparsePauliOp("Z")]), [1.0], atol=1e-12)


@pytest.mark.parametrize("shots", [0, -3, 1.5, True])
def test_bad_shots_are_refused(shots):
    with pytest.raises(
        InputError, match="'shots' parameter of AerProgram must be None or an int of at least 1"
    ):
        _aer_values(QuantumCircuit(1), None, [SparsePauliOp("Z")], shots=shots)


def test_an_unknown_parameter_is_refused_by_name():
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("stranger"), 0)
    with pytest.raises(CircuitError, match="stranger"):
        _aer_values(circuit, None, [SparsePauliOp("Z")])


def test_a_trained_gate_without_a_shift_rule_is_refused_by_name():
    circuit, weight = QuantumCircuit(2), Parameter("w")
    circuit.crx(weight, 0, 1)
    program = AerProgram(circuit, None, [SparsePauliOp("ZI")], [], [weight])
    with pytest.raises(CircuitError, match="the gate 'crx'"):
        program.value_and_gradient(np.zeros((1, 0)), [0.1], np.ones((1, 1)))


def test_gradients_are_exact_where_noise_stands_between_rotations_about_one_axis():
    weights, circuit = ParameterVector("w", 3), QuantumCircuit(1)
    for weight in weights:
        circuit.rx(weight, 0)
    model = NoiseModel(basis_gates=["rx"])
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["rx"])
    parts = circuit, model, [SparsePauliOp("Z")], [], list(weights)
    asked = np.zeros((1, 0)), np.array([0.4, 0.7, 0.2]), np.ones((1, 1))
    _, wanted = compile_circuit(*parts).value_and_gradient(*asked)
    _, found = AerProgram(*parts).value_and_gradient(*asked)
    assert np.ptp(wanted) > 0.05  # one slope for all three would be wrong
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)
