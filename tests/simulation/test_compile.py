"""What cannot be simulated is refused by name; what can be left out is left out."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.circuit.library import CUGate, RGate, UnitaryGate, XXPlusYYGate
from qiskit.quantum_info import SparsePauliOp, Statevector, random_unitary

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.angles import AngleReader
from qcsearch.simulation.lower import PauliRotation, lower
from qcsearch.simulation.noise import Noise

Z = SparsePauliOp("IZ")


def _values(circuit, observables, X=None, w=None, features=(), weights=()):
    program = compile_circuit(circuit, None, observables, list(features), list(weights))
    return program.values(np.zeros((1, 0)) if X is None else X, np.zeros(0) if w is None else w)


@pytest.mark.parametrize("name", ["reset", "initialize", "if_else", "while_loop"])
def test_operations_that_are_not_unitary_are_refused_by_name(name):
    circuit = QuantumCircuit(2, 1)
    if name == "reset":
        circuit.reset(0)
    elif name == "initialize":
        circuit.initialize([1, 0], 0)
    else:
        with (
            circuit.if_test((circuit.clbits[0], 1))
            if name == "if_else"
            else circuit.while_loop((circuit.clbits[0], 1))
        ):
            circuit.x(0)
    with pytest.raises(CircuitError, match=f"Got the operation '{name}'"):
        compile_circuit(circuit, None, [Z], [], [])


def test_a_gate_after_a_measurement_is_refused():
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    with pytest.raises(CircuitError, match=r"Measurements must come last. Got 'cx'"):
        compile_circuit(circuit, None, [Z], [], [])


def test_an_opaque_gate_is_refused_by_name():
    circuit = QuantumCircuit(2)
    circuit.append(Gate("mystery", 1, []), [0])
    with pytest.raises(CircuitError, match="'mystery'"):
        compile_circuit(circuit, None, [Z], [], [])
    circuit = QuantumCircuit(2)
    circuit.append(Gate("puzzle", 2, [Parameter("a")]), [0, 1])
    with pytest.raises(CircuitError, match="'puzzle'"):
        compile_circuit(circuit, None, [Z], [], list(circuit.parameters))


def test_barriers_and_final_measurements_change_nothing():
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    plain = _values(circuit, [Z])
    circuit.barrier()
    circuit.measure_all()
    np.testing.assert_array_equal(_values(circuit, [Z]), plain)


@pytest.mark.parametrize(
    ("observables", "message"),
    [
        ([], "at least one observable"),
        (["Z"], "must be a SparsePauliOp"),
        ([SparsePauliOp("Z")], "on the circuit's 2 qubits. Got one on 1"),
        ([SparsePauliOp("IZ", 1j)], "must be real"),
    ],
)
def test_observables_that_do_not_fit_are_refused(observables, message):
    with pytest.raises(CircuitError, match=message):
        compile_circuit(QuantumCircuit(2), None, observables, [], [])


@pytest.mark.parametrize(("name", "value"), [("dtype", "float16"), ("threads", 0), ("threads", 1.5)])
def test_options_out_of_range_are_refused(name, value):
    with pytest.raises(InputError, match=name):
        compile_circuit(QuantumCircuit(2), None, [Z], [], [], **{name: value})


def _every_parametric_gate(angle) -> QuantumCircuit:
    circuit = QuantumCircuit(3)
    for q in range(3):
        circuit.ry(0.4 + q, q)
        circuit.rz(0.3 * q, q)
    circuit.p(angle[0], 0)
    circuit.u(angle[0], angle[1], angle[2], 1)
    circuit.append(RGate(angle[1], angle[2]), [2])
    circuit.rxx(angle[0], 0, 1)
    circuit.ryy(angle[1], 2, 1)
    circuit.rzx(angle[2], 0, 2)
    circuit.rzz(angle[0], 1, 0)
    circuit.crx(angle[1], 2, 0)
    circuit.cry(angle[2], 0, 1)
    circuit.crz(angle[0], 1, 2)
    circuit.cp(angle[1], 2, 1)
    circuit.append(CUGate(angle[0], angle[1], angle[2], 0.3), [0, 2])
    circuit.append(XXPlusYYGate(angle[1], angle[2]), [1, 2])
    circuit.ccx(0, 1, 2)
    circuit.append(UnitaryGate(random_unitary(4, seed=3)), [2, 0])
    return circuit


def test_every_parametric_gate_agrees_with_the_state_vector_and_central_differences():
    weights = [Parameter(name) for name in "abc"]
    circuit = _every_parametric_gate([weights[0], 0.5 * weights[1] + 0.2, -weights[2]])
    w = np.array([0.7, -1.1, 0.4])
    observables = [SparsePauliOp(label) for label in ("ZII", "IXY", "YZX")]
    program = compile_circuit(circuit, None, observables, [], weights)
    X = np.zeros((1, 0))
    state = Statevector(_every_parametric_gate([w[0], 0.5 * w[1] + 0.2, -w[2]]))
    expected = [[state.expectation_value(observable).real for observable in observables]]
    np.testing.assert_allclose(program.values(X, w), expected, rtol=0, atol=1e-12)
    cotangent = np.array([[0.3, -0.5, 1.2]])
    gradient = program.value_and_gradient(X, w, cotangent)[1]
    moves = 1e-5 * np.eye(3)
    numeric = [
        ((program.values(X, w + m) - program.values(X, w - m)) * cotangent).sum() / 2e-5 for m in moves
    ]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)


def test_parametric_gates_may_take_features_too():
    parameters = [Parameter(name) for name in "abc"]
    circuit = _every_parametric_gate(parameters)
    observables = [SparsePauliOp("ZXI"), SparsePauliOp("IYZ")]
    X = np.random.default_rng(0).normal(size=(5, 3))
    by_feature = compile_circuit(circuit, None, observables, parameters, []).values(X, np.zeros(0))
    by_weight = compile_circuit(circuit, None, observables, [], parameters)
    expected = np.concatenate([by_weight.values(np.zeros((1, 0)), row) for row in X])
    np.testing.assert_allclose(by_feature, expected, rtol=0, atol=1e-13)


def test_a_composite_gate_goes_through_its_definition(referee):
    weights = [Parameter("a"), Parameter("b")]
    inner = QuantumCircuit(2, name="block")
    inner.ry(weights[0], 0)
    inner.cx(0, 1)
    inner.rz(weights[1] + 0.5, 1)
    circuit = QuantumCircuit(3)
    circuit.h([0, 1, 2])
    circuit.append(inner.to_gate(), [2, 0])
    observables = [SparsePauliOp("XIX"), SparsePauliOp("ZIY")]
    w = np.array([0.8, -0.3])
    values = _values(circuit, observables, w=w, weights=weights)
    flat = circuit.decompose("block").assign_parameters(dict(zip(weights, w, strict=True)))
    np.testing.assert_allclose(values, referee(flat, None, observables), rtol=0, atol=1e-12)


def test_rotations_in_a_row_about_one_axis_are_their_sum_whatever_their_angles_hold():
    x, w = ParameterVector("x", 3), ParameterVector("w", 6)
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    for k in range(3):
        circuit.rz(w[k] * x[k], 0)
        circuit.rz(x[k], 1)
    circuit.rz(w[3] * x[0] + 0.3, 1)
    circuit.rz(w[4], 1)
    circuit.rz(0.2, 0)
    circuit.rz(w[5], 0)
    circuit.rx(x[0], 0)
    circuit.rx(w[0], 0)
    circuit.cx(0, 1)
    circuit.rz(w[1] * x[1], 0)
    observables = [SparsePauliOp(label) for label in ("ZI", "XY", "IX")]
    rng = np.random.default_rng(5)
    X, weights = rng.normal(size=(4, 3)), rng.normal(size=6)
    values = _values(circuit, observables, X, weights, x, w)
    for row, sample in zip(values, X, strict=True):
        bound = circuit.assign_parameters(
            {**dict(zip(x, sample, strict=True)), **dict(zip(w, weights, strict=True))}
        )
        expected = [Statevector(bound).expectation_value(o).real for o in observables]
        np.testing.assert_allclose(row, expected, atol=1e-12)
    program = compile_circuit(circuit, None, observables, list(x), list(w))
    cotangent = rng.normal(size=values.shape)
    _, gradient = program.value_and_gradient(X, weights, cotangent)
    step = 1e-6 * np.eye(6)
    central = [
        np.sum(cotangent * (program.values(X, weights + d) - program.values(X, weights - d))) / 2e-6
        for d in step
    ]
    np.testing.assert_allclose(gradient, central, atol=1e-6)


def test_a_row_of_rotations_costs_one():
    x, w = ParameterVector("x", 3), ParameterVector("w", 4)
    circuit = QuantumCircuit(1)
    circuit.h(0)
    for k in range(3):
        circuit.rz(w[k] * x[k], 0)
    circuit.rz(w[3], 0)
    elements = lower(circuit, Noise(None), AngleReader(list(x), list(w)))
    rotations = [element for element in elements if isinstance(element, PauliRotation)]
    assert [len(rotation.angle.terms) for rotation in rotations] == [3, 1]
