"""The conformance kits: every built-in passes them, and what breaks the contract does not."""

from dataclasses import dataclass

import numpy as np
import pytest

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.errors import QCSearchError
from qcsearch.testing.ansatze import AnsatzConformance
from qcsearch.testing.encodings import EncodingConformance
from qcsearch.testing.topologies import TOPOLOGIES


class TestAngleRY(EncodingConformance):
    encoding = "angle"


class TestAngleRZ(EncodingConformance):
    encoding = Choice("angle", {"axis": "rz"})


class TestDenseAngle(EncodingConformance):
    encoding = "dense_angle"


class TestAmplitude(EncodingConformance):
    encoding = "amplitude"


class TestBasis(EncodingConformance):
    encoding = "basis"


class TestIQP(EncodingConformance):
    encoding = "iqp"


class TestIQPAllPairs(EncodingConformance):
    encoding = Choice("iqp", {"pairs": "all", "repeats": 2})


class TestReuploading(EncodingConformance):
    encoding = "reuploading"


class TestWeightedSum(EncodingConformance):
    encoding = "weighted_sum"


class TestWeightedSumAboutX(EncodingConformance):
    encoding = Choice("weighted_sum", {"axis": "rx"})


class TestReuploadingUntrainedRZ(EncodingConformance):
    encoding = Choice("reuploading", {"axis": "rz", "trainable": False})


class TestPreparedByACircuit(EncodingConformance):
    encoding = Choice(
        "prepared",
        {"samples": "circuits", "gates": [{"name": "ry", "qubits": [0], "angle": {"feature": 0}}]},
    )


class TestNone(EncodingConformance):
    encoding = "none"
    # The ansatz holds the data gates.
    test_every_derived_feature_is_used = None
    test_different_samples_become_different_states = None


class TestHardwareEfficient(AnsatzConformance):
    ansatz = "hardware_efficient"


class TestHardwareEfficientParameterised(AnsatzConformance):
    ansatz = Choice(
        "hardware_efficient", {"rotations": ["rx", "p"], "entangler": "rzz", "rotate_first": True}
    )


class TestHardwareEfficientRing(AnsatzConformance):
    ansatz = Choice("hardware_efficient", {"ring": True, "entangler": "crx"})
    native = False


class TestStronglyEntangling(AnsatzConformance):
    ansatz = Choice("strongly_entangling", {"n_layers": 3})


class TestStronglyEntanglingRing(AnsatzConformance):
    ansatz = Choice("strongly_entangling", {"n_layers": 3, "ring": True})
    native = False


class TestEntanglers(AnsatzConformance):
    ansatz = Choice("entanglers", {"n_layers": 2})


class TestNoEntanglers(AnsatzConformance):
    ansatz = Choice("entanglers", {"n_layers": 0})


class TestBrickwork(AnsatzConformance):
    ansatz = "brickwork"


class TestBrickworkRing(AnsatzConformance):
    ansatz = Choice("brickwork", {"ring": True, "entangler": "ryy"})
    native = False


class TestU3CU3(AnsatzConformance):
    ansatz = "quantumnas_u3_cu3"


class TestZZRY(AnsatzConformance):
    ansatz = "quantumnas_zz_ry"


class TestRXYZ(AnsatzConformance):
    ansatz = "quantumnas_rxyz"


class TestZXXX(AnsatzConformance):
    ansatz = "quantumnas_zx_xx"


class TestRXYZU1CU3(AnsatzConformance):
    ansatz = Choice("quantumnas_rxyz_u1_cu3", {"n_layers": 1})


class TestIBMBasis(AnsatzConformance):
    ansatz = "quantumnas_ibm_basis"


class TestFrontSharing(AnsatzConformance):
    ansatz = Choice("quantumnas_u3_cu3", {"n_gates": [[1, 2], [3, 0]]})


class TestQCNN(AnsatzConformance):
    ansatz = "qcnn"
    native = False


class TestQCNNWithWeightsApart(AnsatzConformance):
    ansatz = Choice("qcnn", {"n_layers": 3, "shared": False})
    native = False


class TestGates(AnsatzConformance):
    ansatz = Choice("gates", {"gates": [{"name": "ry", "qubits": [0], "angle": {"weight": 0, "scale": 0.5}}]})


class TestNoGates(AnsatzConformance):
    ansatz = "gates"


def named(choice: str | Choice) -> str:
    return choice if isinstance(choice, str) else choice.name


def test_every_built_in_runs_through_its_kit() -> None:
    encodings = {
        named(kit.encoding) for kit in EncodingConformance.__subclasses__() if "encoding" in vars(kit)
    }
    assert encodings >= set(ENCODINGS._classes)
    ansatze = {named(kit.ansatz) for kit in AnsatzConformance.__subclasses__() if "ansatz" in vars(kit)}
    assert ansatze >= set(ANSATZE._classes)


@dataclass(frozen=True)
class Honest:
    """One ry a feature; each broken encoding below changes one thing."""

    def n_derived(self, n_features, topology):
        return n_features

    def derive(self, X, topology):
        return X

    def layers(self, n_features, topology, n_layers):
        return [[Gate("ry", (q % topology.n_qubits,), Angle(feature=q)) for q in range(n_features)]]


class ForgetsAFeature(Honest):
    def layers(self, n_features, topology, n_layers):
        return [super().layers(n_features, topology, n_layers)[0][:1]]


class LeavesTheRegion(Honest):
    def layers(self, n_features, topology, n_layers):
        return [[Gate("ry", (q,), Angle(feature=q)) for q in range(n_features)]]


class SkipsAWeight(Honest):
    def layers(self, n_features, topology, n_layers):
        angles = [Angle(feature=q, weight=2 * q + 1) for q in range(n_features)]
        return [[Gate("ry", (q % topology.n_qubits,), angle) for q, angle in enumerate(angles)]]


@dataclass(frozen=True)
class KnowsTheBatch(Honest):
    def derive(self, X, topology):
        return X - X.mean(axis=0) if len(X) else X


class Wide(Honest):
    def derive(self, X, topology):
        return np.hstack([X, X])


class Infinite(Honest):
    def derive(self, X, topology):
        with np.errstate(divide="ignore"):
            return 1 / X


class Careless(Honest):
    def derive(self, X, topology):
        X += 1
        return X


class Random(Honest):
    def layers(self, n_features, topology, n_layers):
        gates = super().layers(n_features, topology, n_layers)[0]
        gates[0] = Gate("rx", (0,), Angle(constant=np.random.default_rng().normal(), feature=0))
        return [gates]


class TooManyBlocks(Honest):
    def layers(self, n_features, topology, n_layers):
        return super().layers(n_features, topology, n_layers) * (n_layers + 1)


class UnknownGate(Honest):
    def layers(self, n_features, topology, n_layers):
        return [[Gate("u7", (0,), Angle(feature=q)) for q in range(n_features)]]


class SaysNothing(Honest):
    def derive(self, X, topology):
        return np.zeros_like(X)


class NeverFits(Honest):
    def n_derived(self, n_features, topology):
        raise QCSearchError("No.")


def breaks(kit: type, test: str) -> bool:
    """Whether the kit's test fails on some region."""
    for topology in TOPOLOGIES.values():
        extra = ((0.0, 3.0),) if "different_samples" in test else ()
        try:
            getattr(kit(), test)(topology, *extra)
        except (AssertionError, QCSearchError):
            return True
    return False


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (ForgetsAFeature, "test_every_derived_feature_is_used"),
        (LeavesTheRegion, "test_gates_are_known_and_stay_on_the_region_and_its_features"),
        (SkipsAWeight, "test_weights_are_numbered_from_0_without_gaps"),
        (KnowsTheBatch, "test_a_sample_is_derived_alone_as_in_the_batch"),
        (Wide, "test_derived_features_are_a_finite_table_of_the_promised_width"),
        (Infinite, "test_derived_features_are_a_finite_table_of_the_promised_width"),
        (Careless, "test_derived_features_are_a_finite_table_of_the_promised_width"),
        (Random, "test_the_same_settings_give_the_same_gates_and_angles"),
        (TooManyBlocks, "test_there_are_one_to_n_layers_blocks"),
        (UnknownGate, "test_gates_are_known_and_stay_on_the_region_and_its_features"),
        (SaysNothing, "test_different_samples_become_different_states"),
        (NeverFits, "test_it_takes_some_number_of_features_and_refuses_others_as_a_candidate_error"),
    ],
)
def test_the_kit_catches_an_encoding_that_breaks_the_contract(
    broken: type, test: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ENCODINGS, "_classes", {**ENCODINGS._classes, "honest": Honest, "broken": broken})

    class Kit(EncodingConformance):
        encoding = "broken"

    class Control(EncodingConformance):
        encoding = "honest"

    assert breaks(Kit, test)
    assert not breaks(Control, test)


@dataclass(frozen=True)
class Plain:
    """One ry a qubit and layer; each broken ansatz below changes one thing."""

    n_layers: int = 2

    def layers(self, topology):
        n = topology.n_qubits
        return [
            [Gate("ry", (q,), Angle(weight=layer * n + q)) for q in range(n)]
            for layer in range(self.n_layers)
        ]


class SkipsWeight0(Plain):
    def layers(self, topology):
        return [[gate.shifted(1) for gate in layer] for layer in super().layers(topology)]


class Idle(Plain):
    def layers(self, topology):
        first, second = super().layers(topology)
        # The first qubit's two rotations now turn it forth and back by one and the same weight.
        return [first, [Gate("ry", (0,), Angle(scale=-1.0, weight=0)), *[g.shifted(-1) for g in second[1:]]]]


class Foreign(Plain):
    def layers(self, topology):
        pairs = [(a, b) for b in range(topology.n_qubits) for a in range(b)]
        return [[*layer, *(Gate("cz", pair) for pair in pairs)] for layer in super().layers(topology)]


class Reads(Plain):
    def layers(self, topology):
        return [[*layer, Gate("ry", (0,), Angle(feature=0))] for layer in super().layers(topology)]


class Shallow(Plain):
    def layers(self, topology):
        return super().layers(topology)[:1]


class Remembers(Plain):
    calls = 0

    def layers(self, topology):
        type(self).calls += 1
        return [[*layer, *[Gate("h", (0,))] * self.calls] for layer in super().layers(topology)]


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (SkipsWeight0, "test_weights_are_numbered_from_0_without_gaps"),
        (Idle, "test_weights_turn_something"),
        (Foreign, "test_two_qubit_gates_are_on_coupled_pairs"),
        (Reads, "test_gates_are_known_and_stay_on_the_region"),
        (Shallow, "test_n_layers_is_the_number_of_layers"),
        (Remembers, "test_the_same_settings_give_the_same_gates"),
        (Remembers, "test_settings_survive_json"),
    ],
)
def test_the_kit_catches_an_ansatz_that_breaks_the_contract(
    broken: type, test: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ANSATZE, "_classes", {**ANSATZE._classes, "plain": Plain, "broken": broken})

    class Kit(AnsatzConformance):
        ansatz = "broken"

    class Control(AnsatzConformance):
        ansatz = "plain"

    assert breaks(Kit, test)
    assert not breaks(Control, test)
