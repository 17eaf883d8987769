"""The drawn circuit: nothing left out, nothing on top of each other, kinds by what the angle holds."""

import re

import pytest

from qcsearch.candidate.gate import Angle, Gate, GateList
from qcsearch.reporting.plots.circuit import DrawnGate, draw, drawn_gates


def test_a_gate_is_coloured_by_what_its_angle_holds():
    angles = (None, Angle(0.5), Angle(feature=0), Angle(weight=1), Angle(feature=2, weight=3))
    gates = tuple(Gate("ry", (0,), angle) for angle in angles)
    kinds = [gate.kind for gate in drawn_gates(GateList(1, 3, 4, gates))]
    assert kinds == ["fixed", "fixed", "feature", "weight", "both"]


def test_the_pointer_shows_the_whole_angle():
    gate = Gate("rz", (0,), Angle(constant=0.25, scale=-2.0, feature=1, weight=0))
    assert drawn_gates(GateList(1, 2, 1, (gate,)))[0].title == "rz(0.25 + -2·θ₀·x₁)"


def test_every_gate_and_every_measured_wire_is_drawn_once(gate_list):
    drawing = draw(drawn_gates(gate_list), list("abcd"), [0, 2])
    assert drawing.count('class="gate ') == len(gate_list.gates) + 2
    assert drawing.count('class="meter"') == 2


@pytest.mark.parametrize("width", [200, 500, 1040])
def test_the_drawing_keeps_to_its_width_by_breaking_into_systems(gate_list, width):
    drawing = draw(drawn_gates(gate_list), list("abcd"), range(4), width=width)
    assert float(re.search(r'width="([\d.]+)"', drawing)[1]) <= width
    assert drawing.count('class="gate ') == len(gate_list.gates) + 4
    assert drawing.count('class="wire-label"') % 4 == 0


def test_no_two_boxes_stand_on_the_same_place(gate_list):
    drawing = draw(drawn_gates(gate_list), list("abcd"), range(4), width=300)
    boxes = re.findall(r'<rect x="([^"]+)" y="([^"]+)"', drawing)
    assert len(boxes) == len(set(boxes))


def test_a_link_that_crosses_a_wire_leaves_it_no_gate_in_that_column():
    crossing, between = DrawnGate("cz", (0, 2)), DrawnGate("h", (1,))
    drawing = draw([crossing, between], list("abc"), [])
    link = float(re.search(r'<line x1="([\d.]+)" y1="[\d.]+" x2="\1" ', drawing)[1])
    box = float(re.search(r'<rect x="([\d.]+)"', drawing)[1]) + 19
    assert box > link


def test_a_label_is_text_and_nothing_else():
    assert "<b>" not in draw([DrawnGate("<b>", (0,), title="<b>")], ["<b>"], [])
