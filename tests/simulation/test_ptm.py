"""Pauli transfer matrices are Qiskit's, in its order of indices."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import RXGate, RXXGate, RYGate, RYYGate, RZGate, RZXGate, RZZGate
from qiskit.quantum_info import PTM, Operator, SuperOp, random_quantum_channel, random_unitary

from qcsearch.simulation import ptm


@pytest.mark.parametrize("n_qubits", [1, 2])
def test_unitaries_and_channels_agree_with_qiskit(n_qubits):
    side = 2**n_qubits
    unitary = random_unitary(side, seed=1)
    np.testing.assert_allclose(ptm.from_unitary(unitary.data), PTM(unitary).data.real, atol=1e-14)
    channel = SuperOp(random_quantum_channel(side, side, seed=2))
    np.testing.assert_allclose(ptm.from_superoperator(channel.data), PTM(channel).data.real, atol=1e-14)


@pytest.mark.parametrize(("axis", "gate"), [(1, RXGate), (2, RYGate), (3, RZGate)])
def test_rotations_on_one_qubit_are_the_rotation_gates(axis, gate):
    np.testing.assert_allclose(
        ptm.one_qubit_rotation(axis, 0.7), PTM(Operator(gate(0.7))).data.real, atol=1e-14
    )


@pytest.mark.parametrize(
    ("axes", "gate"), [((1, 1), RXXGate), ((2, 2), RYYGate), ((3, 3), RZZGate), ((3, 1), RZXGate)]
)
def test_rotations_on_two_qubits_are_the_rotation_gates(axes, gate):
    np.testing.assert_allclose(
        ptm.two_qubit_rotation(axes, 0.7), PTM(Operator(gate(0.7))).data.real, atol=1e-14
    )


def test_swapped_exchanges_the_qubits():
    np.testing.assert_allclose(
        ptm.swapped(ptm.two_qubit_rotation((3, 1), 0.4)), ptm.two_qubit_rotation((1, 3), 0.4), atol=1e-15
    )


def test_a_mixture_of_products_is_the_sum_of_kronecker_products():
    rng = np.random.default_rng(0)
    probabilities, a, b = rng.random(5), rng.normal(size=(5, 4, 4)), rng.normal(size=(5, 4, 4))
    expected = sum(p * np.kron(second, first) for p, first, second in zip(probabilities, a, b, strict=True))
    np.testing.assert_allclose(ptm.compose_factors(probabilities, [a, b]), expected, atol=1e-14)
