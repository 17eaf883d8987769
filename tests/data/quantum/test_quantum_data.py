"""Quantum states as data: what is read, refused, and generated."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector, random_density_matrix, random_statevector

from qcsearch.candidate.gate import Angle, Gate
from qcsearch.circuits.preparation import prepared_states
from qcsearch.circuits.start_states import amplitudes, density_matrices
from qcsearch.data import load_dataset, split
from qcsearch.data.quantum.chains import CHAINS
from qcsearch.data.quantum.generators import GENERATORS
from qcsearch.data.quantum.predicting import load_states
from qcsearch.errors import DataError

Y = np.array(["a", "b"] * 4)


def _save(path: Path, **arrays) -> str:
    np.savez(path / "states.npz", **arrays)
    return str(path / "states.npz")


def _vectors(n: int = 8, n_qubits: int = 2) -> np.ndarray:
    return np.array([random_statevector(2**n_qubits, seed=seed).data for seed in range(n)])


def _matrices(n: int = 8) -> np.ndarray:
    return np.array([random_density_matrix(4, seed=seed).data for seed in range(n)])


def test_complex_vectors_are_pure_states_and_survive_a_run_folder(tmp_path: Path) -> None:
    found = load_dataset(_save(tmp_path, X=_vectors(), y=Y))
    assert found.quantum is not None
    assert (found.quantum.kind, found.quantum.n_qubits) == ("pure", 2)
    np.testing.assert_allclose(amplitudes(found.X), _vectors(), atol=1e-12)
    again = load_dataset(_save(tmp_path, **found.to_arrays()))
    assert again.digest == found.digest
    assert again.quantum == found.quantum
    assert split(found, 0).n_features == 8


def test_complex_matrices_are_mixed_states(tmp_path: Path) -> None:
    found = load_dataset(_save(tmp_path, X=_matrices(), y=Y))
    assert found.quantum is not None
    assert found.quantum.kind == "mixed"
    np.testing.assert_allclose(density_matrices(found.X), _matrices(), atol=1e-12)


def _say(samples: str, n_qubits: int = 2, **settings) -> np.ndarray:
    encoding = {"name": "prepared", "settings": {"samples": samples, **settings}}
    return np.asarray(json.dumps({"encoding": encoding, "n_qubits": n_qubits}))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"X": 2 * _vectors()}, "states of norm 1. Sample 1 has 2"),
        ({"X": 2 * _matrices()}, "states of trace 1. Sample 1 has 2"),
        ({"X": _vectors()[:, :3]}, r"state vectors \(samples, 2\^n\)"),
        ({"X": np.full((8, 2), np.nan + 0j)}, "NaN or infinite"),
        ({"X": np.tile(np.array([[1, 1], [0, 0]], complex), (8, 1, 1))}, "Hermitian matrices. That of sample 1"),
        ({"X": np.tile(np.diag([1.5, -0.5]).astype(complex), (8, 1, 1))}, "negative eigenvalues. Sample 1 has -0.5"),
        ({"X": np.ones((8, 5)), "quantum": _say("mixed")}, "real rows of 16 numbers"),
        ({"X": np.ones((8, 5)), "quantum": _say("mixed", 40)}, "1 to 12 qubits. Got 40"),
        ({"X": np.ones((8, 5)), "quantum": _say("thermal")}, "one of pure, mixed, circuits"),
        ({"X": np.ones((8, 5)), "quantum": np.asarray("{")}, "quantum is not readable JSON"),
        ({"X": np.ones((8, 5)), "quantum": np.asarray("[1]")}, "an object of encoding and n_qubits"),
        (
            {"X": np.ones((8, 1)), "quantum": _say("circuits", 1, gates=[{"name": "ry", "qubits": [3], "angle": 1.0}])},
            "cannot be prepared",
        ),
    ],
)  # fmt: skip
def test_what_is_no_state_is_refused_in_a_sentence(tmp_path: Path, arrays, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        load_dataset(_save(tmp_path, y=Y, **arrays))


def test_a_preparation_gives_the_states_of_qiskit() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-4, 4, (3, 4))
    gates = [
        Gate("h", (0,)),
        Gate("rx", (1,), Angle(feature=0)),
        Gate("cp", (2, 0), Angle(0.3, 2.0, feature=1)),
        Gate("crx", (0, 2), Angle(feature=2)),
        Gate("cx", (2, 1)),
        Gate("rzx", (1, 0), Angle(feature=3)),
        Gate("p", (2,), Angle(0.7)),
    ]
    found = amplitudes(prepared_states(gates, X, 3))
    for row, x in enumerate(X):
        circuit = QuantumCircuit(3)
        circuit.h(0)
        circuit.rx(x[0], 1)
        circuit.cp(0.3 + 2 * x[1], 2, 0)
        circuit.crx(x[2], 0, 2)
        circuit.cx(2, 1)
        circuit.rzx(x[3], 1, 0)
        circuit.p(0.7, 2)
        np.testing.assert_allclose(found[row], Statevector(circuit).data, atol=1e-12)


@pytest.mark.parametrize("name", CHAINS)
def test_ground_states_have_the_least_energy(name: str) -> None:
    """Of the Hamiltonian as Qiskit makes it, string by string."""
    chain, n = CHAINS[name], 4
    parameters, _ = chain.draw(6, np.random.default_rng(0))
    states = chain.ground_states(parameters, n)
    for row, coefficients in enumerate(chain.coefficients(parameters)):
        terms = []
        for string, coefficient in zip(chain.strings, coefficients, strict=True):
            for place in range(n):
                on = [(place + step) % n for step in range(len(string))]
                terms.append((string, on, coefficient))
        h = SparsePauliOp.from_sparse_list(terms, n).to_matrix()
        energy = (states[row] @ h @ states[row]).real
        kept = np.arange(16)
        if chain.sector == "zero":
            kept = kept[np.bitwise_count(kept) == 2]
        assert np.isclose(energy, np.linalg.eigvalsh(h[np.ix_(kept, kept)])[0], atol=1e-8)
        assert np.isclose(np.linalg.norm(states[row]), 1)


def test_cluster_phases_are_those_of_the_fixed_points() -> None:
    points = np.array([[0, 0], [4, 0], [-4, 0], [0, 4], [0, -4], [1.9, 0.95], [2.1, 1.05]])
    assert CHAINS["cluster"].phase(points).tolist() == [0, 1, 2, 3, 3, 0, 1]


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_give_equal_states_for_equal_texts(name: str) -> None:
    one, again = load_dataset(f"{name}:4:60:3"), load_dataset(f"{name}:4:60:3")
    assert one.digest == again.digest != load_dataset(f"{name}:4:60:4").digest
    assert set(np.bincount(one.y)) == {60 // one.target.n_classes}


@pytest.mark.parametrize("text", ["cluster", "cluster:x", "cluster:5", "cluster:14", "channels:8", "xxz:4:3"])
def test_a_generator_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        load_dataset(text)


def test_states_to_predict_must_be_the_models(tmp_path: Path) -> None:
    quantum = load_dataset("cluster:4:40").quantum
    assert quantum is not None
    found = load_states("cluster:4:40:1", quantum)
    assert found.X.shape == (40, 32)
    assert found.labels is not None
    assert len(found.labels) == 40
    with pytest.raises(DataError, match="pure states of 4 qubits"):
        load_states("cluster:6:40", quantum)
    path = _save(tmp_path, X=_vectors(3, 4))
    assert load_states(path, quantum).labels is None
    with pytest.raises(DataError, match="must be in an"):
        load_states("iris", quantum)
