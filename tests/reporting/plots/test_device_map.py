"""The drawn coupling map: every qubit, every coupling, the region ringed."""

from dataclasses import replace

from qcsearch.devices.device import GateCalibration, Qubit
from qcsearch.reporting.plots.device_map import draw_device, edge_errors, legend

REGION = (60, 61, 62, 63)


def test_all_qubits_and_couplings_are_drawn_and_the_region_is_ringed(heavy_device):
    drawing = draw_device(heavy_device, REGION)
    assert drawing.count('class="qubit ') == 133
    assert drawing.count('class="edge ') == len(heavy_device.edges)
    assert drawing.count('class="ring"') == 4
    assert drawing.count('class="under"') == 3


def test_of_two_gates_on_a_coupling_the_better_one_counts(heavy_device):
    pair = heavy_device.edges[0]
    gates = (GateCalibration("ecr", pair[::-1], 0.004, 5e-7), GateCalibration("cz", pair, None, 1e-7))
    errors = edge_errors(replace(heavy_device, gates=gates))
    assert errors == {pair: ("ecr", 0.004, 5e-7)}


def test_a_coupling_that_no_circuit_may_use_is_drawn_apart(heavy_device):
    fewer = replace(heavy_device, coupling_map=heavy_device.coupling_map[5:])
    drawing = draw_device(fewer, REGION)
    assert drawing.count('class="dead"') == 5
    assert drawing.count('class="edge ') == len(heavy_device.edges) - 5
    assert "Dashed: not used" in legend(fewer)
    assert "Dashed" not in legend(heavy_device)


def test_what_was_not_measured_is_said_and_not_drawn_as_good(heavy_device):
    qubits = (Qubit(None, None, 0.01, 0.02), *heavy_device.qubits[1:])
    drawing = draw_device(replace(heavy_device, qubits=qubits, gates=()), ())
    assert "qubit 0: T1 not measured, T2 not measured" in drawing
    assert 'class="edge step4"' in drawing
    assert 'class="edge step0"' not in drawing
    assert "two-qubit gate error of a coupling not measured" in legend(replace(heavy_device, gates=()))
