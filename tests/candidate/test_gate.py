"""Gates and angles are their JSON."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcsearch.candidate.gate import Angle, Gate, count_weights
from qcsearch.errors import CandidateError
from qcsearch.storage import canonical

steady = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
floats = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
indices = st.none() | st.integers(0, 99)
angles = st.builds(Angle, floats, floats, indices, indices)
gates = st.builds(
    Gate, st.sampled_from(["ry", "cx", "mine"]), st.lists(st.integers(0, 9)).map(tuple), st.none() | angles
)


@steady
@given(gates)
def test_json_round_trip_keeps_a_gate(gate: Gate) -> None:
    assert Gate.from_json(canonical.loads(canonical.dumps(gate.to_json()))) == gate


@steady
@given(gates, st.integers(0, 9))
def test_shifting_moves_the_weight_and_nothing_else(gate: Gate, by: int) -> None:
    moved = gate.shifted(by)
    if gate.angle is None or gate.angle.weight is None:
        assert moved == gate
    else:
        assert moved.angle is not None
        assert moved.angle.weight == gate.angle.weight + by
        assert moved.shifted(-by) == gate


def test_a_constant_angle_is_a_plain_number() -> None:
    gate = Gate("ry", (0,), Angle(0.5))
    assert gate.to_json() == {"name": "ry", "qubits": [0], "angle": 0.5}
    assert Gate("h", (1,)).to_json() == {"name": "h", "qubits": [1]}
    assert Angle(feature=2).to_json() == {"feature": 2}


@steady
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), st.lists))
def test_an_angle_of_hostile_json_is_an_angle_or_a_candidate_error(data: object) -> None:
    for angle in (data, {"weight": data}, {"scale": data}, {"constant": data, "feature": data}):
        try:
            made = Angle.from_json(angle)
        except CandidateError:
            continue
        assert Angle.from_json(made.to_json()) == made


def test_weights_are_counted_by_the_highest_number() -> None:
    assert count_weights([]) == 0
    assert (
        count_weights([Gate("h", (0,)), Gate("ry", (0,), Angle(0.5)), Gate("ry", (0,), Angle(weight=4))]) == 5
    )


@pytest.mark.parametrize(
    "module",
    [
        "candidate.candidate",
        "candidate.gate",
        "circuits.gates",
        "circuits.lowering",
        "circuits.quantum_circuit",
        "circuits.weights",
        "circuits.describe",
        "circuits.encodings",
        "circuits.ansatze",
    ],
)
def test_the_room_is_entered_without_qiskit(module: str) -> None:
    heavy = ("qiskit", "scipy", "sklearn")
    code = f"import sys, qcsearch.{module}; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
