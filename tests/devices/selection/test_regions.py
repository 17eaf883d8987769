from __future__ import annotations

import copy
import itertools
import math
import time

import pytest

from qcsearch.candidate.gate import Topology
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.coupling import components
from qcsearch.devices.selection import regions
from qcsearch.devices.selection.regions import LAYERS, best_regions, region, topology
from qcsearch.errors import DeviceError


def _connected(device, qubits):
    inside = [pair for pair in device.edges if set(pair) <= set(qubits)]
    return len(components(qubits, inside)) == 1


def test_the_score_is_the_formula_of_the_module(raw, gate):
    gate("x", 1)["error"] = 0.002
    found = region(device_from_json(raw), [2, 0, 1])
    idling = math.exp(-6.8e-8 * (1 / 130e-6 + 1 / 110e-6 + 1 / 100e-6) / 3)
    singles = ((1 - 3e-4) + (1 - 0.002) + (1 - 3e-4)) / 3
    edges = ((1 - 0.004) + (1 - 0.01)) / 2
    readout = (0.98 + 0.965 + 0.9925) / 3
    assert found.qubits == (0, 1, 2)
    assert found.edges == ((0, 1), (1, 2))
    assert found.two_qubit_success == pytest.approx(edges)
    assert found.readout_success == pytest.approx(readout)
    assert found.score == pytest.approx((edges * idling * singles**2) ** LAYERS * readout)


@pytest.mark.parametrize("worse", ["gate", "readout", "t1"])
def test_each_fault_lowers_the_score(raw, gate, worse):
    before = region(device_from_json(copy.deepcopy(raw)), [0, 1]).score
    if worse == "gate":
        gate("cz", 0, 1)["error"] = gate("cz", 1, 0)["error"] = 0.02
    elif worse == "readout":
        raw["qubits"][0]["p01"] = 0.2
    else:
        raw["qubits"][0].update(t1=1e-5, t2=1e-5)
    assert region(device_from_json(raw), [0, 1]).score < before


@pytest.mark.parametrize("n_qubits", [1, 2, 4])
def test_the_best_are_those_of_an_exhaustive_search(n_qubits):
    device = get_device("fake_hanoi")
    groups = itertools.combinations(device.usable_qubits, n_qubits)
    connected = [region(device, group) for group in groups if _connected(device, group)]
    expected = sorted(connected, key=lambda found: -found.score)[:10]
    assert best_regions(device, n_qubits, 10) == expected
    assert len(best_regions(device, n_qubits, 10**6)) == len(connected)


@pytest.mark.parametrize("n_qubits", [8, 12])
def test_large_regions_are_connected_usable_and_ordered(torino, n_qubits):
    found = best_regions(torino, n_qubits, 20)
    assert len({region.qubits for region in found}) == 20
    assert [region.score for region in found] == sorted((region.score for region in found), reverse=True)
    for chosen in found:
        assert len(chosen.qubits) == n_qubits
        assert set(chosen.qubits) <= set(torino.usable_qubits)
        assert _connected(torino, chosen.qubits)
    walk = region(torino, range(n_qubits))
    assert found[-1].score > walk.score


def test_the_whole_largest_part_is_a_region(raw):
    assert best_regions(device_from_json(raw), 3)[0].qubits == (0, 1, 2)


def test_a_gate_for_some_angles_only_counts_if_there_is_no_other(raw):
    plain = region(device_from_json(copy.deepcopy(raw)), [0, 1]).score
    raw["basis_gates"].append("rzz")
    raw["gates"].append({"name": "rzz", "qubits": [0, 1], "error": 1e-4, "duration": 6.8e-8})
    assert region(device_from_json(raw), [0, 1]).score == plain
    raw["gates"] = [g for g in raw["gates"] if g["name"] != "cz" or g["qubits"] == [1, 2]]
    raw["coupling_map"] = [[0, 1], [1, 2]]
    assert region(device_from_json(raw), [0, 1]).score > plain


def test_the_same_arguments_give_the_same_regions(torino):
    first = best_regions(torino, 4, 10)
    regions._ranked.cache_clear()
    assert best_regions(torino, 4, 10) == first
    assert best_regions(torino, 4, 10, seed=5) == first


def test_the_seed_orders_regions_of_equal_score(raw):
    entry = raw["qubits"][0]
    raw["qubits"] = [dict(entry) for _ in range(6)]
    pairs = [[a, a + 1] for a in range(5)]
    raw["gates"] = [{"name": "cz", "qubits": pair, "error": 0.01, "duration": 6.8e-8} for pair in pairs]
    raw.update(coupling_map=pairs, basis_gates=["cz"])
    device = device_from_json(raw)
    firsts = {best_regions(device, 2, seed=seed)[0].qubits for seed in range(20)}
    assert len(firsts) > 1
    assert best_regions(device, 2, seed=3) == best_regions(device, 2, seed=3)


@pytest.mark.parametrize("arguments", [(0,), (-1,), (2.0,), (True,), ("4",), (2, 0), (2, 1.5)])
def test_sizes_that_are_no_positive_ints_are_refused(torino, arguments):
    with pytest.raises(DeviceError, match="must be an int >= 1"):
        best_regions(torino, *arguments)


def test_a_region_larger_than_the_largest_part_is_refused(torino):
    with pytest.raises(DeviceError, match=r"connected region of 130 usable qubits\. Its largest has 129"):
        best_regions(torino, 130)
    with pytest.raises(DeviceError, match="Its largest has 1"):
        best_regions(get_device("fake_armonk"), 2)


def test_topology_numbers_the_couplings_by_the_order_of_the_qubits(raw):
    device = device_from_json(raw)
    assert topology(device, (0, 1, 2)) == Topology(3, ((0, 1), (1, 2)))
    assert topology(device, (2, 0, 1)) == Topology(3, ((0, 2), (1, 2)))
    assert topology(device, (0, 2)) == Topology(2, ())
    with pytest.raises(DeviceError, match="each once"):
        topology(device, (0, 0))


@pytest.mark.parametrize("name", ["fake_torino", "fake_fez"])
def test_four_qubits_of_a_large_device_take_less_than_a_tenth_of_a_second(name):
    device = get_device(name)
    seconds = []
    for _ in range(3):
        regions._ranked.cache_clear()
        regions._graph.cache_clear()
        start = time.process_time()
        best_regions(device, 4, 20)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.1
