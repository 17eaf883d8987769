"""The choice of an approximation: by name, with knobs that are checked before any work."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation import Approximation, Program, compile_circuit
from qcsearch.simulation.approximate import METHODS, approximate_program
from qcsearch.simulation.propagation.program import PropagationProgram
from qcsearch.simulation.reference.trajectories import TrajectoryProgram


def _parts():
    feature, weight = Parameter("x"), Parameter("w")
    circuit = QuantumCircuit(3)
    circuit.ry(feature, 0)
    circuit.cx(0, 1)
    circuit.ry(weight, 1)
    return circuit, None, [SparsePauliOp("IZI"), SparsePauliOp("IIX")], [feature], [weight]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_the_face_of_the_exact_program(method):
    exact, program = compile_circuit(*_parts()), approximate_program(*_parts(), Approximation(method))
    for name in ("n_qubits", "n_features", "n_weights", "n_observables", "threads"):
        assert getattr(program, name) == getattr(exact, name)
    X, w, cotangent = np.array([[0.3], [0.9], [-1.2]]), [0.4], np.ones((3, 2))
    values, gradient = program.value_and_gradient(program.encode(X)[:2], w, cotangent[:2])
    expected, slope = exact.value_and_gradient(X[:2], w, cotangent[:2])
    np.testing.assert_allclose(values, expected, atol=1e-9)
    np.testing.assert_allclose(gradient, slope, atol=1e-9)
    assert program.error_estimate(X, w).shape == (3, 2)


def test_an_unknown_method_is_refused_by_name():
    with pytest.raises(
        InputError, match=r"'method' .* one of pauli-propagation, matrix-product-state. Got 'magic'"
    ):
        Approximation("magic")


@pytest.mark.parametrize("method", METHODS)
def test_compile_circuit_hands_over_by_name(method):
    program = compile_circuit(*_parts(), approximation=Approximation(method, max_terms=64))
    assert isinstance(program, PropagationProgram | TrajectoryProgram)
    assert program.n_observables == 2


def test_only_if_needed_is_exact_where_it_can_be_and_propagates_where_not():
    if_needed = Approximation(only_if_needed=True, max_terms=500)
    assert isinstance(compile_circuit(*_parts(), approximation=if_needed), Program)
    n = 20
    w = [Parameter(f"w{q}") for q in range(n)]
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(w[q], q)
    for _ in range(12):
        for q in range(n - 1):
            circuit.cz(q, q + 1)
        for q in range(n):
            circuit.rx(0.1, q)
    parts = circuit, None, [SparsePauliOp.from_sparse_list([("X", [10], 1.0)], num_qubits=n)], [], w
    with pytest.raises(CircuitError, match="observable 0 holds 20 qubits"):
        compile_circuit(*parts)
    program = compile_circuit(*parts, approximation=if_needed)
    assert isinstance(program, PropagationProgram)


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_parameter_is_refused_by_name(method):
    circuit, model, observables, features, _ = _parts()

    def run() -> None:
        program = approximate_program(circuit, model, observables, features, [], Approximation(method))
        program.values(np.zeros((1, 1)), [])

    with pytest.raises(CircuitError, match=r"Got '?w"):
        run()


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_terms": 0},
        {"max_terms": 1.5},
        {"max_terms": None},
        {"trajectories": 1},
        {"trajectories": True},
        {"max_bond": 0},
        {"seed": -1},
        {"min_size": -1e-3},
        {"min_size": 1},
        {"min_size": "x"},
        {"min_size": float("nan")},
    ],
)
def test_knobs_out_of_range_are_refused_by_name(wrong):
    with pytest.raises(InputError, match=f"'{next(iter(wrong))}' parameter of Approximation must be"):
        Approximation(**wrong)
