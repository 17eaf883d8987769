"""Light cones: what an observable cannot see costs nothing and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error

from qcsearch.errors import CircuitError
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.angles import AngleReader, AngleSum
from qcsearch.simulation.exact.planning.cones import find_cones, split
from qcsearch.simulation.lower import FixedChannel, PauliRotation, lower
from qcsearch.simulation.noise import Noise
from qcsearch.simulation.observables import Observable, read_observables


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


def _scrambled(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(3):
        for q in range(n):
            circuit.ry(0.3, q)
        for q in range(n - 1):
            circuit.cx(q, q + 1)
    circuit.ry(0.1, n - 1)
    return circuit


def test_a_cone_that_memory_cannot_hold_is_refused_by_observable_qubits_and_memory():
    with pytest.raises(
        CircuitError,
        match=r"observable 1 holds 14 qubits \(\[0, 1, .* needs [\d,]+ MB .* may use 2,048 MB.*'max_memory_mb'",
    ):
        compile_circuit(_scrambled(14), None, [_z(0, 14), _z(13, 14)], [], [])


def test_a_cone_as_wide_as_a_device_is_refused_before_any_table_is_built():
    with pytest.raises(CircuitError, match=r"holds 127 qubits \(\[0, 1, 2, .*, …\]\)"):
        compile_circuit(_scrambled(127), None, [_z(126, 127)], [], [])


def test_a_chain_of_gates_that_only_moves_z_is_as_cheap_as_bits():
    n = 14
    circuit = QuantumCircuit(n)
    circuit.ry(0.7, 0)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    program = compile_circuit(circuit, None, [_z(n - 1, n)], [], [])
    np.testing.assert_allclose(program.values(np.zeros((1, 0)), np.zeros(0)), [[np.cos(0.7)]], atol=1e-14)


def test_a_last_layer_of_cz_does_not_widen_a_cone(referee):
    """Z commutes with CZ: each ⟨Z⟩ of one layer sees its qubit alone, with the noise of the gates."""
    n = 5
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), "cz")
    model.add_all_qubit_quantum_error(
        thermal_relaxation_error(50.0, 60.0, 3.0).expand(thermal_relaxation_error(40.0, 30.0, 3.0)), "cz"
    )
    w = ParameterVector("w", n)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(w[q], q)
    for q in range(n - 1):
        circuit.cz(q, q + 1)
    observables = [_z(q, n) for q in range(n)]
    program = compile_circuit(circuit, model, observables, [], list(w))
    X, weights = np.zeros((1, 0)), np.linspace(0.2, 2.0, n)
    expected = referee(circuit, model, observables, [], list(w), X, weights)
    np.testing.assert_allclose(program.values(X, weights), expected, rtol=0, atol=1e-11)
    elements = lower(circuit, Noise(model), AngleReader([], list(w)))
    cones = find_cones(elements, read_observables(observables[2:3], n, Noise(model)), 4, 2**20)
    assert [cone.qubits for cone in cones] == [(2,)]


def test_gates_outside_the_cone_may_be_of_any_size():
    circuit = QuantumCircuit(20)
    for q in range(2, 19):
        circuit.cx(q, q + 1)
    circuit.ry(0.3, 0)
    program = compile_circuit(circuit, None, [_z(0, 20)], [], [])
    np.testing.assert_allclose(program.values(np.zeros((1, 0)), np.zeros(0)), [[np.cos(0.3)]], atol=1e-14)


def test_observables_with_one_cone_share_it_and_others_do_not():
    angle = AngleSum(0.0, ((1.0, 0, -1),))
    elements = [
        PauliRotation((0, 1), (1, 1), angle),
        PauliRotation((2,), (1,), angle),
        PauliRotation((3, 4), (1, 1), angle),
    ]
    observables = [Observable({((q, 3),): 1.0}, f"observable {q}") for q in range(5)]
    cones = {
        cone.qubits: (cone.observables, len(cone.elements))
        for cone in find_cones(elements, observables, 4, 2**20)
    }
    assert cones == {(0, 1): ((0, 1), 1), (2,): ((2,), 1), (3, 4): ((3, 4), 1)}


def test_the_split_follows_dependence_and_not_position():
    fixed, data = AngleSum(0.0, ((1.0, 0, -1),)), AngleSum(0.0, ((1.0, -1, 0),))
    early, other = PauliRotation((0,), (2,), fixed), PauliRotation((1,), (2,), fixed)
    upload, coupling, late = (
        PauliRotation((0,), (2,), data),
        PauliRotation((0, 1), (3, 3), fixed),
        PauliRotation((2,), (1,), fixed),
    )
    idle, idle_late = FixedChannel((3,), np.eye(4)), FixedChannel((2,), np.eye(4))
    sections = split([early, upload, other, late, coupling, idle, idle_late])
    assert sections.prefix == [early, idle]
    assert sections.middle == [upload]
    assert sections.suffix == [other, late, coupling, idle_late]


def test_an_identity_observable_is_its_coefficient():
    circuit = QuantumCircuit(3)
    circuit.ry(Parameter("a"), 1)
    program = compile_circuit(circuit, None, [SparsePauliOp("III", -2.5)], [], list(circuit.parameters))
    values, gradient = program.value_and_gradient(np.zeros((2, 0)), [0.4], np.ones((2, 1)))
    np.testing.assert_allclose(values, -2.5)
    np.testing.assert_array_equal(gradient, [0.0])
