"""Trajectories: means that scatter around the exact values by what their error estimate says."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qcsearch.simulation import compile_circuit
from qcsearch.simulation.approximate import Approximation, approximate_program
from qcsearch.simulation.reference.trajectories import TrajectoryProgram


def _program(parts, trajectories, seed=0, threads=1) -> TrajectoryProgram:
    knobs = Approximation("matrix-product-state", trajectories=trajectories, seed=seed)
    return approximate_program(*parts, knobs, threads=threads)


def _ladder(n: int, p: float):
    """ry on each qubit, a chain of cx with depolarising noise, ⟨Z⟩ of the last: cos … cos · (1 − p)^(n − 1)."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(p, 2), "cx")
    w = ParameterVector("w", n)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(w[q], q)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    return circuit, model, [SparsePauliOp.from_sparse_list([("Z", [n - 1], 1.0)], n)], [], list(w)


@pytest.mark.parametrize("device", ["fake_lagos", "fake_torino"])
def test_means_scatter_around_the_exact_values_as_estimated(device, make_case):
    case = make_case(device, 3, 11)
    exact = compile_circuit(*case.parts).values(case.X, case.w)
    program = _program(case.parts, 400, seed=2)
    error = np.abs(program.values(case.X, case.w) - exact)
    estimate = program.error_estimate(case.X, case.w)
    assert (error < 5 * estimate).all()
    assert estimate.max() < 0.3
    assert error.max() > 1e-6


def test_what_no_trajectory_saw_is_in_the_estimate():
    parts = _ladder(3, 1e-7)
    estimate = _program(parts, 50).error_estimate(np.zeros((1, 0)), np.full(3, 0.3))
    np.testing.assert_allclose(estimate, 2 / 50)


def test_20_qubits_have_the_value_of_the_closed_form():
    n, p = 20, 0.01
    program = _program(_ladder(n, p), 300)
    w, X = np.linspace(-0.4, 0.4, n), np.zeros((1, 0))
    error = np.abs(program.values(X, w)[0, 0] - np.cos(w).prod() * (1 - p) ** (n - 1))
    assert error < 5 * program.error_estimate(X, w)[0, 0]


def test_without_noise_values_and_shifted_gradient_are_exact(make_case):
    case = make_case("fake_torino", 3, 5)
    parts = (case.circuit, None, *case.parts[2:])
    cotangent = np.random.default_rng(0).normal(size=(3, 3))
    values, gradient = compile_circuit(*parts).value_and_gradient(case.X, case.w, cotangent)
    found, slope = _program(parts, 2).value_and_gradient(case.X, case.w, cotangent)
    np.testing.assert_allclose(found, values, rtol=0, atol=1e-9)
    np.testing.assert_allclose(slope, gradient, rtol=0, atol=1e-9)


def test_trajectories_are_drawn_anew_and_again_with_the_same_seed_and_other_threads():
    parts = _ladder(3, 0.2)
    w, X = np.full(3, 0.3), np.zeros((2, 0))
    one, other = _program(parts, 100, seed=7), _program(parts, 100, seed=7, threads=2)
    first = one.values(one.encode(X), w)
    np.testing.assert_array_equal(first, other.values(X, w))
    assert not np.array_equal(first, one.values(X, w))


def test_bonds_are_cut_when_asked():
    circuit = QuantumCircuit(4)
    circuit.h(0)
    for q in range(3):
        circuit.cx(q, q + 1)
    parts = (circuit, None, [SparsePauliOp("XXXX")], [], [])
    whole = _program(parts, 2).values(np.zeros((1, 0)), [])
    knobs = Approximation("matrix-product-state", trajectories=2, max_bond=1)
    cut = approximate_program(*parts, knobs)
    np.testing.assert_allclose(whole, [[1.0]], atol=1e-9)
    assert abs(cut.values(np.zeros((1, 0)), [])[0, 0]) < 0.9
