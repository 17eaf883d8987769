"""Programs: closed forms, batches, encoded features, memory, threads, bad input."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, amplitude_damping_error, depolarizing_error

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation import Encoded, compile_circuit

EMPTY = np.zeros(0)


def _one_qubit(error=None, readout=None):
    model = NoiseModel()
    if error is not None:
        model.add_all_qubit_quantum_error(error, "ry")
    if readout is not None:
        model.add_all_qubit_readout_error(readout)
    angle = Parameter("a")
    circuit = QuantumCircuit(1)
    circuit.ry(angle, 0)
    return circuit, model, [SparsePauliOp("Z"), SparsePauliOp("X")], angle


def test_one_rotation_is_cosine_and_sine_and_the_gradient_their_derivative():
    circuit, _, observables, angle = _one_qubit()
    program = compile_circuit(circuit, None, observables, [], [angle])
    for a in np.linspace(-7, 7, 15):
        values, gradient = program.value_and_gradient(np.zeros((1, 0)), [a], [[2.0, 3.0]])
        np.testing.assert_allclose(values, [[np.cos(a), np.sin(a)]], atol=1e-14)
        np.testing.assert_allclose(gradient, [-2 * np.sin(a) + 3 * np.cos(a)], atol=1e-14)


def test_features_far_from_zero_are_rotated_exactly():
    circuit, _, observables, angle = _one_qubit()
    program = compile_circuit(circuit, None, observables, [angle], [])
    X = np.concatenate([np.linspace(-50, 50, 101), [1e4, -12345.678]])[:, None]
    np.testing.assert_allclose(program.values(X, EMPTY), np.hstack([np.cos(X), np.sin(X)]), atol=1e-11)


def test_depolarising_noise_shrinks_the_bloch_vector():
    circuit, model, observables, angle = _one_qubit(depolarizing_error(0.1, 1))
    program = compile_circuit(circuit, model, observables, [], [angle])
    values = program.values(np.zeros((1, 0)), [0.7])
    np.testing.assert_allclose(values, [[0.9 * np.cos(0.7), 0.9 * np.sin(0.7)]], atol=1e-14)


def test_amplitude_damping_pulls_to_the_ground_state():
    circuit, model, observables, angle = _one_qubit(amplitude_damping_error(0.2))
    program = compile_circuit(circuit, model, observables, [], [angle])
    values = program.values(np.zeros((1, 0)), [2.0])
    expected = [[0.8 * np.cos(2.0) + 0.2, np.sqrt(0.8) * np.sin(2.0)]]
    np.testing.assert_allclose(values, expected, atol=1e-14)


def test_asymmetric_readout_scales_and_shifts_values_and_scales_gradients():
    p10, p01 = 0.02, 0.11
    circuit, model, observables, angle = _one_qubit(None, ReadoutError([[1 - p10, p10], [p01, 1 - p01]]))
    program = compile_circuit(circuit, model, observables, [], [angle])
    values, gradient = program.value_and_gradient(np.zeros((1, 0)), [0.7], [[1.0, 0.0]])
    scale, shift = 1 - p10 - p01, p01 - p10
    np.testing.assert_allclose(
        values, [[scale * np.cos(0.7) + shift, scale * np.sin(0.7) + shift]], atol=1e-14
    )
    np.testing.assert_allclose(gradient, [-scale * np.sin(0.7)], atol=1e-14)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70), st.integers(1, 9), st.integers(0, 2**31))
def test_each_row_of_a_batch_is_what_it_is_alone(n_samples, n_observables, seed):
    rng = np.random.default_rng(seed)
    circuit, x, w = _reuploading(3)
    labels = ["".join(rng.choice(list("IXYZ"), 3)) for _ in range(n_observables)]
    program = compile_circuit(circuit, None, [SparsePauliOp(label) for label in labels], list(x), list(w))
    X, weights = rng.normal(size=(n_samples, 3)), rng.normal(size=len(w))
    cotangent = rng.normal(size=(n_samples, n_observables))
    values, gradient = program.value_and_gradient(X, weights, cotangent)
    alone = [
        program.value_and_gradient(row[None], weights, slope[None])
        for row, slope in zip(X, cotangent, strict=True)
    ]
    np.testing.assert_allclose(values, np.concatenate([one[0] for one in alone]), atol=1e-13)
    np.testing.assert_allclose(gradient, sum(one[1] for one in alone), atol=1e-11)


def _reuploading(n: int) -> tuple[QuantumCircuit, ParameterVector, ParameterVector]:
    """Weights before, between and after the data; w·x in angles; a two-qubit rotation by data."""
    x, w = ParameterVector("x", 3), ParameterVector("w", 5 * n)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(w[q], q)
    circuit.cx(0, 1)
    for q in range(n):
        circuit.ry(w[n + q] * x[q % 3] + 0.1, q)
        circuit.rz(x[(q + 1) % 3] + w[2 * n + q], q)
    circuit.rzz(w[3 * n] * x[0], 0, n - 1)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    for q in range(n):
        circuit.rx(w[3 * n + q], q)
    circuit.rxx(w[4 * n + 1], 1, 0)
    circuit.cz(0, n - 1)
    for q in range(n):
        circuit.ry(w[4 * n + q], q)
    return circuit, x, w


def _encoding(n: int) -> tuple[QuantumCircuit, ParameterVector, ParameterVector]:
    """Data first, weights after."""
    x, w = ParameterVector("x", n), ParameterVector("w", 2 * n)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(x[q], q)
    for layer in range(2):
        for q in range(n):
            circuit.ry(w[layer * n + q], q)
        for q in range(n - 1):
            circuit.cz(q, q + 1)
    return circuit, x, w


def _program(make, n=3, **options):
    circuit, x, w = make(n)
    observables = [SparsePauliOp("I" * (n - 1 - q) + "Z" + "I" * q) for q in range(n)]
    return compile_circuit(circuit, None, observables, list(x), list(w), **options)


@pytest.mark.parametrize("make", [_encoding, _reuploading])
def test_a_cotangent_may_be_an_array_or_a_function_of_the_values(make):
    program = _program(make)
    rng = np.random.default_rng(1)
    X, w = rng.normal(size=(21, 3)), rng.normal(size=program.n_weights)
    values, gradient = program.value_and_gradient(X, w, lambda values: 2 * values)
    again, same = program.value_and_gradient(X, w, 2 * values)
    np.testing.assert_allclose(again, values, atol=1e-15)
    np.testing.assert_allclose(same, gradient, atol=1e-13)
    np.testing.assert_allclose(program.values(X, w), values, atol=1e-15)


@pytest.mark.parametrize("make", [_encoding, _reuploading])
def test_encoded_features_and_their_rows_stand_for_the_features(make):
    program = _program(make)
    rng = np.random.default_rng(2)
    X, w = rng.normal(size=(30, 3)), rng.normal(size=program.n_weights)
    encoded = program.encode(X)
    assert isinstance(encoded, Encoded)
    assert len(encoded) == 30
    rows = rng.permutation(30)[:7]
    for features, chosen in (
        (X, encoded),
        (X[rows], encoded[rows]),
        (X[5:9], encoded[5:9]),
        (X[X[:, 0] > 0], encoded[X[:, 0] > 0]),
    ):
        cotangent = rng.normal(size=(len(features), 3))
        values, gradient = program.value_and_gradient(features, w, cotangent)
        again, same = program.value_and_gradient(chosen, w, cotangent)
        np.testing.assert_allclose(again, values, atol=1e-14)
        np.testing.assert_allclose(same, gradient, atol=1e-12)


def test_states_of_a_fixed_encoding_are_kept_and_follow_changes_of_the_array():
    program = _program(_encoding)
    rng = np.random.default_rng(3)
    X, w = rng.normal(size=(8, 3)), rng.normal(size=program.n_weights)
    before = program.values(X, w)
    X[0, 0] += 1.0
    after = program.values(X, w)
    assert not np.allclose(before[0], after[0])
    np.testing.assert_allclose(after, _program(_encoding).values(X, w), atol=1e-15)
    assert program.encode(X).states[0] is not None
    assert _program(_reuploading).encode(X).states[0] is None


def test_rows_that_are_no_rows_are_refused():
    encoded = _program(_encoding).encode(np.zeros((4, 3)))
    for rows in (1, slice(2, 2)):
        with pytest.raises(InputError, match="slice, a mask or a list"):
            encoded[rows]


def test_encoded_features_of_another_program_are_refused():
    with pytest.raises(InputError, match="another's"):
        _program(_encoding).values(_program(_encoding).encode(np.zeros((4, 3))), np.zeros(6))


def _deep(n: int, uploads: int) -> tuple[QuantumCircuit, ParameterVector, ParameterVector]:
    """Data once or again and again, sixteen layers."""
    x, w = ParameterVector("x", n), ParameterVector("w", 16 * n)
    circuit = QuantumCircuit(n)
    for layer in range(16):
        for q in range(n):
            circuit.rx(w[layer * n + q], q)
            if layer < uploads:
                circuit.ry(x[q], q)
        for q in range(n):
            circuit.cx(q, (q + 1) % n)
    return circuit, x, w


@pytest.mark.parametrize("uploads", [1, 16], ids=["once", "again and again"])
@pytest.mark.parametrize("n_observables", [3, 6])
def test_the_least_memory_that_is_enough_gives_the_same_numbers(uploads, n_observables, monkeypatch):
    circuit, x, w = _deep(3, uploads)
    labels = ("ZII", "IZI", "IIZ", "XII", "IXI", "YZX")[:n_observables]
    observables = [SparsePauliOp(label) for label in labels]
    rng = np.random.default_rng(4)
    X, weights = rng.normal(size=(81, 3)), rng.normal(size=len(w))
    cotangent = rng.normal(size=(81, n_observables))
    roomy = compile_circuit(circuit, None, observables, list(x), list(w))
    expected = roomy.value_and_gradient(X, weights, cotangent)

    monkeypatch.setattr("qcsearch.simulation.exact.planning.memory._MB", 2**9)  # megabytes of 512 bytes
    with pytest.raises(CircuitError, match=r"3 qubits .* needs .* MB to be simulated exactly") as refusal:
        compile_circuit(circuit, None, observables, list(x), list(w), max_memory_mb=64)
    least = int(re.search(r"needs ([\d,]+) MB", str(refusal.value))[1].replace(",", ""))
    tight = compile_circuit(circuit, None, observables, list(x), list(w), max_memory_mb=least)
    part = tight._parts[0]
    assert any(section.tape.interval < len(section) for section in (part.plan.middle, part.plan.suffix))
    for found in (
        tight.value_and_gradient(X, weights, cotangent),
        tight.value_and_gradient(X, weights, lambda _: cotangent),
    ):
        np.testing.assert_allclose(found[0], expected[0], atol=1e-13)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-11)


def test_memory_must_be_a_whole_number_of_megabytes():
    with pytest.raises(InputError, match=r"'max_memory_mb' .* at least 64. Got 1.5"):
        _program(_encoding, max_memory_mb=1.5)


@pytest.mark.parametrize("make", [_encoding, _reuploading])
def test_the_gradient_by_the_features_is_that_of_finite_differences(make):
    rng = np.random.default_rng(8)
    program = _program(make)
    X, w = rng.normal(size=(70, 3)), rng.normal(size=program.n_weights)
    cotangent = rng.normal(size=(70, 3))
    gradient = program.input_gradient(X, w, cotangent)
    step = 1e-5
    for feature in range(3):
        shift = step * np.eye(3)[feature]
        slope = (program.values(X + shift, w) - program.values(X - shift, w)) / (2 * step)
        np.testing.assert_allclose(gradient[:, feature], (slope * cotangent).sum(axis=1), atol=1e-8)


@pytest.mark.parametrize("make", [_encoding, _reuploading])
def test_threads_do_not_change_a_bit(make):
    rng = np.random.default_rng(6)
    one, three = _program(make), _program(make, threads=3)
    X, w = rng.normal(size=(301, 3)), rng.normal(size=one.n_weights)
    for first, second in zip(
        one.value_and_gradient(X, w, np.sin), three.value_and_gradient(X, w, np.sin), strict=True
    ):
        np.testing.assert_array_equal(first, second)


@pytest.mark.slow  # compiles all kernels once more
@pytest.mark.parametrize("make", [_encoding, _reuploading])
def test_single_precision_is_right_to_single_precision(make):
    rng = np.random.default_rng(7)
    double, single = _program(make), _program(make, dtype="float32")
    X, w = rng.normal(size=(13, 3)), rng.normal(size=double.n_weights)
    values, gradient = double.value_and_gradient(X, w, np.sin)
    again, same = single.value_and_gradient(X, w, np.sin)
    np.testing.assert_allclose(again, values, atol=5e-6)
    np.testing.assert_allclose(same, gradient, atol=1e-4)
    assert again.dtype == np.float64


def test_a_circuit_without_parameters_has_one_row_for_each_sample_and_no_gradient():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    program = compile_circuit(circuit, None, [SparsePauliOp("ZZ"), SparsePauliOp("II", 0.5)], [], [])
    values, gradient = program.value_and_gradient(np.zeros((3, 0)), EMPTY, np.ones((3, 2)))
    np.testing.assert_allclose(values, [[1, 0.5]] * 3, atol=1e-14)
    assert gradient.shape == (0,)


def test_parameters_that_the_circuit_does_not_hold_have_no_effect():
    circuit, _, observables, angle = _one_qubit()
    program = compile_circuit(circuit, None, observables, [Parameter("f")], [angle, Parameter("unused")])
    values, gradient = program.value_and_gradient(np.ones((2, 1)), [0.3, 9.0], np.ones((2, 2)))
    np.testing.assert_allclose(values[:, 0], np.cos(0.3), atol=1e-14)
    assert gradient[1] == 0
    assert program.n_features == 1
    assert program.n_weights == 2


def test_turning_the_features_into_weights_gives_the_same_values():
    circuit, x, w = _reuploading(3)
    observables = [SparsePauliOp("ZXY")]
    rng = np.random.default_rng(8)
    X, weights = rng.normal(size=(1, 3)), rng.normal(size=len(w))
    bound = circuit.assign_parameters(dict(zip(x, X[0], strict=True)))
    expected = compile_circuit(bound, None, observables, [], list(w)).values(np.zeros((1, 0)), weights)
    values = compile_circuit(circuit, None, observables, list(x), list(w)).values(X, weights)
    np.testing.assert_allclose(values, expected, atol=1e-14)


@pytest.mark.parametrize(
    ("X", "w", "message"),
    [
        (np.zeros((2, 4)), np.zeros(6), r"X must have shape \(n, 3\).*Got \(2, 4\)"),
        (np.zeros(3), np.zeros(6), "X must have shape"),
        (np.zeros((0, 3)), np.zeros(6), "n ≥ 1"),
        (np.full((2, 3), np.nan), np.zeros(6), "X must hold finite numbers"),
        (np.zeros((2, 3)), np.zeros(5), r"w must have shape \(6,\). Got \(5,\)"),
        (np.zeros((2, 3)), np.full(6, np.inf), "w must hold finite numbers"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(X, w, message):
    program = _program(_encoding)
    with pytest.raises(InputError, match=message):
        program.values(X, w)
    with pytest.raises(InputError, match=message):
        program.value_and_gradient(X, w, np.ones((2, 3)))


def test_a_cotangent_of_another_shape_is_refused():
    with pytest.raises(InputError, match=r"cotangent must have the values' shape \(2, 3\). Got \(2, 2\)"):
        _program(_encoding).value_and_gradient(np.zeros((2, 3)), np.zeros(6), np.ones((2, 2)))
