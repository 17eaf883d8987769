"""Ansatze against Qiskit's own gates and closed forms."""

import math
from itertools import count

import numpy as np
import pytest
from qiskit.circuit.library import CU3Gate, HGate, SwapGate, UGate
from qiskit.quantum_info import Operator

from qcsearch.candidate.gate import Gate, GateList, Topology, count_weights
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.ansatze.base import ENTANGLERS, PARAMETRIC, ROTATIONS, ring_pairs, rounds
from qcsearch.circuits.ansatze.quantumnas import cu3, sqrt_h, sqrt_swap, u3
from qcsearch.circuits.gates import GATES
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.errors import CandidateError

LINE = Topology(4, ((0, 1), (1, 2), (2, 3)))
STAR = Topology(4, ((0, 1), (0, 2), (0, 3)))
QUANTUMNAS = sorted(name for name in ANSATZE.names() if name.startswith("quantumnas"))


def layers(name: str, topology: Topology, **chosen: object) -> list[list[Gate]]:
    return ANSATZE.create(name, chosen).layers(topology)


def shape(gates: list[Gate]) -> list[tuple[str, tuple[int, ...]]]:
    return [(gate.name, gate.qubits) for gate in gates]


def unitary(gates: list[Gate], n_qubits: int, weights: np.ndarray) -> Operator:
    circuit, _, parameters = to_circuit(GateList(n_qubits, 1, count_weights(gates), tuple(gates)))
    return Operator(circuit.assign_parameters(dict(zip(parameters, weights, strict=True))))


def test_u3_is_qiskits_u_up_to_a_global_phase() -> None:
    for w in np.random.default_rng(0).uniform(-7, 7, (20, 3)):
        assert unitary(u3(0, count()), 1, w).equiv(Operator(UGate(*w)))


def test_cu3_is_qiskits_cu3_up_to_a_global_phase_in_both_directions() -> None:
    for w in np.random.default_rng(1).uniform(-7, 7, (20, 3)):
        for control, target in ((0, 1), (1, 0)):
            expected = Operator(np.eye(4)).compose(Operator(CU3Gate(*w)), [control, target])
            assert unitary(cu3(control, target, count()), 2, w).equiv(expected)


def test_cu3_with_weights_zero_is_the_identity() -> None:
    assert unitary(cu3(0, 1, count()), 2, np.zeros(3)).equiv(Operator(np.eye(4)))


def test_sqrt_h_and_sqrt_swap_squared_are_h_and_swap() -> None:
    assert unitary(sqrt_h(0, count()) * 2, 1, np.zeros(0)).equiv(Operator(HGate()))
    assert unitary(sqrt_swap(0, 1, count()) * 2, 2, np.zeros(0)).equiv(Operator(SwapGate()))


def test_the_template_gates_are_those_with_an_angle() -> None:
    assert {name for name in ROTATIONS if not GATES[name].has_angle or GATES[name].n_qubits != 1} == set()
    assert {name for name in ENTANGLERS if GATES[name].n_qubits != 2} == set()
    assert set(PARAMETRIC) == {name for name in ENTANGLERS if GATES[name].has_angle}


def test_hardware_efficient_goes_over_the_regions_own_couplings() -> None:
    (layer,) = layers("hardware_efficient", STAR, n_layers=1, rotations=["rx"], entangler="ecr")
    assert shape(layer) == [("ecr", (0, q)) for q in (1, 2, 3)] + [("rx", (q,)) for q in range(4)]


def test_hardware_efficient_gives_a_parameterised_entangler_a_weight_a_pair() -> None:
    both = layers("hardware_efficient", LINE, entangler="rzz")
    assert [g.angle.weight for layer in both for g in layer if g.angle] == list(range(22))


def test_hardware_efficient_can_rotate_first_and_close_a_ring() -> None:
    (layer,) = layers("hardware_efficient", LINE, n_layers=1, rotations=["ry"], ring=True, rotate_first=True)
    assert shape(layer)[:4] == [("ry", (q,)) for q in range(4)]
    assert shape(layer)[4:] == [("cz", pair) for pair in ((0, 1), (1, 2), (2, 3), (3, 0))]


def test_couplings_of_a_line_are_entangled_in_two_rounds() -> None:
    assert rounds(LINE.edges) == [[(0, 1), (2, 3)], [(1, 2)]]
    assert rounds(STAR.edges) == [[(0, 1)], [(0, 2)], [(0, 3)]]
    assert rounds(()) == []


@pytest.mark.parametrize(
    ("n_qubits", "distance", "expected"),
    [
        (1, 1, []),
        (2, 1, [(0, 1)]),
        (3, 1, [(0, 1), (1, 2), (2, 0)]),
        (4, 2, [(0, 2), (1, 3)]),
        (5, 2, [(0, 2), (1, 3), (2, 4), (3, 0), (4, 1)]),
    ],
)
def test_a_ring_has_each_pair_once(n_qubits: int, distance: int, expected: list[tuple[int, int]]) -> None:
    assert ring_pairs(n_qubits, distance) == expected


def test_strongly_entangling_turns_control_and_target_from_layer_to_layer() -> None:
    first, second = layers("strongly_entangling", LINE)
    assert shape(first)[:12] == [(name, (q,)) for name in ("rz", "ry", "rz") for q in range(4)]
    assert shape(first)[12:] == [("cx", pair) for pair in ((0, 1), (2, 3), (1, 2))]
    assert shape(second)[12:] == [("cx", pair) for pair in ((1, 0), (3, 2), (2, 1))]


def test_strongly_entangling_as_a_ring_reaches_further_in_every_layer() -> None:
    reach = [
        {(b - a) % 5 for name, (a, b) in shape(layer)[15:] if name == "cx"}
        for layer in layers("strongly_entangling", Topology(5, ()), n_layers=5, ring=True)
    ]
    assert reach == [{1}, {2}, {3}, {4}, {1}]


def test_brickwork_alternates_even_and_odd_bonds_of_a_line() -> None:
    bricks = [
        [qubits for _, qubits in shape(layer) if len(qubits) == 2]
        for layer in layers("brickwork", LINE, n_layers=3)
    ]
    assert bricks == [[(0, 1), (2, 3)], [(1, 2)], [(0, 1), (2, 3)]]


def test_brickwork_rotates_only_the_qubits_of_its_bricks_and_those_without_couplings() -> None:
    topology = Topology(4, ((0, 1), (1, 2)))
    first, second = layers("brickwork", topology, n_layers=2, rotations=["ry"])
    assert shape(first) == [("cz", (0, 1)), ("ry", (0,)), ("ry", (1,)), ("ry", (3,))]
    assert shape(second) == [("cz", (1, 2)), ("ry", (1,)), ("ry", (2,)), ("ry", (3,))]


@pytest.mark.parametrize(
    ("name", "two_qubit", "weights"),
    [
        ("quantumnas_u3_cu3", 6, 12 + 9),
        ("quantumnas_zz_ry", 3, 3 + 4),
        ("quantumnas_rxyz", 3, 12),
        ("quantumnas_zx_xx", 6, 6),
        ("quantumnas_rxyz_u1_cu3", 3 + 3 + 9 + 6, 4 * 4 + 9),
        ("quantumnas_ibm_basis", 3, 12),
    ],
)
def test_a_quantumnas_block_has_its_gates_and_weights(name: str, two_qubit: int, weights: int) -> None:
    (block,) = layers(name, LINE, n_layers=1)
    assert sum(len(gate.qubits) == 2 for gate in block) == two_qubit
    assert count_weights(block) == weights
    assert count_weights([g for layer in layers(name, LINE, n_layers=5) for g in layer]) == 5 * weights


def test_rxyz_starts_with_one_layer_of_sqrt_h() -> None:
    first, second = layers("quantumnas_rxyz", LINE)
    assert shape(first)[12:] == shape(second)
    assert unitary(first[:12], 4, np.zeros(0)).equiv(
        unitary([g for q in range(4) for g in sqrt_h(q, count())], 4, [])
    )


def test_ibm_basis_holds_only_ibm_basis_gates() -> None:
    assert {g.name for layer in layers("quantumnas_ibm_basis", LINE) for g in layer} == {
        "rz",
        "x",
        "sx",
        "cx",
    }


def test_the_eleven_layers_come_in_their_order() -> None:
    (block,) = layers("quantumnas_rxyz_u1_cu3", Topology(2, ((0, 1),)), n_layers=1)
    assert [g.name for g in block][:17] == (
        ["rx"] * 2 + ["s"] * 2 + ["cx"] + ["ry"] * 2 + ["t"] * 2 + ["swap"] + ["rz"] * 2 + ["h"] * 2
        + ["rxx", "ryy", "rzz"]
    )  # fmt: skip
    assert [g.name for g in block][17:19] == ["p"] * 2


def test_front_sharing_keeps_the_first_gates_of_each_layer() -> None:
    first, second = layers("quantumnas_u3_cu3", LINE, n_gates=[[2, 1], [4, 0]])
    assert shape(first)[:6] == [(n, (q,)) for q in (0, 1) for n in ("rz", "ry", "rz")]
    assert {qubits for _, qubits in shape(first)[6:]} == {(0,), (1,), (0, 1)}
    assert len(second) == 12
    assert count_weights([*first, *second]) == 6 + 3 + 12


def test_ring_closes_the_ring_of_a_quantumnas_space() -> None:
    (block,) = layers("quantumnas_zz_ry", LINE, n_layers=1, ring=True)
    assert [g.qubits for g in block if g.name == "rzz"] == [(0, 1), (1, 2), (2, 3), (3, 0)]


def test_gates_round_trip_and_an_empty_list_is_no_layer() -> None:
    gates = [g for layer in layers("quantumnas_rxyz_u1_cu3", LINE, n_layers=1) for g in layer]
    assert layers("gates", LINE, gates=[g.to_json() for g in gates]) == [gates]
    assert layers("gates", LINE, gates=[]) == layers("gates", LINE) == []


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("strongly_entangling", {"n_layers": 1001}),
        ("strongly_entangling", {"entangler": None}),
        ("strongly_entangling", {"ring": None}),
        ("brickwork", {"rotations": ["rxx"]}),
        ("brickwork", {"n_layers": 2.0}),
        ("gates", {"gates": {"name": "h"}}),
        ("gates", {"gates": [[]]}),
        *((name, {"n_gates": [[1]]}) for name in QUANTUMNAS),
        ("quantumnas_zz_ry", {"n_gates": [[1, 1], [1, -1]]}),
        ("quantumnas_zz_ry", {"n_gates": 3}),
        ("quantumnas_zz_ry", {"n_gates": [3, 3]}),
        ("quantumnas_zz_ry", {"block": ["h"]}),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(name: str, chosen: dict[str, object]) -> None:
    with pytest.raises(CandidateError) as caught:
        ANSATZE.create(name, chosen)
    assert "\n" not in str(caught.value)


def test_angles_of_a_composed_gate_share_its_weights() -> None:
    scales = {}
    for gate in cu3(0, 1, count()):
        if gate.angle is not None:
            scales.setdefault(gate.angle.weight, []).append(gate.angle.scale)
    assert {w: math.fsum(s) for w, s in scales.items()} == {0: 0.0, 1: 0.5, 2: 0.5}
