"""From a candidate to its gate list, and on to a circuit."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator, SparsePauliOp

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate, GateList, Topology
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.gates import GATES
from qcsearch.circuits.lowering import derive_features, lower, renumbered
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.circuits.weights import initial_weights
from qcsearch.errors import CandidateError

LINE = Topology(3, ((0, 1), (1, 2)))
CANDIDATE = Candidate(
    encoding=Choice("reuploading"),
    ansatz=Choice("hardware_efficient", {"n_layers": 2}),
    qubits=(7, 8, 11),
    observables=("Z0", "X1Z2"),
)


def names(gate_list: GateList) -> list[str]:
    return [gate.name for gate in gate_list.gates]


def test_encoding_blocks_and_ansatz_layers_take_turns_and_the_rest_follows() -> None:
    layer = ["cz", "cz", "ry", "ry", "ry", "rz", "rz", "rz"]
    assert names(lower(CANDIDATE, LINE, 3)) == (["ry"] * 3 + layer) * 2
    once = replace(CANDIDATE, encoding=Choice("angle"))
    assert names(lower(once, LINE, 3)) == ["ry"] * 3 + layer * 2


def test_encoding_weights_come_first_and_weights_are_dense() -> None:
    gate_list = lower(CANDIDATE, LINE, 3)
    used = [gate.angle.weight for gate in gate_list.gates if gate.angle is not None]
    assert used == [0, 1, 2, *range(6, 12), 3, 4, 5, *range(12, 18)]
    assert gate_list.n_weights == 18


def test_weights_with_gaps_are_renumbered_in_their_order() -> None:
    gates = [
        {"name": "ry", "qubits": [0], "angle": {"weight": 40}},
        {"name": "rx", "qubits": [1], "angle": {"weight": 7}},
        {"name": "rz", "qubits": [0], "angle": {"weight": 40, "scale": 2.0}},
    ]
    candidate = replace(CANDIDATE, encoding=Choice("angle"), ansatz=Choice("gates", {"gates": gates}))
    gate_list = lower(candidate, LINE, 3)
    assert [g.angle.weight for g in gate_list.gates[3:] if g.angle] == [1, 0, 1]
    assert gate_list.n_weights == 2


def test_a_region_without_couplings_has_no_two_qubit_gates() -> None:
    gate_list = lower(CANDIDATE, Topology(3, ()), 3)
    assert {len(gate.qubits) for gate in gate_list.gates} == {1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"qubits": (7, 8, 8)}, "different physical qubits"),
        ({"qubits": (7, 8, -1)}, "an int >= 0"),
        ({"qubits": ()}, "different physical qubits"),
        ({"qubits": (7, 8)}, "must have the candidate's 2 qubits"),
        ({"observables": ()}, "at least one observable"),
        ({"observables": ("Z3",)}, r"qubits in \[0, 2\]"),
        ({"observables": ("Z0Z0",)}, "names qubit 0 twice"),
        ({"observables": ("Z0X1", "X1Z0")}, "stands twice"),
        ({"observables": ("I0",)}, "must be a Pauli string"),
        ({"encoding": Choice("nonsense")}, "'nonsense' is not one of the encodings"),
        (
            {"encoding": Choice("angle", {"axes": "ry"})},
            "has no setting 'axes'. It has axis. Fix: did you mean 'axis'",
        ),
        ({"encoding": Choice("angle", {"axis": "r"})}, "one of rx, ry, rz"),
        ({"ansatz": Choice("nonsense")}, "'nonsense' is not one of the ansatze"),
        ({"ansatz": Choice("hardware_efficient", {"n_layers": 0})}, r"an int in \[1, 1000\]"),
        ({"ansatz": Choice("hardware_efficient", {"n_layers": 10**9})}, r"an int in \[1, 1000\]"),
        ({"ansatz": Choice("hardware_efficient", {"n_layers": True})}, r"an int in \[1, 1000\]"),
        ({"ansatz": Choice("hardware_efficient", {"rotations": []})}, "one or more of rx"),
        ({"ansatz": Choice("hardware_efficient", {"rotations": "ry"})}, "one or more of rx"),
        ({"ansatz": Choice("hardware_efficient", {"entangler": "ry"})}, "one of cx"),
        ({"ansatz": Choice("hardware_efficient", {"ring": 1})}, "True or False"),
    ],
)
def test_a_candidate_that_cannot_be_built_is_refused_in_one_sentence(
    change: dict[str, object], says: str
) -> None:
    with pytest.raises(CandidateError, match=says) as caught:
        lower(replace(CANDIDATE, **change), LINE, 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        ({"name": "u7", "qubits": [0]}, "'u7' is not one of the gates"),
        ({"name": "h", "qubits": [3]}, r"one qubit in \[0, 2\]"),
        ({"name": "h", "qubits": [0, 1]}, "one qubit"),
        ({"name": "cx", "qubits": [1, 1]}, "two different qubits"),
        ({"name": "cx", "qubits": [1]}, "two different qubits"),
        ({"name": "ry", "qubits": [0]}, "takes one angle"),
        ({"name": "cx", "qubits": [0, 1], "angle": 1.0}, "takes no angle"),
        ({"name": "ry", "qubits": [0], "angle": {"feature": 3}}, r"a feature in \[0, 2\]"),
        ({"name": "ry", "qubits": [0], "angle": {"feature": -1}}, "an int >= 0"),
        ({"name": "ry", "qubits": [0], "angle": {"weight": 0.5}}, "an int >= 0"),
        ({"name": "ry", "qubits": [0], "angle": "pi"}, "a number"),
        ({"name": "ry", "qubits": [0], "angle": {"phase": 1}}, "has the parts"),
        ({"name": "ry", "qubits": 0, "angle": 1.0}, "A gate must be"),
        ({"name": "h", "qubits": [0], "colour": 1}, "A gate must be"),
        ("h 0", "A gate must be"),
    ],
)
def test_a_bad_gate_is_refused_in_one_sentence(gate: object, says: str) -> None:
    candidate = replace(CANDIDATE, ansatz=Choice("gates", {"gates": [gate]}))
    with pytest.raises(CandidateError, match=says):
        lower(candidate, LINE, 3)


def test_a_circuit_without_data_is_refused() -> None:
    gates = [{"name": "ry", "qubits": [0], "angle": {"weight": 0}}]
    candidate = replace(CANDIDATE, encoding=Choice("none"), ansatz=Choice("gates", {"gates": gates}))
    with pytest.raises(CandidateError, match="depends on a feature"):
        lower(candidate, LINE, 3)


@pytest.mark.parametrize("name", sorted(GATES))
def test_each_gate_name_is_qiskits_own(name: str) -> None:
    spec = GATES[name]
    gate = Gate(name, tuple(range(spec.n_qubits)), Angle(constant=0.3) if spec.has_angle else None)
    circuit, _, _ = to_circuit(GateList(2, 1, 0, (gate,)))
    (instruction,) = circuit.data
    assert instruction.operation.name == name
    assert instruction.operation.num_qubits == spec.n_qubits
    assert list(instruction.operation.params) == ([0.3] if spec.has_angle else [])


def test_an_angle_is_constant_plus_scale_times_feature_times_weight() -> None:
    angles = [
        Angle(0.5),
        Angle(0.1, 2.0, feature=1),
        Angle(-0.2, 0.5, weight=0),
        Angle(0.3, -3.0, feature=0, weight=1),
        Angle(feature=0, weight=0),
    ]
    gates = tuple(Gate("ry", (0,), angle) for angle in angles)
    circuit, features, weights = to_circuit(GateList(1, 2, 2, gates))
    x, w = [0.7, -1.1], [0.4, 1.9]
    bound = circuit.assign_parameters(dict(zip([*features, *weights], [*x, *w], strict=True)))
    expected = [0.5, 0.1 + 2 * x[1], -0.2 + 0.5 * w[0], 0.3 - 3 * x[0] * w[1], x[0] * w[0]]
    assert [float(i.operation.params[0]) for i in bound.data] == pytest.approx(expected)


def test_parameters_come_whole_in_order_and_by_stable_names_even_where_unused() -> None:
    gates = (Gate("ry", (0,), Angle(feature=10)), Gate("ry", (0,), Angle(weight=0)))
    _, features, weights = to_circuit(GateList(1, 12, 1, gates))
    assert [p.name for p in features] == [f"x[{i}]" for i in range(12)]
    assert [p.name for p in weights] == ["w[0]"]


def test_the_same_candidate_lowers_to_the_same_gates() -> None:
    again = Candidate.from_json(CANDIDATE.to_json())
    assert lower(again, LINE, 5) == lower(CANDIDATE, LINE, 5)


def test_start_weights_are_one_at_features_and_within_the_scale_elsewhere() -> None:
    gate_list = lower(CANDIDATE, LINE, 3)
    weights = initial_weights(gate_list, 0.25, np.random.default_rng(3))
    assert weights.shape == (18,)
    assert (weights[:6] == 1).all()
    assert (np.abs(weights[6:]) <= math.pi / 4).all()
    assert np.abs(weights[6:]).max() > math.pi / 16
    assert len(set(weights[6:])) == 12
    assert (initial_weights(gate_list, 0.0, np.random.default_rng(3))[6:] == 0).all()


def test_weights_of_a_sum_start_random_and_about_as_wide_together_as_one_feature() -> None:
    candidate = replace(CANDIDATE, encoding=Choice("weighted_sum"))
    n_features = 50
    gate_list = lower(candidate, LINE, n_features)
    weights = initial_weights(gate_list, 0.0, np.random.default_rng(3))
    sums = np.array(
        [g.angle.weight for g in gate_list.gates if g.angle is not None and g.angle.feature is not None]
    )
    assert np.std(weights[sums]) == pytest.approx(1 / math.sqrt(n_features), rel=0.2)
    assert len(set(weights[sums])) == len(sums) == 3 * n_features * 2
    assert (np.delete(weights, sums) == 0).all()


def test_weights_are_renumbered_in_their_order_and_without_gaps() -> None:
    gates = [
        Gate("ry", (0,), Angle(weight=7)),
        Gate("h", (1,)),
        Gate("rz", (1,), Angle(0.5, feature=1)),
        Gate("rz", (0,), Angle(feature=2, weight=3)),
        Gate("rx", (1,), Angle(weight=7)),
    ]
    n_weights, found = renumbered(gates)
    assert n_weights == 2
    assert [None if g.angle is None else g.angle.weight for g in found] == [1, None, None, 0, 1]
    assert [(g.name, g.qubits) for g in found] == [(g.name, g.qubits) for g in gates]


def test_an_encoding_whose_angles_overflow_is_refused() -> None:
    candidate = replace(CANDIDATE, encoding=Choice("iqp", {"product_scale": 1e308}))
    with pytest.raises(CandidateError, match="'iqp' must derive a finite table"), np.errstate(over="ignore"):
        derive_features(candidate, LINE, np.full((2, 3), 1e3))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(st.data())
def test_hostile_settings_end_in_gates_or_a_candidate_error(data: st.DataObject) -> None:
    registry, part = data.draw(st.sampled_from([(ENCODINGS, "encoding"), (ANSATZE, "ansatz")]))
    name = data.draw(st.sampled_from(registry.names()))
    parts = [field.name for field in fields(registry.get(name))] or ["axis"]
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-3, 10**400)
        | st.floats(allow_nan=False, allow_infinity=False)
    )
    words = st.sampled_from(
        ["ry", "cz", "rzz", "edges", "name", "qubits", "angle", "weight", "feature", "h", ""]
    )
    json = st.recursive(
        leaves | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
    )
    drawn = data.draw(st.dictionaries(st.sampled_from(parts), json, min_size=1))
    try:
        gate_list = lower(replace(CANDIDATE, **{part: Choice(name, drawn)}), LINE, 3)
    except CandidateError as error:
        if "\n" in str(error) or len(str(error)) > 500:
            raise
    else:
        assert to_circuit(gate_list)[0].num_qubits == 3


def test_the_circuit_is_the_product_of_its_gates() -> None:
    gates = (Gate("h", (0,)), Gate("cx", (0, 2)), Gate("rzz", (1, 2), Angle(0.4)))
    circuit, _, _ = to_circuit(GateList(3, 1, 0, gates))
    zz = Operator(SparsePauliOp("ZZI")).data
    h = Operator.from_label("IIH").data
    cx = (np.eye(8) + Operator(SparsePauliOp("IIZ")).data) / 2 + Operator(SparsePauliOp("XII")).data @ (
        np.eye(8) - Operator(SparsePauliOp("IIZ")).data
    ) / 2
    rzz = math.cos(0.2) * np.eye(8) - 1j * math.sin(0.2) * zz
    np.testing.assert_allclose(Operator(circuit).data, rzz @ cx @ h, atol=1e-12)
