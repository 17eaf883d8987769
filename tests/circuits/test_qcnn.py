"""The quantum convolutional network: which qubits are left, shared weights, and what pooling does."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Operator, partial_trace, random_statevector

from qcsearch.candidate.gate import Topology, count_weights
from qcsearch.circuits.ansatze.qcnn import QCNN

LINE = Topology(4, ((0, 1), (1, 2), (2, 3)))


def test_each_pooling_leaves_every_other_qubit() -> None:
    layers = QCNN(3).layers(LINE)
    pooled = [[gate.qubits for gate in layer if gate.name == "crx"] for layer in layers]
    assert pooled == [[(1, 0), (3, 2)], [(2, 0)], []]
    assert {gate.qubits for gate in layers[2]} == {(0,)}


def test_weights_are_shared_over_a_layer_or_not() -> None:
    shared, apart = (QCNN(2, shared=shared).layers(LINE) for shared in (True, False))
    assert count_weights([gate for layer in shared for gate in layer]) == 2 * 9
    assert count_weights([gate for layer in apart for gate in layer]) == (3 + 1) * 7 + (2 + 1) * 2


def test_pooling_is_a_measurement_and_a_rotation_by_its_outcome() -> None:
    state = DensityMatrix(random_statevector(4, seed=1))
    pool = QuantumCircuit(2)
    pool.crz(0.7, 1, 0)
    pool.crx(1.9, 1, 0)
    found = partial_trace(state.evolve(pool), [1])
    turn = QuantumCircuit(1)
    turn.rz(0.7, 0)
    turn.rx(1.9, 0)
    wanted = np.zeros((2, 2), complex)
    for outcome in (0, 1):
        bra = np.kron(np.eye(2)[[outcome]], np.eye(2))  # qubit 1 is the higher bit
        kept = bra @ state.data @ bra.conj().T
        u = Operator(turn).data if outcome else np.eye(2)
        wanted += u @ kept @ u.conj().T
    np.testing.assert_allclose(found.data, wanted, atol=1e-12)
