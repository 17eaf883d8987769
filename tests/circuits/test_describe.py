"""A circuit in words."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.describe import explain, facts, summary
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.lowering import lower
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.storage import canonical

LINE = Topology(4, ((0, 1), (1, 2), (2, 3)))
CANDIDATE = Candidate(
    encoding=Choice("reuploading"),
    ansatz=Choice("hardware_efficient", {"n_layers": 3}),
    qubits=(10, 11, 12, 20),
    observables=("Z0", "X1Z2"),
)


@pytest.mark.parametrize(
    ("encoding", "ansatz", "says"),
    [
        (
            Choice("reuploading"),
            Choice("hardware_efficient", {"n_layers": 3}),
            "reuploading(ry) · hardware_efficient(ry,rz;cz) ×3 · 4 qubits · 36 weights",
        ),
        (
            Choice("reuploading", {"trainable": False, "axis": "rx"}),
            Choice("strongly_entangling", {"ring": True}),
            "reuploading(rx;trainable=no) · strongly_entangling(cx;ring=yes) ×2 · 4 qubits · 24 weights",
        ),
        (Choice("amplitude"), Choice("gates"), "amplitude · gates(empty) · 4 qubits · 0 weights"),
        (
            Choice("angle"),
            Choice("gates", {"gates": [{"name": "ry", "qubits": [0], "angle": {"weight": 5}}]}),
            "angle(ry) · gates(1 gate) · 4 qubits · 1 weight",
        ),
        (
            Choice("iqp", {"repeats": 2}),
            Choice("quantumnas_zz_ry", {"n_gates": [[1, 2], [3, 4]]}),
            "iqp(edges;repeats=2) · quantumnas_zz_ry(2 n_gates) ×2 · 4 qubits · 10 weights",
        ),
    ],
)
def test_the_summary_is_one_line_of_choices_and_sizes(encoding: Choice, ansatz: Choice, says: str) -> None:
    candidate = replace(CANDIDATE, encoding=encoding, ansatz=ansatz)
    assert summary(candidate, lower(candidate, LINE, 4)) == says
    assert summary(candidate) == says.rpartition(" · ")[0]


def test_a_plugin_that_is_not_installed_is_summed_up_by_its_settings() -> None:
    candidate = replace(CANDIDATE, encoding=Choice("elsewhere", {"depth": 3, "mode": "a"}))
    assert summary(candidate).startswith("elsewhere(depth=3, mode=a) · ")


def test_the_explanation_names_each_qubit_with_its_features_weights_and_observables() -> None:
    assert explain(CANDIDATE, lower(CANDIDATE, LINE, 6)).splitlines() == [
        "reuploading(ry) · hardware_efficient(ry,rz;cz) ×3 · 4 qubits · 36 weights",
        "Preprocessing: none, minmax, angles in [-1.571, 1.571].",
        "Gates before mapping: 9 cz, 24 ry, 12 rz; depth 15, 9 on two qubits.",
        "Qubit 0 on physical 10: features 0, 2, 4, 9 weights, measured in Z0.",
        "Qubit 1 on physical 11: features 1, 3, 5, 9 weights, measured in X1Z2.",
        "Qubit 2 on physical 12: features 0, 2, 4, 9 weights, measured in X1Z2.",
        "Qubit 3 on physical 20: features 1, 3, 5, 9 weights, not measured.",
        "Head: linear.",
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([n for n in ENCODINGS.names() if n not in ("none", "basis", "prepared")]),
    st.sampled_from(ANSATZE.names()),
    st.integers(2, 8),
)
def test_the_facts_are_those_of_the_quantum_circuit(encoding: str, ansatz: str, n_features: int) -> None:
    candidate = replace(CANDIDATE, encoding=Choice(encoding), ansatz=Choice(ansatz))
    gate_list = lower(candidate, LINE, n_features)
    circuit, _, weights = to_circuit(gate_list)
    found = facts(gate_list)
    assert found.gates == dict(circuit.count_ops())
    assert found.depth == circuit.depth()
    assert found.two_qubit_gates == circuit.num_nonlocal_gates()
    assert found.n_weights == len(weights) == len(set().union(*found.weights_by_qubit))
    assert set().union(*found.features_by_qubit) == set(range(found.n_features))
    assert canonical.loads(canonical.dumps(found.to_json()))["depth"] == found.depth
    assert np.isscalar(found.depth)
