from __future__ import annotations

import copy
import re

import pytest
from qiskit.quantum_info import average_gate_fidelity
from qiskit_aer.noise import thermal_relaxation_error

from qcsearch.devices.calibration.rules import contradictions
from qcsearch.devices.calibration.validation import compare, device_from_json
from qcsearch.devices.calibration.violations import coherence_limit
from qcsearch.devices.device import Qubit
from qcsearch.devices.selection.regions import best_regions
from qcsearch.errors import DeviceError


def _load(raw):
    device = device_from_json(raw)
    return device, "\n".join(device.notices)


def _two_qubit_regions(device):
    return {region.qubits for region in best_regions(device, 2, 10)}


def test_a_sound_snapshot_has_no_notice(raw):
    device, notices = _load(raw)
    assert notices == ""
    assert _two_qubit_regions(device) == {(0, 1), (1, 2)}


def test_t2_above_twice_t1_is_clipped_and_said(raw):
    raw["qubits"][2]["t2"] = 5e-4
    device, notices = _load(raw)
    assert device.qubits[2].t2 == 2 * 0.8e-4
    assert "T2 was above 2·T1" in notices
    assert "qubit 2 (500 to 160 µs)" in notices


@pytest.mark.parametrize("key", ["t1", "t2"])
def test_a_qubit_without_t1_or_t2_is_left_out_of_regions_and_said(raw, key):
    raw["qubits"][2][key] = None
    device, notices = _load(raw)
    assert "T1 or T2 is unknown, so no region holds qubit 2" in notices
    assert _two_qubit_regions(device) == {(0, 1)}
    assert device.usable_qubits == (0, 1)


def test_a_device_that_measures_no_t1_is_used_without_relaxation_and_said(raw):
    for qubit in raw["qubits"]:
        qubit["t1"] = qubit["t2"] = None
    device, notices = _load(raw)
    assert "without thermal relaxation" in notices
    assert _two_qubit_regions(device) == {(0, 1), (1, 2)}


@pytest.mark.parametrize("error", [0.5, 1.0])
def test_a_dead_edge_is_removed_and_said(raw, gate, error):
    gate("cz", 1, 2)["error"] = error
    device, notices = _load(raw)
    assert "the edge is removed: 1-2." in notices
    assert "Cut off from the largest part of 2 qubits: qubit 2." in notices
    assert device.edges == ((0, 1),)


def test_an_edge_of_unknown_error_is_removed_and_said(raw, gate):
    gate("cz", 1, 2)["error"] = None
    device, notices = _load(raw)
    assert "error is unknown, so the edge is removed: 1-2." in notices
    assert device.edges == ((0, 1),)


def test_a_dead_direction_leaves_the_other(raw, gate):
    gate("cz", 1, 0)["error"] = 1.0
    device, notices = _load(raw)
    assert "1→0" in notices
    assert device.edges == ((0, 1), (1, 2))
    assert (1, 0) not in device.coupling_map


def test_an_edge_lives_while_one_of_its_gates_does(raw, gate):
    raw["basis_gates"].append("ecr")
    raw["gates"].append({"name": "ecr", "qubits": [1, 2], "error": 1.0, "duration": 5e-7})
    device, _ = _load(raw)
    assert device.edges == ((0, 1), (1, 2))
    assert [g.name for g in device.gates_on[1, 2]] == ["cz"]


def test_a_readout_that_tells_nothing_leaves_the_qubit_out(raw):
    raw["qubits"][0].update(p10=0.2, p01=0.9)
    device, notices = _load(raw)
    assert "Readout error is 0.5 or more, so no region holds qubit 0." in notices
    assert _two_qubit_regions(device) == {(1, 2)}


def test_a_dead_one_qubit_gate_leaves_the_qubit_out(raw, gate):
    gate("sx", 2)["error"] = 1.0
    device, notices = _load(raw)
    assert "one-qubit gate's error is 0.5 or more, so no region holds qubit 2." in notices
    assert _two_qubit_regions(device) == {(0, 1)}


def test_a_qubit_that_lacks_a_gate_of_the_others_is_left_out(raw, gate):
    raw["gates"].remove(gate("sx", 2))
    device, notices = _load(raw)
    assert "A one-qubit gate is missing, so no region holds qubit 2." in notices
    assert _two_qubit_regions(device) == {(0, 1)}


def test_durations_of_zero_are_said(raw, gate):
    gate("cz", 0, 1)["duration"] = 0
    raw["qubits"][0]["readout_duration"] = 0
    _, notices = _load(raw)
    assert "exactly 0 beside an error above 0: cz 0-1." in notices
    assert "exactly 0, which no readout takes, on qubit 0." in notices


def test_nothing_ideal_is_taken_in_silence(raw, gate):
    gate("cz", 1, 2)["error"] = 0
    gate("sx", 0)["error"] = None
    gate("x", 1)["duration"] = None
    raw["qubits"][1]["readout_duration"] = None
    raw["qubits"][2].update(p10=0, p01=0)
    _, notices = _load(raw)
    assert "exactly 0, which no gate has: cz 1-2" in notices
    assert "Gate error is unknown, and only relaxation acts: sx 0" in notices
    assert "Gate duration is unknown, and counted as 0: x 1" in notices
    assert "Readout duration is unknown, and counted as 0, on qubit 1" in notices
    assert "exactly 0, which no readout has, on qubit 2" in notices


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["gates"][-1].update(duration=6.8e-5 * 10), "A gate lasts longer than T1"),
        (lambda raw: raw["qubits"][0].update(readout_duration=1.2), "Readout lasts longer than T1.*qubit 0"),
        (lambda raw: raw["gates"][-1].update(duration=2e-5), "times below what T1 and T2 allow: cz 1-2"),
        (lambda raw: raw["qubits"][0].update(t1=150.0, t2=110.0), "over 10⁸ gates long.*qubit 0"),
        (lambda raw: raw.update(dt=4.0), "dt of 4 s is longer than a gate"),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_flagged(raw, change, said):
    change(raw)
    device = device_from_json(raw)
    assert any(re.search(said, notice) for notice in device.notices)
    assert contradictions(device) == compare(device)
    assert len(compare(device)) == 1


def test_a_notice_is_said_once_however_often_the_device_is_reloaded(raw, gate):
    gate("cz", 1, 2)["error"] = 1.0
    raw["qubits"][2]["t2"] = 5e-4
    first = device_from_json(raw)
    again = device_from_json(device_from_json(first.to_json()).to_json())
    assert again == first
    assert again.notices == first.notices
    assert len(first.notices) == 3


@pytest.mark.parametrize("duration", [0.0, 6.8e-8, 5e-6, 1e-4])
def test_coherence_limit_is_the_infidelity_of_aers_relaxation(duration):
    qubits = [Qubit(1.5e-4, 1.1e-4, 0, 0), Qubit(0.8e-4, 1.5e-4, 0, 0)]
    errors = [thermal_relaxation_error(q.t1, q.t2, duration) for q in qubits]
    one = 1 - average_gate_fidelity(errors[0])
    two = 1 - average_gate_fidelity(errors[0].expand(errors[1]))
    assert coherence_limit(qubits[:1], duration) == pytest.approx(one, abs=1e-12)
    assert coherence_limit(qubits, duration) == pytest.approx(two, abs=1e-12)


def test_a_time_that_is_unknown_costs_no_coherence():
    assert coherence_limit([Qubit(None, None, 0, 0)], 1e-6) == 0


def test_compare_flags_jumps_by_more_than_the_factor_only(raw, gate):
    older = device_from_json(copy.deepcopy(raw))
    raw["calibrated_at"] = "2026-11-02T06:00:00+00:00"
    raw["qubits"][0]["t1"] = 0.75e-4
    raw["qubits"][1].update(t1=1.0e-5, t2=0.8e-5)
    gate("cz", 0, 1)["error"] = 0.1
    flags = compare(device_from_json(raw), older)
    assert len(flags) == 1
    for jump in ("T1 of qubit 1", "T2 of qubit 1", "error of cz 0-1 (0.004 to 0.1)"):
        assert jump in flags[0]
    assert "T1 of qubit 0" not in flags[0]
    assert any("T1 of qubit 0" in flag for flag in compare(device_from_json(raw), older, factor=1.9))


def test_compare_flags_edges_gone_and_new_and_an_error_that_was_zero(raw, gate):
    good = device_from_json(copy.deepcopy(raw))
    gate("cz", 1, 2)["error"] = 1.0
    gate("sx", 0)["error"] = 0
    bad = device_from_json(raw)
    assert any("are not now: 1-2" in flag for flag in compare(bad, good))
    assert any("were not" in flag and "1-2" in flag for flag in compare(good, bad))
    assert any("error of sx 0 (0 to 0.0003)" in flag for flag in compare(good, bad))


def test_compare_says_when_the_older_is_the_later_or_of_another_size(raw, torino):
    device = device_from_json(copy.deepcopy(raw))
    raw["calibrated_at"] = "2027-01-01T00:00:00Z"
    later = device_from_json(raw)
    assert any("is the later one" in flag for flag in compare(device, later))
    assert compare(later, device) == ()
    with pytest.raises(DeviceError, match="must be of three"):
        compare(device, torino)


def test_compare_says_when_the_number_of_qubits_changed(raw):
    older = device_from_json(copy.deepcopy(raw))
    raw["qubits"].append(dict(raw["qubits"][0]))
    assert any("from 3 to 4" in flag for flag in compare(device_from_json(raw), older))


def test_a_gate_that_makes_no_cx_in_its_one_direction_leaves_no_edge(raw):
    for gate in raw["gates"]:
        if gate["name"] == "cz":
            gate["name"] = "iswap"
    raw["basis_gates"] = ["iswap", "rz", "sx", "x"]
    device, notices = _load(raw)
    assert "The gates make no cx, so the edge is removed: 1-2." in notices
    assert device.edges == ((0, 1),)  # it runs both ways there
