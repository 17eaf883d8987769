"""The engine's values are Aer's, and its gradients are the derivatives of its values."""

from __future__ import annotations

import numpy as np
import pytest

from qcsearch.simulation import compile_circuit

CX, ECR, CZ, FRACTIONAL, U3 = (
    "fake_lagos",
    "fake_brisbane",
    "fake_torino",
    "fake_fractional",
    "fake_boeblingen",
)
SIZES = {CX: (2, 6), ECR: (2, 6), CZ: (2, 6), FRACTIONAL: (2, 5), U3: (2, 6)}


def _cases(first: int, count: int) -> list[tuple[str, int, int]]:
    """`count` circuits of each device, over all its sizes."""
    return [
        (device, low + seed % (high - low + 1), seed)
        for device, (low, high) in SIZES.items()
        for seed in range(first, first + count)
    ]


def _check(case, referee) -> None:
    program = compile_circuit(*case.parts)
    values = program.values(case.X, case.w)
    expected = referee(*case.parts, case.X, case.w)
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-11)

    cotangent = np.random.default_rng(0).normal(size=values.shape)
    same, gradient = program.value_and_gradient(case.X, case.w, cotangent)
    np.testing.assert_allclose(same, values, rtol=0, atol=1e-13)
    step = 1e-4
    slopes = [
        (program.values(case.X, case.w + step * e) - program.values(case.X, case.w - step * e)) / (2 * step)
        for e in np.eye(len(case.w))
    ]
    numeric = np.array([(slope * cotangent).sum() for slope in slopes])
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("device", "n_qubits", "seed"), _cases(0, 6))
def test_random_circuits_agree_with_aer_and_central_differences(device, n_qubits, seed, make_case, referee):
    _check(make_case(device, n_qubits, seed), referee)


@pytest.mark.slow
@pytest.mark.parametrize(("device", "n_qubits", "seed"), _cases(100, 50))
def test_more_random_circuits_agree_with_aer_and_central_differences(
    device, n_qubits, seed, make_case, referee
):
    _check(make_case(device, n_qubits, seed), referee)


@pytest.mark.parametrize("device", list(SIZES))
def test_without_a_noise_model_values_are_those_of_the_pure_state(device, make_case, referee):
    case = make_case(device, 4, 7)
    program = compile_circuit(case.circuit, None, *case.parts[2:])
    expected = referee(case.circuit, None, *case.parts[2:], case.X, case.w)
    np.testing.assert_allclose(program.values(case.X, case.w), expected, rtol=0, atol=1e-11)
