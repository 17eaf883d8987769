"""Light cones: what an observable cannot see costs nothing and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qcsearch.errors import CircuitError
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.cones import find_cones, split
from qcsearch.simulation.lower import Turn
from qcsearch.simulation.observables import Observable


def _z(qubit: int, n: int) -> SparsePauliOp:
    return SparsePauliOp.from_sparse_list([("Z", [qubit], 1.0)], num_qubits=n)


def _line(n: int) -> tuple[QuantumCircuit, ParameterVector, ParameterVector]:
    x, w = ParameterVector("x", n), ParameterVector("w", n)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(x[q], q)
    for first in (0, 1):
        for q in range(first, n - 1, 2):
            circuit.cx(q, q + 1)
    for q in range(n):
        circuit.ry(w[q], q)
    return circuit, x, w


def test_a_shallow_circuit_on_127_qubits_is_exact_on_each_cone(referee):
    n = 127
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), "cx")
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), "ry")
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    circuit, x, w = _line(n)
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(2, n)), rng.normal(size=n)
    program = compile_circuit(circuit, model, [_z(q, n) for q in range(n)], list(x), list(w))
    cotangent = rng.normal(size=(2, n))
    values, gradient = program.value_and_gradient(X, weights, cotangent)
    assert np.count_nonzero(gradient) == n

    # six qubits around the middle, cut out of the line: the inner two see nothing else
    small, sx, sw = _line(6)
    inner = referee(small, model, [_z(2, 6), _z(3, 6)], list(sx), list(sw), X[:, 58:64], weights[58:64])
    np.testing.assert_allclose(values[:, 60:62], inner, rtol=0, atol=1e-11)


def test_a_cone_beyond_the_dense_limit_is_refused_by_observable_qubits_and_memory():
    n = 14
    circuit = QuantumCircuit(n)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    with pytest.raises(
        CircuitError, match=r"observable 1 .* at most 12 qubits. Got 14 \(qubits \[0, 1, .* GiB"
    ):
        compile_circuit(circuit, None, [_z(0, n), _z(13, n)], [], [])


def test_gates_outside_the_cone_may_be_of_any_size():
    circuit = QuantumCircuit(20)
    for q in range(2, 19):
        circuit.cx(q, q + 1)
    circuit.ry(0.3, 0)
    program = compile_circuit(circuit, None, [_z(0, 20)], [], [])
    np.testing.assert_allclose(program.values(np.zeros((1, 0)), np.zeros(0)), [[np.cos(0.3)]], atol=1e-14)


def test_observables_with_one_cone_share_it_and_others_do_not():
    angle = AngleSum(0.0, ((1.0, 0, -1),))
    elements = [Turn((0, 1), (3, 3), angle), Turn((2,), (1,), angle), Turn((3, 4), (3, 3), angle)]
    observables = [Observable({((q, 3),): 1.0}, f"observable {q}") for q in range(5)]
    cones = {
        cone.qubits: (cone.observables, len(cone.elements)) for cone in find_cones(elements, observables)
    }
    assert cones == {(0, 1): ((0, 1), 1), (2,): ((2,), 1), (3, 4): ((3, 4), 1)}


def test_the_split_follows_dependence_and_not_position():
    fixed, data = AngleSum(0.0, ((1.0, 0, -1),)), AngleSum(0.0, ((1.0, -1, 0),))
    early, other = Turn((0,), (2,), fixed), Turn((1,), (2,), fixed)
    upload, coupling, late = Turn((0,), (2,), data), Turn((0, 1), (3, 3), fixed), Turn((2,), (1,), fixed)
    sections = split([early, upload, other, late, coupling])
    assert sections.prefix == [early, other, late]
    assert sections.middle == [upload]
    assert sections.suffix == [coupling]


def test_an_identity_observable_is_its_coefficient():
    circuit = QuantumCircuit(3)
    circuit.ry(Parameter("a"), 1)
    program = compile_circuit(circuit, None, [SparsePauliOp("III", -2.5)], [], list(circuit.parameters))
    values, gradient = program.value_and_gradient(np.zeros((2, 0)), [0.4], np.ones((2, 1)))
    np.testing.assert_allclose(values, -2.5)
    np.testing.assert_array_equal(gradient, [0.0])
