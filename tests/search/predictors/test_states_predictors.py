"""RepCap and kernel-target alignment: what the states of the measured qubits say of the classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit_aer import AerSimulator

from qcsearch.devices.device import Device
from qcsearch.errors import InputError
from qcsearch.search.predictors import PREDICTORS, PredictorInput
from qcsearch.search.predictors.kernel_target_alignment import alignment
from qcsearch.search.predictors.repcap import similarities
from qcsearch.simulation.states import pauli_vectors

MakeInput = Callable[..., PredictorInput]

LINES = (
    "ry x0 0",
    "rx x1 1",
    "ry w0 2",
    "cx 0 1",
    "rz w1 1",
    "ry w2 1",
    "cx 1 2",
    "ry w3 2",
    "ry x0 1",
    "rx w4 0",
)
TWO = ((0.0,), (0.0,), (np.pi,), (np.pi,))


def aer_states(given: PredictorInput, X: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Density matrices of the measured qubits, `(len(W), len(X), 2^k, 2^k)`, sample by sample."""
    transpiled, simulator = given.transpiled, AerSimulator(method="density_matrix")
    result = []
    for w in W:
        for x in X:
            pairs = zip([*transpiled.features, *transpiled.weights], [*x, *w], strict=True)
            circuit = transpiled.mapped.circuit.assign_parameters(dict(pairs))
            circuit.save_density_matrix(list(given.measured))
            result.append(np.asarray(simulator.run(circuit).result().data()["density_matrix"]))
    return np.array(result).reshape(len(W), len(X), *result[0].shape)


@pytest.fixture
def entangled(inputs: MakeInput) -> PredictorInput:
    X = np.random.default_rng(3).uniform(-1.5, 1.5, (9, 2))
    return inputs(*LINES, X=X, y=[0, 1, 2] * 3, qubits=(1, 2, 3), observables=("Z0", "X2"))


def test_repcap_is_that_of_aers_density_matrices_by_the_formula(entangled: PredictorInput) -> None:
    rng = entangled.rng()
    rows = entangled.balanced(2, rng)
    W = entangled.weights(3, rng)
    y = entangled.y[rows]
    n = len(rows)
    assert n == 6
    B = np.zeros((n, n))
    for rhos in aer_states(entangled, entangled.X[rows], W):
        S = np.empty((n, n))
        for i in range(n):
            for j in range(n):
                inner = np.trace(rhos[i] @ rhos[j]).real
                S[i, j] = inner**2 / (np.trace(rhos[i] @ rhos[i]).real * np.trace(rhos[j] @ rhos[j]).real)
        mean = np.mean([S[i, j] for i in range(n) for j in range(n) if i != j])
        B += (mean < S) / len(W)
    total = sum(
        ((1.0 if y[i] == y[j] else 0.5) * ((y[i] == y[j]) - B[i, j])) ** 2 for i in range(n) for j in range(n)
    )
    expected = 1 - total / (2 * 3 * 2 * 2)
    found = PREDICTORS.create("repcap", {"per_class": 2, "n_weights": 3})(entangled)
    assert found == pytest.approx(expected, abs=1e-9)


def test_alignment_is_that_of_aers_density_matrices(entangled: PredictorInput) -> None:
    rng = entangled.rng()
    rows = entangled.balanced(3, rng)
    y = entangled.y[rows]
    centre = np.eye(9) - np.full((9, 9), 1 / 9)
    T = centre @ (y[:, None] == y).astype(float) @ centre
    expected = []
    for rhos in aer_states(entangled, entangled.X[rows], entangled.weights(2, rng)):
        K = centre @ np.einsum("iab,jba->ij", rhos, rhos).real @ centre
        expected.append(np.sum(K * T) / np.sqrt(np.sum(K * K) * np.sum(T * T)))
    found = PREDICTORS.create("kernel_target_alignment", {"per_class": 3, "n_weights": 2})(entangled)
    assert found == pytest.approx(np.mean(expected), abs=1e-9)


@pytest.mark.parametrize(("name", "value"), [("repcap", 1.0), ("kernel_target_alignment", 1.0)])
def test_classes_in_orthogonal_states_have_all_of_it(inputs: MakeInput, name: str, value: float) -> None:
    given = inputs("ry x0 0", "rz w0 0", X=TWO, y=[0, 0, 1, 1])
    assert PREDICTORS.create(name)(given) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("repcap", 0.5), ("kernel_target_alignment", 0.0)])
def test_a_measured_qubit_that_sees_no_data_has_none(inputs: MakeInput, name: str, value: float) -> None:
    given = inputs("ry x0 0", "ry w0 1", X=TWO, y=[0, 0, 1, 1], observables=("Z1",))
    assert PREDICTORS.create(name)(given) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("repcap", 0.5), ("kernel_target_alignment", 0.0)])
def test_states_that_cut_across_the_classes_have_none(inputs: MakeInput, name: str, value: float) -> None:
    """Of 16 ordered pairs 8 are wrong, and 2 · 8 is what the sum is divided by."""
    given = inputs("ry x0 0", "rz w0 0", X=TWO, y=[0, 1, 0, 1])
    assert PREDICTORS.create(name)(given) == pytest.approx(value)


def test_repcap_weighs_pairs_between_classes_by_their_number(inputs: MakeInput) -> None:
    """Three classes, two of them in one state: 1 − (2 · ½²) / (2 · 3)."""
    given = inputs("ry x0 0", "rz w0 0", X=((0.0,), (0.0,), (np.pi,)), y=[0, 1, 2])
    assert PREDICTORS.create("repcap")(given) == pytest.approx(1 - 0.5 / 6)


def test_similarity_is_normalised_by_purity() -> None:
    """Bloch vectors of length ½ along z and along x: purity 5/8, overlap 1/2."""
    states = pauli_vectors(np.array([[0, 0, 0.5], [0.5, 0, 0], [0, 0, 0.5]]))
    expected = 0.5**2 / (5 / 8) ** 2
    np.testing.assert_allclose(
        similarities(states), [[1, expected, 1], [expected, 1, expected], [1, expected, 1]]
    )


def test_alignment_of_a_constant_kernel_is_none() -> None:
    assert alignment(np.ones((3, 3)), np.eye(3)) == 0.0


def test_more_qubits_than_a_state_may_have_are_refused(inputs: MakeInput, torino: Device) -> None:
    given = inputs(
        "ry x0 0", on=torino, qubits=(0, 1, 2, 3, 4, 5), observables=tuple(f"Z{q}" for q in range(6))
    )
    with pytest.raises(InputError, match=r"1 to 5 qubits\. Got 6"):
        PREDICTORS.create("repcap")(given)
