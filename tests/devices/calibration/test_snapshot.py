from __future__ import annotations

import copy
import json
import math

import pytest

from qcsearch.devices.calibration.snapshot_files import read_snapshot, to_text, write_snapshot
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.errors import DeviceError

INF, NAN = math.inf, math.nan


def _set(*path_and_value):
    """A change of the raw snapshot: `_set("qubits", 0, "t1", -1)`."""
    *path, last, value = path_and_value

    def change(raw):
        for step in path:
            raw = raw[step]
        raw[last] = value

    return change


def _drop(*path):
    def change(raw):
        for step in path[:-1]:
            raw = raw[step]
        del raw[path[-1]]

    return change


def _gate(raw, name, *qubits):
    return next(g for g in raw["gates"] if g["name"] == name and g["qubits"] == list(qubits))


def _set_gate(name, qubits, key, value):
    def change(raw):
        _gate(raw, name, *qubits)[key] = value

    return change


REFUSED = {
    "T1 NaN": (_set("qubits", 0, "t1", NAN), "'t1' of qubit 0"),
    "T1 zero": (_set("qubits", 1, "t1", 0), "'t1' of qubit 1"),
    "T1 negative": (_set("qubits", 2, "t1", -1e-4), "'t1' of qubit 2"),
    "T1 infinite": (_set("qubits", 0, "t1", INF), "'t1' of qubit 0"),
    "T1 of ten thousand digits": (_set("qubits", 0, "t1", 10**400), "'t1' of qubit 0"),
    "T1 text": (_set("qubits", 0, "t1", "150 us"), "'t1' of qubit 0"),
    "T1 bool": (_set("qubits", 0, "t1", True), "'t1' of qubit 0"),
    "T2 NaN": (_set("qubits", 2, "t2", NAN), "'t2' of qubit 2"),
    "T2 zero": (_set("qubits", 2, "t2", 0.0), "'t2' of qubit 2"),
    "T1 missing": (_drop("qubits", 1, "t1"), "qubit 1 must have a key 't1'"),
    "readout above one": (_set("qubits", 1, "p01", 1.2), "'p01' of qubit 1"),
    "readout negative": (_set("qubits", 1, "p10", -0.1), "'p10' of qubit 1"),
    "readout NaN": (_set("qubits", 0, "p10", NAN), "'p10' of qubit 0"),
    "readout null": (_set("qubits", 0, "p10", None), "'p10' of qubit 0"),
    "readout duration negative": (_set("qubits", 0, "readout_duration", -1), "'readout_duration' of qubit 0"),
    "qubit with an unknown key": (_set("qubits", 0, "frequency", 5e9), "qubit 0.*'frequency'"),
    "qubit a list": (_set("qubits", 0, [1, 2]), "qubit 0"),
    "qubits an object": (_set("qubits", {}), "'qubits'"),
    "no qubits": (_set("qubits", []), "'qubits'"),
    "gate error NaN": (_set_gate("sx", [1], "error", NAN), r"'error' of gate sx on qubits \[1\]"),
    "gate error negative": (_set_gate("cz", [0, 1], "error", -0.1), r"'error' of gate cz on qubits \[0, 1\]"),
    "gate error above one": (
        _set_gate("cz", [1, 2], "error", 1.01),
        r"'error' of gate cz on qubits \[1, 2\]",
    ),
    "gate error infinite": (_set_gate("x", [2], "error", INF), r"'error' of gate x on qubits \[2\]"),
    "gate error text": (_set_gate("x", [2], "error", "0.1"), r"'error' of gate x on qubits \[2\]"),
    "gate duration NaN": (
        _set_gate("cz", [1, 2], "duration", NAN),
        r"'duration' of gate cz on qubits \[1, 2\]",
    ),
    "gate duration negative": (
        _set_gate("sx", [0], "duration", -1),
        r"'duration' of gate sx on qubits \[0\]",
    ),
    "gate on an unknown qubit": (_set_gate("cz", [1, 2], "qubits", [1, 3]), "gate cz.*Got 3"),
    "gate on a negative qubit": (_set_gate("sx", [0], "qubits", [-1]), "gate sx.*Got -1"),
    "gate on one qubit twice": (_set_gate("cz", [1, 2], "qubits", [1, 1]), r"gate cz.*\[1, 1\]"),
    "gate on three qubits": (_set_gate("cz", [1, 2], "qubits", [0, 1, 2]), r"gate cz.*\[0, 1, 2\]"),
    "gate on half its qubits": (_set_gate("cz", [1, 2], "qubits", [1]), r"gate cz on qubits \[1\]"),
    "gate twice": (_set_gate("cz", [1, 2], "qubits", [0, 1]), r"cz on qubits \[0, 1\] twice"),
    "gate without its error": (_drop("gates", 0, "error"), "gate number 0 must have a key 'error'"),
    "gate that Qiskit does not know": (_set_gate("x", [0], "name", "magic"), "gate magic|'basis_gates'"),
    "gate outside the basis": (_set("basis_gates", ["cz", "rz", "sx"]), r"gate x on qubits \[0\]"),
    "basis gate without entries": (_set("basis_gates", ["cz", "rz", "sx", "x", "ecr"]), "ecr"),
    "measure as a gate": (_set_gate("x", [0], "name", "measure"), "measure"),
    "basis gate twice": (_set("basis_gates", ["cz", "rz", "sx", "x", "x"]), "'basis_gates'"),
    "no gates": (lambda raw: raw.update(gates=[], basis_gates=[], coupling_map=[]), "'gates' of three"),
    "edge on an unknown qubit": (_set("coupling_map", [[0, 7]]), r"edge \[0, 7\]"),
    "edge without a gate": (_set("coupling_map", [[0, 2]]), r"\[0, 2\].*two-qubit gate"),
    "edge of three": (_set("coupling_map", [[0, 1, 2]]), r"\[0, 1, 2\]"),
    "edge twice": (_set("coupling_map", [[0, 1], [0, 1]]), r"\[0, 1\].*twice"),
    "coupling map a text": (_set("coupling_map", "all"), "'coupling_map'"),
    "no name": (_set("name", ""), "'name' of the device"),
    "name with a line feed": (_set("name", "a\nb"), "'name' of the device"),
    "dt zero": (_set("dt", 0), "'dt' of the device"),
    "dt missing": (_drop("dt"), "'dt'"),
    "time without zone": (_set("calibrated_at", "2026-11-01T06:00:00"), "'calibrated_at'"),
    "time nonsense": (_set("calibrated_at", "yesterday"), "'calibrated_at'"),
    "time a number": (_set("calibrated_at", 5), "'calibrated_at'"),
    "time before the first year": (_set("calibrated_at", "0001-01-01T00:00:00+23:00"), "'calibrated_at'"),
    "wrong format": (_set("format", "qcsearch-device/2"), "'format'"),
    "format missing": (_drop("format"), "'format'"),
    "unknown key": (_set("noise_model", {}), "'noise_model'"),
    "notices a text": (_set("notices", "all well"), "'notices'"),
    "digest of something else": (_set("digest", "0" * 64), "'digest'"),
}


@pytest.mark.parametrize(("change", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_malformed_snapshots_are_refused_in_a_sentence_that_names_the_place(raw, tmp_path, change, place):
    change(raw)
    with pytest.raises(DeviceError, match=place) as from_dict:
        device_from_json(raw)
    path = tmp_path / "device.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(DeviceError, match=place) as from_file:
        read_snapshot(path)
    for caught in (from_dict, from_file):
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "valid JSON"),
        (b"{", "valid JSON"),
        (b'{"name": "a", "name": "b"}', "twice"),
        (b"[" * 100_000, "nested"),
        (b"\xff\xfe", "UTF-8"),
        (b"[]", "object"),
        (b"null", "object"),
    ],
)
def test_files_that_are_no_snapshot_are_refused(tmp_path, text, why):
    path = tmp_path / "device.json"
    path.write_bytes(text)
    with pytest.raises(DeviceError, match=why):
        read_snapshot(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    with pytest.raises(DeviceError, match="cannot be read"):
        read_snapshot(tmp_path / "none.json")
    with pytest.raises(DeviceError, match="cannot be read"):
        read_snapshot(tmp_path)


def test_every_figure_changed_after_writing_breaks_the_digest(raw, tmp_path):
    path = write_snapshot(device_from_json(raw), tmp_path)
    stored = json.loads(path.read_text())
    changes = [("qubits", 0, "t1"), ("qubits", 2, "p10"), ("gates", 4, "error"), ("gates", 0, "duration")]
    for *steps, last in changes:
        changed = copy.deepcopy(stored)
        entry = changed[steps[0]][steps[1]]
        entry[last] = (entry[last] or 0) + 1e-9
        with pytest.raises(DeviceError, match="'digest'"):
            device_from_json(changed)


def test_the_text_has_a_line_a_qubit_and_gate_and_reads_back_exactly(torino, tmp_path):
    text = to_text(torino)
    assert torino.n_qubits + len(torino.gates) < text.count("\n") < torino.n_qubits + len(torino.gates) + 30
    path = tmp_path / "device.json"
    path.write_text(text)
    again = read_snapshot(path)
    assert (again, again.notices) == (torino, torino.notices)


def test_a_snapshot_is_filed_by_device_and_utc_date(raw, tmp_path):
    raw["name"] = "../lab one"
    raw["calibrated_at"] = "2026-11-01T23:30:00-05:00"
    path = write_snapshot(device_from_json(raw), tmp_path)
    assert path.relative_to(tmp_path).as_posix() == "_lab_one/2026-11-02.json"
    assert read_snapshot(path).calibrated_at == "2026-11-02T04:30:00+00:00"


def test_a_snapshot_never_overwrites_another_of_the_same_day(raw, gate, tmp_path):
    device = device_from_json(copy.deepcopy(raw))
    path = write_snapshot(device, tmp_path)
    assert write_snapshot(device, tmp_path) == path
    gate("sx", 0)["error"] = 0.01
    with pytest.raises(DeviceError, match="another snapshot"):
        write_snapshot(device_from_json(raw), tmp_path)
    assert read_snapshot(path) == device


def test_a_snapshot_without_a_date_cannot_be_filed_but_named(raw, tmp_path):
    raw["calibrated_at"] = ""
    with pytest.raises(DeviceError, match="time of calibration"):
        write_snapshot(device_from_json(raw), tmp_path)
    path = write_snapshot(device_from_json(raw), tmp_path / "named" / "new.json")
    assert read_snapshot(path) == device_from_json(raw)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": [' + b"[]," * 3_000_000 + b"0]}",
        b'{"a": NaN, "b": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"a": [' + b"1," * 8_000_000 + b"NaN]}",
    ],
    ids=["many", "deep", "many with NaN"],
)
def test_a_snapshot_that_would_fill_the_memory_is_not_parsed_twice_either(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DeviceError, match="The snapshot"):
        read_snapshot(tmp_path / "a.json")


def test_a_table_without_end_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"Qubit,T1 (us)\n" + b"0,1\n" * 3_000_000)
    with pytest.raises(DeviceError, match="at most 8,388,608 bytes"):
        read_snapshot(tmp_path / "a.csv")
