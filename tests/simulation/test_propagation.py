"""Pauli propagation: exact while nothing is left out; beyond, an error that it tells and its own values' gradient."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import Kraus, SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, amplitude_damping_error, depolarizing_error

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.approximate import Approximation, approximate_program
from qcsearch.simulation.propagation.program import PropagationProgram

DEVICES = ("fake_lagos", "fake_brisbane", "fake_torino", "fake_fractional", "fake_boeblingen")


def _program(parts, max_terms=10**6, min_size=0.0, threads=1) -> PropagationProgram:
    knobs = Approximation(max_terms=max_terms, min_size=min_size)
    return approximate_program(*parts, knobs, threads=threads)


def _damped(size: float) -> NoiseModel:
    """Noise that is not unital, and readout that is not symmetric."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(
        amplitude_damping_error(0.03 * size).tensor(amplitude_damping_error(0.05 * size)), "cz"
    )
    model.add_all_qubit_quantum_error(
        depolarizing_error(0.01 * size, 1).compose(amplitude_damping_error(0.02 * size)), "ry"
    )
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.07, 0.93]]))
    return model


def _brickwork(n: int, layers: int, again: bool = False, noise: float = 1.0):
    """Layers of ry, rz and a chain of cz; features at the start, and in every layer if `again`."""
    x, w = ParameterVector("x", n), ParameterVector("w", 2 * n * layers)
    numbers = iter(w)
    circuit = QuantumCircuit(n)
    for layer in range(layers):
        for q in range(n):
            if again or not layer:
                circuit.ry(x[q] * next(numbers) if layer else x[q], q)
            circuit.ry(next(numbers) if layer or not again else 0.3, q)
            circuit.rx(0.4 + x[q] if again else next(numbers), q)
        for first in (0, 1):
            for q in range(first, n - 1, 2):
                circuit.cz(q, q + 1)
    for q in range(n):
        circuit.ry(0.7, q)
    observables = [SparsePauliOp.from_sparse_list([("Z", [q], 1.0)], n) for q in range(n)]
    return circuit, _damped(noise), observables, list(x), [one for one in w if one in circuit.parameters]


def _angles(parts, n_samples=3, seed=0):
    rng = np.random.default_rng(seed)
    X, w = rng.uniform(-3, 3, (n_samples, len(parts[3]))), rng.uniform(-3, 3, len(parts[4]))
    return X, w, rng.normal(size=(n_samples, len(parts[2])))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n_qubits", [1, 2, 5])
def test_without_truncation_values_and_gradient_are_those_of_the_exact_engine(device, n_qubits, make_case):
    case = make_case(device, n_qubits, 40 + n_qubits, n_gates=50)
    cotangent = np.random.default_rng(0).normal(size=(3, 3))
    values, gradient = compile_circuit(*case.parts).value_and_gradient(case.X, case.w, cotangent)
    program = _program(case.parts)
    found, slope = program.value_and_gradient(case.X, case.w, lambda _: cotangent)
    np.testing.assert_allclose(found, values, rtol=0, atol=1e-10)
    np.testing.assert_allclose(slope, gradient, rtol=0, atol=1e-10)
    np.testing.assert_allclose(program.error_bound(case.X, case.w), 0, atol=1e-12)


def test_noise_that_is_not_unital_and_kraus_operators_are_exact(referee):
    circuit, model, observables, features, weights = _brickwork(4, 2, again=True)
    circuit.append(Kraus(amplitude_damping_error(0.3, 0.2)).to_instruction(), [2])
    parts = circuit, model, [*observables, SparsePauliOp(["XYZI", "IIII"], [0.5, -0.2])], features, weights
    X, w, _ = _angles(parts)
    np.testing.assert_allclose(_program(parts).values(X, w), referee(*parts, X=X, w=w), rtol=0, atol=1e-10)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("max_terms", [1, 8, 60, 250])
def test_no_error_is_above_the_bound(again, max_terms):
    parts = _brickwork(6, 3, again)
    exact, program = compile_circuit(*parts), _program(parts, max_terms)
    for seed in range(4):
        X, w, _ = _angles(parts, seed=seed)
        X, w = ((X, w), (0.1 * X, 0.1 * w), (0 * X + 0.1, np.pi / 2 * np.round(w)), (X, 0 * w))[seed]
        error = np.abs(program.values(X, w) - exact.values(X, w))
        assert (error <= program.error_bound(X, w) + 1e-12).all()
        assert error.max() > 1e-6, "nothing was left out"


@pytest.mark.parametrize("again", [False, True])
def test_at_random_angles_the_estimate_is_the_size_of_the_error(again):
    parts = _brickwork(6, 3, again)
    exact, program = compile_circuit(*parts), _program(parts, max_terms=60)
    ratios = []
    for seed in range(12):
        X, w, _ = _angles(parts, seed=seed)
        error, estimate = program.values(X, w) - exact.values(X, w), program.error_estimate(X, w)
        assert (estimate <= program.error_bound(X, w)).all()
        ratios.append(np.sqrt(np.mean(error**2) / np.mean(estimate**2)))
    assert 1 / 3 < np.mean(ratios) < 3


def test_small_terms_are_left_out_by_size_too():
    parts = _brickwork(6, 3)
    X, w, _ = _angles(parts)
    exact = compile_circuit(*parts).values(X, w)
    coarse, fine = _program(parts, min_size=1e-2), _program(parts, min_size=1e-4)
    assert coarse.n_bytes < min(fine.n_bytes, _program(parts).n_bytes)
    assert np.abs(fine.values(X, w) - exact).max() < np.abs(coarse.values(X, w) - exact).max() < 0.2


@pytest.mark.parametrize("again", [False, True])
def test_the_gradient_is_that_of_the_truncated_values(again):
    parts = _brickwork(5, 3, again)
    program = _program(parts, max_terms=30)
    X, w, cotangent = _angles(parts)
    values, gradient = program.value_and_gradient(X, w, cotangent)
    np.testing.assert_array_equal(values, program.values(X, w))
    step, moves = 1e-5, np.eye(len(w))
    slopes = [
        np.sum(cotangent * (program.values(X, w + step * move) - program.values(X, w - step * move)))
        / (2 * step)
        for move in moves
    ]
    np.testing.assert_allclose(gradient, slopes, rtol=0, atol=1e-8)
    assert np.abs(program.error_bound(X, w)).max() > 0.01


def test_a_chain_of_60_qubits_has_the_value_of_the_closed_form():
    n, p = 60, 0.01
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(p, 2), "cx")
    x = ParameterVector("x", n)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(x[q], q)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    last = [SparsePauliOp.from_sparse_list([("Z", [n - 1], 1.0)], n)]
    with pytest.raises(CircuitError, match="light cone"):
        compile_circuit(circuit, model, last, list(x), [])
    X = np.random.default_rng(0).uniform(-0.2, 0.2, (3, n))
    program = _program((circuit, model, last, list(x), []), max_terms=4)
    expected = np.cos(X).prod(axis=1) * (1 - p) ** (n - 1)
    np.testing.assert_allclose(program.values(X, [])[:, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(program.error_bound(X, []), 0, atol=1e-12)


def test_memory_is_bounded_by_the_terms_where_the_exact_engine_refuses():
    parts = _brickwork(22, 5, noise=0.1)
    with pytest.raises(CircuitError, match="light cone"):
        compile_circuit(*parts)
    parts = (*parts[:2], parts[2][10:12], *parts[3:])
    X, w, _ = _angles(parts, n_samples=8)
    n_blocks = parts[0].count_ops()["cz"]
    found = {}
    for max_terms in (100, 1_000, 10_000):
        program = _program(parts, max_terms)
        assert program.n_bytes < 2 * n_blocks * max_terms * 256
        found[max_terms] = program.values(X, w), program.error_estimate(X, w)
    size = {terms: np.sqrt(np.mean((values - found[10_000][0]) ** 2)) for terms, (values, _) in found.items()}

    assert size[1_000] < size[100]
    assert size[1_000] < 3 * np.sqrt(np.mean(found[1_000][1] ** 2))


def test_numbers_do_not_depend_on_threads_batches_or_chunks(monkeypatch):
    parts = _brickwork(5, 2, again=True)
    X, w, cotangent = _angles(parts, n_samples=5)
    one, two = _program(parts, 40), _program(parts, 40, threads=2)
    values, gradient = one.value_and_gradient(X, w, cotangent)
    again, same = two.value_and_gradient(X, w, cotangent)
    np.testing.assert_array_equal(again, values)
    np.testing.assert_array_equal(same, gradient)
    np.testing.assert_allclose(one.values(one.encode(X)[2:4], w), values[2:4], rtol=0, atol=1e-14)
    monkeypatch.setattr("qcsearch.simulation.propagation.program._CHUNK_BYTES", 1)
    narrow, close = one.value_and_gradient(X, w, cotangent)
    np.testing.assert_allclose(narrow, values, rtol=0, atol=1e-14)
    np.testing.assert_allclose(close, gradient, rtol=0, atol=1e-12)


def test_an_identity_observable_is_its_coefficient():
    circuit, weight = QuantumCircuit(2), Parameter("w")
    circuit.ry(weight, 0)
    circuit.cz(0, 1)
    program = _program((circuit, None, [SparsePauliOp("II", -2.5), SparsePauliOp("ZZ", 0.0)], [], [weight]))
    values, gradient = program.value_and_gradient(np.zeros((2, 0)), [0.4], np.ones((2, 2)))
    np.testing.assert_allclose(values, [[-2.5, 0.0]] * 2)
    np.testing.assert_array_equal(gradient, [0.0])


def test_bad_shapes_are_refused():
    parts = _brickwork(3, 1)
    program, (X, w, _) = _program(parts), _angles(parts)
    with pytest.raises(InputError, match="X must have shape"):
        program.encode(X[:, :2])
    with pytest.raises(InputError, match="w must have shape"):
        program.values(X, w[1:])
    with pytest.raises(InputError, match="cotangent must have"):
        program.value_and_gradient(X, w, np.ones(3))
