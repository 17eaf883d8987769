"""Two-qubit matrices in the form of the kernels are the matrices."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import CXGate, CZGate, ECRGate, SwapGate
from qiskit.quantum_info import random_unitary
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from qcsearch.simulation import ptm
from qcsearch.simulation.noise import error_channel
from qcsearch.simulation.pairs import cost, find_permutation

_RELAX = thermal_relaxation_error(50e-6, 70e-6, 1e-6).expand(thermal_relaxation_error(40e-6, 30e-6, 1e-6))


def _rebuilt(columns, values) -> np.ndarray:
    scaled = np.zeros((16, 16))
    scaled[np.arange(16), columns] = values[:16]
    relax = [np.eye(4), np.eye(4)]
    relax[0][3, 0], relax[1][3, 0] = values[16], values[17]
    return np.kron(relax[1], relax[0]) @ scaled


@pytest.mark.parametrize("gate", [CXGate(), CZGate(), ECRGate(), SwapGate()], ids=lambda gate: gate.name)
@pytest.mark.parametrize(
    "error", [None, depolarizing_error(0.1, 2), depolarizing_error(0.1, 2).compose(_RELAX)]
)
def test_clifford_gates_with_device_noise_are_scaled_permutations(gate, error):
    matrix = ptm.from_unitary(gate.to_matrix())
    matrix = matrix if error is None else error_channel(error)[0] @ matrix
    found = find_permutation(matrix)
    assert found is not None
    assert sorted(found[0]) == list(range(16))
    np.testing.assert_allclose(_rebuilt(*found), matrix, atol=1e-14)


def test_a_gate_that_destroys_everything_is_a_permutation_with_zero_scales():
    matrix = error_channel(depolarizing_error(1.0, 2))[0] @ ptm.from_unitary(CZGate().to_matrix())
    columns, values = find_permutation(matrix)
    assert sorted(columns) == list(range(16))
    np.testing.assert_allclose(_rebuilt(columns, values), matrix, atol=1e-14)


def test_other_gates_are_not_permutations_and_cost_more():
    matrix = ptm.from_unitary(random_unitary(4, seed=0).data)
    assert find_permutation(matrix) is None
    assert cost(matrix) > cost(ptm.from_unitary(CZGate().to_matrix()))
