"""Where qubits stand: lattices as lattices, everything else with its neighbours near."""

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.devices.device import Device, GateCalibration, Qubit
from qcsearch.reporting.plots.layout import heavy_hex_lattice, positions


def device(n_qubits, edges):
    qubits = tuple(Qubit(1e-4, 1e-4, 0.01, 0.02) for _ in range(n_qubits))
    return Device("d", "fake", "", ("cz",), tuple(edges), qubits, ())


@pytest.mark.parametrize("n_qubits", [65, 127, 133, 156])
def test_a_heavy_hex_lattice_has_no_two_qubits_on_one_place(n_qubits):
    places = heavy_hex_lattice(n_qubits)
    assert len(set(places)) == len(places) == n_qubits


def test_missing_couplings_do_not_change_the_lattice(heavy_device):
    fewer = replace(heavy_device, coupling_map=heavy_device.coupling_map[::3])
    assert positions(fewer) == positions(heavy_device) == heavy_hex_lattice(133)


def test_couplings_that_do_not_fit_are_not_forced_into_a_lattice():
    ring = device(65, [(i, (i + 1) % 65) for i in range(65)])
    assert positions(ring) != heavy_hex_lattice(65)


@pytest.mark.parametrize(
    ("n_qubits", "edges"),
    [
        (5, [(0, 1), (1, 2), (1, 3), (3, 4)]),
        (7, [(0, 1), (1, 2), (1, 3), (3, 5), (4, 5), (5, 6)]),
        (12, [(i, (i + 1) % 12) for i in range(12)]),
        (6, [(0, 1), (1, 2), (3, 4), (4, 5)]),
        (5, [(i, j) for i in range(5) for j in range(i)]),
    ],
    ids=["T", "H", "ring", "two lines", "complete"],
)
def test_other_devices_keep_neighbours_near_and_qubits_apart(n_qubits, edges):
    places = np.array(positions(device(n_qubits, edges)))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    lengths = [apart[a, b] for a, b in edges]
    assert apart.min() > 0.4
    assert 0.4 < min(lengths) <= max(lengths) < 1.8


def test_a_line_is_drawn_straight():
    places = np.array(positions(device(5, [(0, 1), (1, 2), (2, 3), (3, 4)])))
    assert np.ptp(places[:, 1]) < 0.02
    assert np.all(np.diff(places[:, 0]) > 0.9)


def test_a_dead_coupling_still_holds_its_qubits_together():
    edges = [(0, 1), (1, 2), (2, 3), (3, 4)]
    gates = tuple(GateCalibration("cx", edge, 0.01, 1e-7) for edge in edges)
    whole = replace(device(5, edges), gates=gates)
    broken = replace(whole, coupling_map=tuple(edges[:2]))
    assert positions(broken) == positions(whole)


@pytest.mark.parametrize("n_qubits", [1, 2])
def test_the_smallest_devices_have_a_place_too(n_qubits):
    edges = [(0, 1)] if n_qubits == 2 else []
    places = positions(device(n_qubits, edges))
    assert len(places) == n_qubits
    assert np.isfinite(places).all()
