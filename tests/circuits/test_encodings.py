"""Encodings against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.lowering import derive_features, lower
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.errors import CandidateError

RANGE = (-math.pi / 2, math.pi / 2)


def line(n_qubits: int) -> Topology:
    return Topology(n_qubits, tuple((q, q + 1) for q in range(n_qubits - 1)))


def encoded(
    name: str,
    x: list[float],
    n_qubits: int,
    angle_range: tuple[float, float] = RANGE,
    n_layers: int = 0,
    **chosen: object,
) -> Statevector:
    """The state of one sample under the encoding alone, all weights 1, through the public way."""
    rotations = {"n_layers": n_layers, "rotations": ["p"], "entangler": "swap"}
    candidate = Candidate(
        encoding=Choice(name, chosen),
        ansatz=Choice("hardware_efficient", rotations) if n_layers else Choice("gates"),
        qubits=tuple(range(n_qubits)),
        observables=("Z0",),
        preprocessing=Preprocessing(angle_range=angle_range),
    )
    gate_list = lower(candidate, line(n_qubits), len(x))
    derived = derive_features(candidate, line(n_qubits), np.array([x]))
    circuit, features, weights = to_circuit(gate_list)
    assert derived.shape == (1, len(features))
    circuit.assign_parameters(dict(zip(features, derived[0], strict=True)), inplace=True)
    circuit.assign_parameters(dict.fromkeys(weights, 1.0), inplace=True)
    return Statevector(circuit)


def expect(state: Statevector, pauli: str) -> float:
    return float(state.expectation_value(SparsePauliOp(pauli)).real)


@pytest.mark.parametrize(("axis", "pauli"), [("ry", "Z"), ("rx", "Z"), ("rz", "X")])
def test_a_weighted_sum_turns_every_qubit_by_all_features_in_every_layer(axis: str, pauli: str) -> None:
    x = [0.3, -0.8, 0.7]
    for qubit in range(2):
        label = "".join(pauli if q == qubit else "I" for q in (1, 0))
        assert expect(encoded("weighted_sum", x, 2, axis=axis), label) == pytest.approx(math.cos(sum(x)))
    blocks = ENCODINGS.create("weighted_sum", {"axis": axis}).layers(3, line(2), 2)
    numbers = [g.angle.weight for block in blocks for g in block if g.angle is not None]
    assert numbers == list(range(2 * 2 * 3))


@pytest.mark.parametrize(
    ("axis", "cosine", "sine"), [("ry", "Z", ("X", 1)), ("rx", "Z", ("Y", -1)), ("rz", "X", ("Y", 1))]
)
def test_angle_turns_the_bloch_vector_by_the_feature(axis: str, cosine: str, sine: tuple[str, int]) -> None:
    for x in np.linspace(-3, 3, 7):
        state = encoded("angle", [x], 1, axis=axis)
        assert expect(state, cosine) == pytest.approx(math.cos(x))
        assert expect(state, sine[0]) == pytest.approx(sine[1] * math.sin(x))


def test_angle_puts_feature_q_on_qubit_q_and_goes_round_when_qubits_are_left() -> None:
    state = encoded("angle", [0.2, 0.9], 3)
    assert [expect(state, p) for p in ("IIZ", "IZI", "ZII")] == pytest.approx(np.cos([0.2, 0.9, 0.2]))


def test_angle_with_more_features_cycles_the_axes() -> None:
    x = [0.2, 0.9, -1.1, 0.4, 0.7]
    expected = QuantumCircuit(2)
    slots = [(0, "ry", 0), (1, "ry", 1), (0, "rz", 2), (1, "rz", 3), (0, "rx", 4), (1, "rx", 0)]
    for qubit, axis, feature in slots:
        getattr(expected, axis)(x[feature], qubit)
    assert encoded("angle", x, 2).equiv(Statevector(expected))


def test_dense_angle_is_polar_angle_and_phase() -> None:
    encoding = ENCODINGS.create("dense_angle")
    (gates,) = encoding.layers(4, line(2), 1)
    assert [(g.name, g.qubits[0], g.angle.feature) for g in gates if g.angle] == [
        ("ry", 0, 0), ("ry", 1, 2), ("rz", 0, 1), ("rz", 1, 3),
    ]  # fmt: skip
    a, b = 0.7, 1.9
    state = encoded("dense_angle", [a, b], 1, offset=0, scale=1)
    expected = Statevector([math.cos(a / 2), np.exp(1j * b) * math.sin(a / 2)])
    assert state.equiv(expected)


@pytest.mark.parametrize("angle_range", [RANGE, (0.0, math.pi), (-3.0, 3.0), (0.1, 0.3)])
def test_dense_angle_in_a_candidate_maps_its_range_between_the_poles(
    angle_range: tuple[float, float],
) -> None:
    low, high = angle_range
    polar = [
        math.acos(np.clip(expect(encoded("dense_angle", [x, 0.0], 1, angle_range), "Z"), -1, 1))
        for x in np.linspace(low, high, 9)
    ]
    assert np.all(np.diff(polar) > 0)
    assert polar[4] == pytest.approx(math.pi / 2)
    assert polar[-1] - polar[0] == pytest.approx(min(high - low, math.pi))


def test_dense_angle_takes_an_odd_number_of_features_and_goes_round() -> None:
    state = encoded("dense_angle", [0.3, 0.5, -0.2], 3, offset=0)
    expected = QuantumCircuit(3)
    for qubit, angle in enumerate([0.3, -0.2, 0.3]):
        expected.ry(angle, qubit)
    expected.rz(0.5, [0, 2])
    assert state.equiv(Statevector(expected))


@pytest.mark.parametrize(("angle_range", "threshold"), [(RANGE, 0.0), ((0.0, math.pi), math.pi / 2)])
def test_basis_flips_the_qubits_of_features_above_the_middle(
    angle_range: tuple[float, float], threshold: float
) -> None:
    x = [threshold + d for d in (0.1, -0.1, 0.0, 1.2)]
    state = encoded("basis", x, 4, angle_range)
    assert state.equiv(Statevector.from_label("1001"))


def test_basis_keeps_a_threshold_that_was_set() -> None:
    state = encoded("basis", [0.4, 0.6], 2, threshold=0.5)
    assert state.equiv(Statevector.from_label("10"))


@pytest.mark.parametrize("pairs", ["edges", "all"])
@pytest.mark.parametrize("repeats", [1, 2])
def test_iqp_is_hadamards_and_diagonal_phases(pairs: str, repeats: int) -> None:
    x = np.array([0.3, -1.2, 0.8])
    coupled = [(0, 1), (1, 2)] if pairs == "edges" else [(0, 1), (0, 2), (1, 2)]
    bits = np.array([[1 - 2 * (i >> q & 1) for q in range(3)] for i in range(8)])
    phase = bits @ x + sum(bits[:, a] * bits[:, b] * x[a] * x[b] for a, b in coupled)
    walsh = np.array([[(-1) ** (i & j).bit_count() for j in range(8)] for i in range(8)]) / math.sqrt(8)
    state = np.eye(8)[0]
    for _ in range(repeats):
        state = np.exp(-0.5j * phase) * (walsh @ state)
    assert encoded("iqp", list(x), 3, pairs=pairs, repeats=repeats).equiv(Statevector(state))


def test_iqp_with_more_features_adds_a_block_with_products_of_its_own_features() -> None:
    x = [0.3, -1.2, 0.8, 0.5]
    expected = QuantumCircuit(2)
    for a, b in [(0.3, -1.2), (0.8, 0.5)]:
        expected.h([0, 1])
        expected.rz(a, 0)
        expected.rz(b, 1)
        expected.rzz(a * b, 0, 1)
    assert encoded("iqp", x, 2).equiv(Statevector(expected))


def test_iqp_products_cannot_alias_within_the_angle_range() -> None:
    candidate = Candidate(
        Choice("iqp", {"pairs": "all"}), Choice("gates"), (0, 1), ("Z0",),
        preprocessing=Preprocessing(angle_range=(-3.0, 3.0)),
    )  # fmt: skip
    derived = derive_features(candidate, line(2), np.array([[3.0, 3.0], [-3.0, 3.0]]))
    assert derived[:, 2] == pytest.approx([math.pi, -math.pi])


def test_reuploading_takes_feature_layer_times_qubits_plus_qubit_modulo_features() -> None:
    blocks = ENCODINGS.create("reuploading").layers(5, line(3), 4)
    features = [[g.angle.feature for g in block if g.angle] for block in blocks]
    assert features == [[(3 * layer + q) % 5 for q in range(3)] for layer in range(4)]
    assert [g.angle.weight for block in blocks for g in block if g.angle] == list(range(12))


def test_reuploading_uses_every_feature_however_few_the_layers() -> None:
    blocks = ENCODINGS.create("reuploading", {"axis": "rx"}).layers(16, line(4), 3)
    assert {g.angle.feature for block in blocks for g in block if g.angle} == set(range(16))
    assert [g.name for g in blocks[0]] == ["rx"] * 4 + ["ry"] * 4
    assert len(blocks) == 3


def test_reuploading_on_one_qubit_adds_up_to_a_multiple_of_the_feature() -> None:
    for trainable in (True, False):
        state = encoded("reuploading", [0.3], 1, n_layers=3, axis="rz", trainable=trainable)
        # 3 × rz(x), and each layer adds p(1) with its weight at 1.
        assert expect(state, "X") == pytest.approx(math.cos(3 * 0.3 + 3))


def normalised(x: np.ndarray, size: int) -> np.ndarray:
    padded = np.zeros(size)
    padded[: len(x)] = x
    return padded / np.linalg.norm(padded)


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4, 5])
def test_amplitude_prepares_the_normalised_padded_features_with_their_signs(n_qubits: int) -> None:
    rng = np.random.default_rng(n_qubits)
    for n_features in {2, max(2, 2**n_qubits - 1), 2**n_qubits}:
        x = rng.normal(size=n_features)
        state = encoded("amplitude", list(x), n_qubits)
        np.testing.assert_allclose(state.data, normalised(x, 2**n_qubits), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, 7, elements=st.sampled_from([-2.0, -1.0, -1e-9, 0.0, 1e-200, 1.0, 1e200])))
def test_amplitude_survives_zeros_and_extreme_ratios(x: np.ndarray) -> None:
    data = encoded("amplitude", list(x), 3).data
    if not x.any():
        np.testing.assert_allclose(data, np.eye(8)[0], atol=1e-12)
    else:
        np.testing.assert_allclose(data, normalised(x / np.abs(x).max(), 8), atol=1e-9)


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4, 5])
def test_amplitude_has_one_ry_a_tree_node_and_cz_between(n_qubits: int) -> None:
    (gates,) = ENCODINGS.create("amplitude").layers(2, line(n_qubits), 1)
    names = [g.name for g in gates]
    assert names.count("ry") == 2**n_qubits - 1
    assert names.count("cz") == len(names) - names.count("ry") == 2**n_qubits - 1 - n_qubits


@pytest.mark.parametrize(
    ("name", "n_features", "n_qubits", "says"),
    [
        ("dense_angle", 5, 2, "at most 4 features"),
        ("basis", 3, 2, "at most 2 features"),
        ("amplitude", 5, 2, "at most 4 features"),
        ("amplitude", 5, 13, "at most 12 qubits"),
        ("amplitude", 1, 2, "at least 2 features"),
    ],
)
def test_features_that_do_not_fit_are_refused(name: str, n_features: int, n_qubits: int, says: str) -> None:
    with pytest.raises(CandidateError, match=says):
        ENCODINGS.create(name).n_derived(n_features, line(n_qubits))


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("angle", {"axis": 3}),
        ("reuploading", {"trainable": 1}),
        ("dense_angle", {"offset": "0"}),
        ("dense_angle", {"scale": math.inf}),
        ("basis", {"threshold": math.nan}),
        ("iqp", {"pairs": "ring"}),
        ("iqp", {"repeats": 0}),
        ("iqp", {"repeats": 11}),
        ("iqp", {"product_scale": 0}),
        ("amplitude", {"axis": "ry"}),
        ("weighted_sum", {"axis": "x"}),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(name: str, chosen: dict[str, object]) -> None:
    with pytest.raises(CandidateError) as caught:
        ENCODINGS.create(name, chosen)
    assert "\n" not in str(caught.value)
