"""Encodings and ansatze of another package, through the real entry-point mechanism."""

import sys
from pathlib import Path

import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.describe import summary
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.encodings.angle import AngleEncoding
from qcsearch.circuits.lowering import lower
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.testing.ansatze import AnsatzConformance
from qcsearch.testing.encodings import EncodingConformance
from qcsearch.testing.topologies import TOPOLOGIES

MODULE = """
from dataclasses import dataclass

from qcsearch.candidate.gate import Angle, Gate


@dataclass(frozen=True)
class Halved:
    part: float = 0.5

    def n_derived(self, n_features, topology):
        return n_features

    def derive(self, X, topology):
        return X * self.part

    def layers(self, n_features, topology, n_layers):
        return [[Gate("ry", (q % topology.n_qubits,), Angle(feature=q)) for q in range(n_features)]]


@dataclass(frozen=True)
class Tails:
    n_layers: int = 1

    def layers(self, topology):
        n = topology.n_qubits
        return [[Gate("rx", (q,), Angle(weight=i * n + q)) for q in range(n)] for i in range(self.n_layers)]
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution, as a wheel leaves it: a module and its `.dist-info`."""
    (tmp_path / "qcsearch_halves.py").write_text(MODULE)
    info = tmp_path / "qcsearch_halves-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: qcsearch-halves\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[qcsearch.encodings]\nhalved = qcsearch_halves:Halved\nangle = qcsearch_halves:Halved\n"
        "[qcsearch.ansatze]\ntails = qcsearch_halves:Tails\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for registry in (ENCODINGS, ANSATZE):
        monkeypatch.setattr(registry, "_classes", dict(registry._classes))
    yield
    sys.modules.pop("qcsearch_halves", None)


@pytest.mark.usefixtures("installed")
def test_a_plugin_is_listed_built_and_described_by_its_name() -> None:
    assert {"halved", "angle"} <= set(ENCODINGS.names())
    assert "tails" in ANSATZE.names()
    candidate = Candidate(Choice("halved", {"part": 0.25}), Choice("tails", {"n_layers": 2}), (4, 9), ("Z0",))
    gate_list = lower(Candidate.from_json(candidate.to_json()), Topology(2, ((0, 1),)), 2)
    circuit, _, weights = to_circuit(gate_list)
    assert [i.operation.name for i in circuit.data] == ["ry", "ry", "rx", "rx", "rx", "rx"]
    assert len(weights) == 4
    assert summary(candidate, gate_list) == "halved(part=0.25) · tails ×2 · 2 qubits · 4 weights"


@pytest.mark.usefixtures("installed")
def test_a_plugin_cannot_take_the_name_of_a_built_in() -> None:
    assert ENCODINGS.get("angle") is AngleEncoding


@pytest.mark.usefixtures("installed")
def test_a_plugin_author_runs_the_kits_by_naming_it() -> None:
    class Encodings(EncodingConformance):
        encoding = "halved"

    class Ansatze(AnsatzConformance):
        ansatz = "tails"

    for kit in (Encodings(), Ansatze()):
        names = [name for name in dir(kit) if name.startswith("test_") and "different" not in name]
        assert len(names) >= 8
        for name in names:
            getattr(kit, name)(TOPOLOGIES["line"])
    Encodings().test_different_samples_become_different_states(TOPOLOGIES["line"], (0.0, 3.0))
