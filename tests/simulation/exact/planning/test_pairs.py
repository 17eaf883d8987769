"""Two-qubit matrices in the form of the kernels are the matrices."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import CXGate, CZGate, ECRGate, SwapGate, get_standard_gate_name_mapping
from qiskit.quantum_info import random_unitary
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.simulation import ptm
from qcsearch.simulation.exact.planning.pairs import Permutation, cost, find_permutation
from qcsearch.simulation.noise import error_channel

_RELAX = thermal_relaxation_error(50e-6, 70e-6, 1e-6).expand(thermal_relaxation_error(40e-6, 30e-6, 1e-6))


def _rebuilt(permutation: Permutation) -> np.ndarray:
    """The matrix by its definition, column by column."""
    scales, g, h = permutation.values[:16], permutation.values[16:20], permutation.values[20:24]
    result = np.zeros((16, 16))
    for column in range(16):
        m = (scales * np.eye(16)[column][permutation.columns]).reshape(4, 4).T  # m[u, v]
        y = m.copy()
        y[3] += g * m[0]
        y[:3, 3] += h[:3] * y[:3, 0]
        y[3, 3] += h[3] * y[3, 0] + permutation.values[24] * y[0, 0]
        result[:, column] = y.T.reshape(16)
    return result


@pytest.mark.parametrize("gate", [CXGate(), CZGate(), ECRGate(), SwapGate()], ids=lambda gate: gate.name)
@pytest.mark.parametrize(
    "error", [None, depolarizing_error(0.1, 2), depolarizing_error(0.1, 2).compose(_RELAX)]
)
def test_clifford_gates_with_device_noise_are_scaled_permutations(gate, error):
    matrix = ptm.from_unitary(gate.to_matrix())
    matrix = matrix if error is None else error_channel(error)[0] @ matrix
    found = find_permutation(matrix)
    assert found is not None
    assert sorted(found.columns) == list(range(16))
    np.testing.assert_allclose(_rebuilt(found), matrix, atol=1e-14)


def test_a_gate_that_destroys_everything_is_a_permutation_with_zero_scales():
    matrix = error_channel(depolarizing_error(1.0, 2))[0] @ ptm.from_unitary(CZGate().to_matrix())
    found = find_permutation(matrix)
    assert sorted(found.columns) == list(range(16))
    np.testing.assert_allclose(_rebuilt(found), matrix, atol=1e-14)


def test_other_gates_are_not_permutations_and_cost_more():
    matrix = ptm.from_unitary(random_unitary(4, seed=0).data)
    assert find_permutation(matrix) is None
    assert cost(matrix) > cost(ptm.from_unitary(CZGate().to_matrix()))


@pytest.mark.parametrize("device", ["fake_torino", "fake_brisbane", "fake_lagos"])
def test_two_qubit_gates_of_devices_are_relaxed_permutations(device):
    device = get_device(device)
    model = noise_model(device, best_regions(device, 5, 1)[0].qubits)
    gates = get_standard_gate_name_mapping()
    for name in ("cx", "cz", "ecr"):
        for error in model._local_quantum_errors.get(name, {}).values():
            matrix = error_channel(error)[0] @ ptm.from_unitary(gates[name].to_matrix())
            found = find_permutation(matrix)
            assert found is not None
            np.testing.assert_allclose(_rebuilt(found), matrix, atol=1e-14)
