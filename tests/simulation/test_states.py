from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector, partial_trace, random_statevector

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.errors import InputError
from qcsearch.simulation import compile_circuit, states

Floats = np.ndarray


def prepared(n_qubits: int, seed: int) -> tuple[QuantumCircuit, Statevector]:
    """A random state, and a circuit of gates that prepares it."""
    target = random_statevector(2**n_qubits, seed=seed)
    circuit = QuantumCircuit(n_qubits)
    circuit.prepare_state(target)
    return circuit.decompose(reps=6), target


def values(circuit: QuantumCircuit, observables: list, model: object = None) -> Floats:
    return compile_circuit(circuit, model, observables, [], []).values(np.zeros((1, 0)), np.zeros(0))


@pytest.mark.parametrize("qubits", [(0,), (2,), (1, 0), (2, 0), (0, 1, 2)])
def test_purities_and_overlaps_are_those_of_the_reduced_density_matrices(qubits: tuple[int, ...]) -> None:
    strings = states.pauli_strings(qubits, 3)
    circuits, targets = zip(*(prepared(3, seed) for seed in (1, 2)), strict=True)
    vectors = states.pauli_vectors(np.concatenate([values(circuit, strings) for circuit in circuits]))
    others = [q for q in range(3) if q not in qubits]
    rhos = [partial_trace(target, others).data for target in targets]
    expected = [[np.trace(a @ b).real for b in rhos] for a in rhos]
    np.testing.assert_allclose(states.overlaps(vectors), expected, atol=1e-12)
    np.testing.assert_allclose(states.overlaps(vectors[:1], vectors), expected[:1], atol=1e-12)
    np.testing.assert_allclose(states.purities(vectors), np.diag(expected), atol=1e-12)


@pytest.mark.parametrize("qubits", [(0,), (1,), (2, 0), (1, 2), (0, 1, 2), (2, 1, 0)])
def test_distributions_are_those_of_the_statevector_first_qubit_lowest(qubits: tuple[int, ...]) -> None:
    circuit, target = prepared(3, 5)
    found = states.distributions(values(circuit, states.z_strings(qubits, 3)))[0]
    np.testing.assert_allclose(found, target.probabilities(list(qubits)), atol=1e-12)


def test_distributions_under_noise_hold_the_readout_error() -> None:
    """Two qubits flipped: the confusion matrices decide, p(00 | 11) is the product of both P(0|1)."""
    device = get_device("fake_manila")
    model = noise_model(device, (0, 1))
    circuit = QuantumCircuit(2)
    found = states.distributions(values(circuit, states.z_strings((0, 1), 2), model))[0]
    first, second = device.qubits[0].p10, device.qubits[1].p10
    kept = np.kron([1 - second, second], [1 - first, first])
    np.testing.assert_allclose(found, kept, atol=1e-12)


def test_total_variation_is_half_the_sum_of_differences() -> None:
    p, q = np.array([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0]]), np.array([[0, 1.0, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    np.testing.assert_allclose(states.total_variation(p, q), [1.0, 0.5])


@pytest.mark.parametrize("strings", [states.pauli_strings, states.z_strings])
@pytest.mark.parametrize(
    ("qubits", "text"),
    [((), "1 to"), (tuple(range(11)), "1 to"), ((0, 0), "different ones"), ((12,), "different ones")],
)
def test_states_of_qubits_that_cannot_be_are_refused(
    strings: Callable[..., list], qubits: tuple[int, ...], text: str
) -> None:
    with pytest.raises(InputError, match=text):
        strings(qubits, 12)
