from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import topology
from qcsearch.devices.transpile.target import region_target
from qcsearch.errors import DeviceError
from qcsearch.storage import canonical


def test_json_round_trip_is_exact(torino):
    again = device_from_json(canonical.loads(canonical.dumps(torino.to_json())))
    assert again == torino
    assert again.qubits == torino.qubits
    assert again.gates == torino.gates
    assert again.notices == torino.notices


def test_equal_content_gives_equal_devices_whatever_the_order_and_the_notices(raw):
    device = device_from_json(copy.deepcopy(raw))
    raw["gates"].reverse()
    raw["coupling_map"].reverse()
    raw["basis_gates"].reverse()
    other = replace(device_from_json(raw), notices=("seen from elsewhere",))
    assert device == other
    assert hash(device) == hash(other)
    assert {device: "found"}[other] == "found"


def test_one_changed_figure_makes_another_device(raw, gate):
    device = device_from_json(copy.deepcopy(raw))
    gate("sx", 1)["error"] = 3.0000001e-4
    other = device_from_json(raw)
    assert device != other
    assert device.digest != other.digest


def test_a_device_is_not_equal_to_something_else(raw):
    assert device_from_json(raw) != "three"


def test_a_copy_keeps_content_and_digest(torino):
    again = copy.deepcopy(torino)
    assert again == torino
    assert again.digest == torino.digest
    assert again.gates_on == torino.gates_on


def test_edges_are_undirected_and_each_once(raw):
    assert device_from_json(raw).edges == ((0, 1), (1, 2))


def test_gates_on_holds_living_gates_along_the_coupling_map(raw, gate):
    gate("cz", 1, 0)["error"] = 0.9
    device = device_from_json(raw)
    assert [g.name for g in device.gates_on[0,]] == ["rz", "sx", "x"]
    assert (0, 1) in device.gates_on
    assert (1, 0) not in device.gates_on


@pytest.mark.parametrize("qubits", [(), (0, 0), (0, 3), (-1,), "ab", 3, (0.5, "x")])
def test_qubits_that_are_not_there_are_refused(raw, qubits):
    with pytest.raises(DeviceError, match=r"[Qq]ubit"):
        device_from_json(raw).check_qubits(qubits)


def test_chosen_qubits_are_renumbered_in_topology_target_and_noise_model(raw):
    device = device_from_json(raw)
    assert topology(device, [2, 1]).edges == ((0, 1),)
    assert region_target(device, [2, 1]).num_qubits == 2
    assert noise_model(device, [2, 1]).noise_qubits == [0, 1]
