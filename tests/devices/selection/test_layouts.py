from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from qcsearch.candidate.gate import Gate, Topology
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.devices.selection.layouts import best_layouts
from qcsearch.devices.selection.regions import topology

LINE = Topology(4, ((0, 1), (1, 2), (2, 3)))
STAR = Topology(4, ((0, 1), (1, 2), (1, 3)))
RING = Topology(4, ((0, 1), (0, 3), (1, 2), (2, 3)))


def success(device: Device, layout: tuple[int, ...], gates: list[Gate], measured: set[int]) -> float:
    """The product, from the facts of the snapshot alone."""
    total = 1.0
    errors = {(gate.name, gate.qubits): gate.error for gate in device.gates}
    two = next(gate.name for gate in device.gates if len(gate.qubits) == 2)
    for gate in gates:
        on = tuple(layout[q] for q in gate.qubits)
        if len(on) == 1:
            total *= 1 - max(error for (_, qubits), error in errors.items() if qubits == on and error)
        else:
            total *= 1 - min(errors[pair] for pair in ((two, on), (two, on[::-1])) if pair in errors)
    for q in measured:
        total *= 1 - device.qubits[layout[q]].readout_error
    return total


@pytest.mark.parametrize("shape", [LINE, STAR], ids=["line", "star"])
@pytest.mark.parametrize("name", ["fake_torino", "fake_fez", "fake_brisbane"])
def test_a_place_is_coupled_exactly_as_the_circuit_is(name, shape):
    device = get_device(name)
    layouts = best_layouts(device, shape, [], {0}, k=20)
    assert len(layouts) == 20 == len({frozenset(layout) for layout in layouts})
    for layout in layouts:
        assert topology(device, layout) == shape


def test_the_best_place_of_all_is_found_and_the_circuit_decides_which_it_is(torino):
    lagos = get_device("fake_lagos")
    gates = [Gate("cz", (0, 1))] * 9 + [Gate("cz", (1, 2))] + [Gate("sx", (0,))] * 20
    shape, measured = Topology(3, ((0, 1), (1, 2))), {2}
    every = [p for p in permutations(range(lagos.n_qubits), 3) if topology(lagos, p) == shape]
    best = max(every, key=lambda layout: success(lagos, layout, gates, measured))
    assert best_layouts(lagos, shape, gates, measured) == [best]
    turned = best_layouts(lagos, shape, [Gate("cz", (1, 2))] * 9 + gates[9:10], {0})[0]
    assert turned != best


def test_qubits_and_couplings_that_cannot_be_used_are_not_taken(torino):
    (best,) = best_layouts(torino, LINE, [], {0, 1, 2, 3})
    blind = replace(torino.qubits[best[0]], p10=0.5, p01=0.5)
    qubits = tuple(blind if q == best[0] else x for q, x in enumerate(torino.qubits))
    left = tuple(pair for pair in torino.coupling_map if best[0] not in pair)
    (other,) = best_layouts(replace(torino, qubits=qubits, coupling_map=left), LINE, [], {0, 1, 2, 3})
    assert best[0] not in other


def test_a_shape_that_a_device_does_not_have_has_no_place(torino, manila):
    assert best_layouts(torino, RING, [], {0}) == []
    assert best_layouts(manila, STAR, [], {0}) == []
    assert best_layouts(manila, Topology(6, ((0, 1),)), [], {0}) == []


def test_a_long_line_is_placed_too(torino):
    line = Topology(16, tuple((i, i + 1) for i in range(15)))
    (layout,) = best_layouts(torino, line, [Gate("cz", edge) for edge in line.edges], range(16))
    assert topology(torino, layout) == line
