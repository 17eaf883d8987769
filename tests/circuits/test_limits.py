"""Circuits that nobody could wait for are counted before they are made."""

from __future__ import annotations

import time

import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.circuits.lowering import lower
from qcsearch.errors import CandidateError
from qcsearch.storage.limits import MAX_GATES


def line(n_qubits):
    return Topology(n_qubits, tuple((q, q + 1) for q in range(n_qubits - 1)))


def candidate(n_qubits, encoding, ansatz, observables=("Z0",)):
    return Candidate(encoding, ansatz, tuple(range(n_qubits)), observables)


LAYERS = Choice("hardware_efficient", {"n_layers": 1000})


@pytest.mark.parametrize(
    ("n_qubits", "n_features", "encoding", "ansatz"),
    [
        (20, 4, Choice("angle"), LAYERS),
        (4, 4, Choice("weighted_sum"), LAYERS),
        (10, 5000, Choice("weighted_sum"), Choice("hardware_efficient", {"n_layers": 2})),
        (400, 400, Choice("iqp", {"pairs": "all", "repeats": 10}), Choice("gates")),
        (100, 10_000, Choice("iqp", {"pairs": "all"}), Choice("gates")),
        (2, 10_000, Choice("reuploading"), Choice("hardware_efficient", {"n_layers": 2})),
        (2, 10**6, Choice("angle"), Choice("gates")),
        (1001, 2, Choice("angle"), Choice("gates")),
        (1, 1, Choice("angle"), Choice("gates", {"gates": [{"name": "h", "qubits": [0]}] * (MAX_GATES + 1)})),
        (50, 50, Choice("angle"), Choice("quantumnas_rxyz_u1_cu3", {"n_layers": 1000})),
        (1000, 2, Choice("angle"), Choice("brickwork", {"n_layers": 1000})),
    ],
)
def test_too_large_a_circuit_is_refused_at_once(n_qubits, n_features, encoding, ansatz):
    begun = time.process_time()
    with pytest.raises(CandidateError, match=r"at most|must be an int in"):
        lower(candidate(n_qubits, encoding, ansatz), line(n_qubits), n_features)
    assert time.process_time() - begun < 2


def test_so_many_observables_are_refused():
    labels = tuple(f"{a}{q}" for a in "XYZ" for q in range(400))
    with pytest.raises(CandidateError, match="1000 observables"):
        lower(candidate(400, Choice("angle"), Choice("gates"), labels), line(400), 2)


def test_a_deep_circuit_within_the_bound_is_made():
    gates = lower(candidate(2, Choice("reuploading"), LAYERS), line(2), 2).gates
    assert 5000 < len(gates) <= MAX_GATES
