"""The engine's values are Aer's, and its gradients are the derivatives of its values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression

from qcsearch.simulation import compile_circuit

CX, ECR, CZ, FRACTIONAL, U3 = (
    "fake_lagos",
    "fake_brisbane",
    "fake_torino",
    "fake_fractional",
    "fake_boeblingen",
)
LARGEST = {CX: 7, ECR: 7, CZ: 7, FRACTIONAL: 5, U3: 7}

circuits = st.sampled_from(list(LARGEST)).flatmap(
    lambda device: st.tuples(
        st.just(device), st.integers(2, LARGEST[device]), st.integers(0, 2**32 - 1), st.integers(1, 40)
    )
)
"""Device, qubits, seed and gates of a random circuit."""


def _shifted(case) -> tuple[QuantumCircuit, list[Parameter], list[Any]]:
    """The circuit with a shift of its own added to each angle; the shifts; the angles."""
    circuit = case.circuit.copy_empty_like()
    shifts: list[Parameter] = []
    angles: list[Any] = []
    for instruction in case.circuit.data:
        if not instruction.is_parameterized():
            circuit.append(instruction)
            continue
        params = []
        for angle in instruction.params:
            shifts.append(Parameter(f"shift {len(shifts)}"))
            angles.append(angle)
            params.append(angle + shifts[-1])
        circuit.append(instruction.operation.base_class(*params), instruction.qubits)
    return circuit, shifts, angles


def _slopes(angle: Any, case) -> np.ndarray:
    """Derivatives of an angle by the weights, `(n_samples, n_weights)`."""
    result = np.zeros((len(case.X), len(case.w)))
    for column, weight in enumerate(case.weights):
        slope = angle.gradient(weight) if hasattr(angle, "gradient") and weight in angle.parameters else 0.0
        for row, x in enumerate(case.X):
            numbers = dict(zip(case.features, x, strict=True)) | dict(zip(case.weights, case.w, strict=True))
            if isinstance(slope, ParameterExpression):
                bound = slope.bind({p: v for p, v in numbers.items() if p in slope.parameters})
                result[row, column] = bound.numeric()
            else:
                result[row, column] = slope
    return result


def _by_parameter_shift(case, cotangent: np.ndarray) -> np.ndarray:
    """Σ over all angles of ½ (values at +π/2 − values at −π/2) times the angle's slope."""
    circuit, shifts, angles = _shifted(case)
    program = compile_circuit(circuit, case.model, case.observables, case.features, [*case.weights, *shifts])
    gradient = np.zeros(len(case.w))
    for number, angle in enumerate(angles):
        step = np.zeros(len(case.w) + len(shifts))
        step[: len(case.w)] = case.w
        difference = np.zeros_like(cotangent)
        for sign in (1, -1):
            step[len(case.w) + number] = sign * np.pi / 2
            difference += sign * program.values(case.X, step) / 2
        gradient += ((difference * cotangent).sum(axis=1)[:, None] * _slopes(angle, case)).sum(axis=0)
    return gradient


def _check(case, referee) -> None:
    program = compile_circuit(*case.parts)
    values = program.values(case.X, case.w)
    expected = referee(*case.parts, case.X, case.w)
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)

    cotangent = np.random.default_rng(0).normal(size=values.shape)
    same, gradient = program.value_and_gradient(case.X, case.w, cotangent)
    np.testing.assert_allclose(same, values, rtol=0, atol=1e-13)
    np.testing.assert_allclose(gradient, _by_parameter_shift(case, cotangent), rtol=0, atol=1e-7)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(circuits)
def test_random_circuits_agree_with_aer_and_parameter_shift(make_case, referee, described):
    _check(make_case(*described), referee)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(circuits)
def test_many_random_circuits_agree_with_aer_and_parameter_shift(make_case, referee, described):
    _check(make_case(*described), referee)


@pytest.mark.exhaustive
@settings(max_examples=550, deadline=None)
@given(circuits)
def test_hundreds_of_random_circuits_agree_with_aer_and_parameter_shift(make_case, referee, described):
    _check(make_case(*described), referee)


@pytest.mark.parametrize("device", list(LARGEST))
def test_without_a_noise_model_values_are_those_of_the_pure_state(device, make_case, referee):
    case = make_case(device, 4, 7)
    program = compile_circuit(case.circuit, None, *case.parts[2:])
    expected = referee(case.circuit, None, *case.parts[2:], case.X, case.w)
    np.testing.assert_allclose(program.values(case.X, case.w), expected, rtol=0, atol=1e-11)
