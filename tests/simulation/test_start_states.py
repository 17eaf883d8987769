"""A circuit that starts from states gives Aer's numbers, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import Pauli, SparsePauliOp, random_density_matrix, random_statevector

from qcsearch.circuits.start_states import (
    MIXED,
    PURE,
    density_matrices,
    paulis_of_densities,
    reduced,
)
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.devices.transpile.mapping import map_circuit
from qcsearch.errors import InputError
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.approximate import Approximation
from qcsearch.simulation.exact.kernels.pauli_vectors import pauli_vectors

N = 4


def _pure(n_samples: int, n_qubits: int = N) -> np.ndarray:
    states = [random_statevector(2**n_qubits, seed=seed).data for seed in range(n_samples)]
    return np.array([np.concatenate([state.real, state.imag]) for state in states])


def _densities(n_samples: int, n_qubits: int = N) -> np.ndarray:
    return np.array([random_density_matrix(2**n_qubits, seed=seed).data for seed in range(n_samples)])


def _by_definition(rho: np.ndarray, n_qubits: int = N) -> np.ndarray:
    """Tr(Pρ) of every Pauli string."""
    labels = ["".join("IXYZ"[s >> 2 * q & 3] for q in reversed(range(n_qubits))) for s in range(4**n_qubits)]
    return np.array([np.trace(Pauli(label).to_matrix() @ rho).real for label in labels])


def test_pauli_vectors_are_traces_with_every_pauli_string() -> None:
    rows = _pure(3)
    psi = rows[:, : 2**N] + 1j * rows[:, 2**N :]
    wanted = np.array([_by_definition(np.outer(state, state.conj())) for state in psi])
    np.testing.assert_allclose(pauli_vectors(rows, range(N), N), wanted, atol=1e-12)
    for qubits in ((1,), (0, 2), (3, 1), (1, 2, 3)):
        np.testing.assert_allclose(
            pauli_vectors(rows, qubits, N), wanted[:, reduced(qubits)], atol=1e-12, err_msg=str(qubits)
        )


def test_density_matrices_and_pauli_vectors_are_one_another() -> None:
    rho = _densities(3)
    vectors = paulis_of_densities(rho)
    np.testing.assert_allclose(vectors, [_by_definition(one) for one in rho], atol=1e-12)
    np.testing.assert_allclose(density_matrices(vectors), rho, atol=1e-12)


class _Case:
    """An ansatz on a region of a device, with swaps or without, and what is asked of it."""

    def __init__(self, device: str, swaps: bool, seed: int = 0) -> None:
        facts = get_device(device)
        qubits = best_regions(facts, N, 1)[0].qubits
        self.weights: list[Parameter] = list(ParameterVector("w", 2 * N))
        circuit = QuantumCircuit(N)
        for layer in range(2):
            for q in range(N):
                circuit.ry(self.weights[layer * N + q], q)
            # one pair alone in the first layer, so that observables see different cones
            for pair in [(0, 3)] if swaps else [(0, 1)]:
                circuit.cx(*pair)
            circuit.rz(self.weights[layer], 0)
        mapped = map_circuit(circuit, facts, qubits)
        assert (mapped.swaps > 0) is swaps
        self.circuit, self.model = mapped.circuit, noise_model(facts, qubits)
        # what no swap brings together has two cones: qubit 3 and the others
        labels = ("IIIZ", "ZIII", "IXZI", "YIIX" if swaps else "IYIX", "ZZZZ" if swaps else "IIZZ")
        self.observables = [mapped.observable(SparsePauliOp(label)) for label in labels]
        self.w = np.random.default_rng(seed).uniform(-3, 3, 2 * N)

    def program(self, start: str, dtype: str = "float64", **options):
        return compile_circuit(
            self.circuit, self.model, self.observables, start, self.weights, dtype=dtype, **options
        )

    def wanted(self, referee, rho: np.ndarray) -> np.ndarray:
        """Of Aer, which is told the density matrix that it starts from."""
        rows = []
        for one in rho:
            circuit = QuantumCircuit(N)
            circuit.set_density_matrix(one)
            circuit.compose(self.circuit, inplace=True)
            rows.append(
                referee(circuit, self.model, self.observables, [], self.weights, np.zeros((1, 0)), self.w)
            )
        return np.vstack(rows)


@pytest.mark.parametrize(("device", "swaps"), [("fake_lagos", False), ("fake_torino", True)])
def test_values_from_states_are_aers(referee, device: str, swaps: bool) -> None:
    case, rows, rho = _Case(device, swaps), _pure(5), _densities(5)
    psi = rows[:, : 2**N] + 1j * rows[:, 2**N :]
    pure = case.wanted(referee, np.einsum("si,sj->sij", psi, psi.conj()))
    mixed = case.wanted(referee, rho)
    np.testing.assert_allclose(case.program(PURE).values(rows, case.w), pure, atol=1e-9)
    vectors = paulis_of_densities(rho)
    np.testing.assert_allclose(case.program(MIXED).values(vectors, case.w), mixed, atol=1e-9)
    np.testing.assert_allclose(case.program(PURE, "float32").values(rows, case.w), pure, atol=1e-5)
    np.testing.assert_allclose(case.program(MIXED, "float32").values(vectors, case.w), mixed, atol=1e-5)


@pytest.mark.parametrize("start", [PURE, MIXED])
def test_gradients_from_states_are_the_derivatives_of_the_values(start: str) -> None:
    case = _Case("fake_lagos", False)
    X = _pure(6) if start == PURE else paulis_of_densities(_densities(6))
    slopes = np.random.default_rng(1).normal(size=(6, len(case.observables)))
    program = case.program(start)
    _, gradient = program.value_and_gradient(X, case.w, slopes)
    step = 1e-5 * np.eye(len(case.w))
    slope = [
        np.sum(slopes * (program.values(X, case.w + h) - program.values(X, case.w - h))) / 2e-5 for h in step
    ]
    np.testing.assert_allclose(gradient, slope, atol=1e-7)
    _, asked = program.value_and_gradient(X, case.w, lambda _: slopes)
    np.testing.assert_allclose(asked, gradient, atol=1e-12)


def test_cones_are_smaller_than_the_register() -> None:
    """So that reduced states were tested above."""
    cones = {len(part.plan.layout.widths) for part in _Case("fake_lagos", False).program(PURE)._parts}
    assert cones == {1, 3}


def test_states_that_do_not_fit_into_memory_are_made_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    case, X = _Case("fake_lagos", False), _pure(300)
    whole = case.program(PURE)
    kept = whole.encode(X)
    monkeypatch.setattr("qcsearch.simulation.exact.planning.memory.Memory.encoded", 0)
    pieces = case.program(PURE)
    deferred = pieces.encode(X)
    assert deferred.n_bytes == 0 < kept.n_bytes
    slopes = np.ones((300, len(case.observables)))
    for one, other in zip(
        whole.value_and_gradient(kept, case.w, slopes),
        pieces.value_and_gradient(deferred, case.w, slopes),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-12)
    np.testing.assert_allclose(
        whole.values(kept[10:20], case.w), pieces.values(deferred[10:20], case.w), atol=1e-12
    )


def test_what_cannot_start_from_states_is_refused() -> None:
    case = _Case("fake_lagos", False)
    with pytest.raises(InputError, match="'features' parameter"):
        case.program("plus")
    with pytest.raises(InputError, match="simulated exactly"):
        case.program(PURE, approximation=Approximation())
    with pytest.raises(InputError, match=r"shape \(n, 32\)"):
        case.program(PURE).values(np.zeros((2, 16)), case.w)
    with pytest.raises(InputError, match="no gradient by their features"):
        case.program(PURE).input_gradient(_pure(1), case.w, np.ones((1, 5)))
