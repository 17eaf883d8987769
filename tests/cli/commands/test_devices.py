"""`qcsearch devices` and `qcsearch spaces`."""

import json
import re

import pytest


def test_devices_are_listed_with_their_snapshots(qcsearch):
    devices = {entry["name"]: entry for entry in qcsearch("devices", "list", "--json").json["devices"]}
    assert len(devices) >= 68
    assert devices["fake_torino"]["source"] == "preset"
    assert devices["fake_torino"]["dates"]
    outcome = qcsearch("devices", "list")
    assert "fake_sherbrooke" in outcome.out


def test_a_device_is_shown_with_medians_regions_and_notices(qcsearch):
    found = qcsearch("devices", "show", "fake_lagos", "--size", 3, "--json").json
    assert found["n_qubits"] == 7
    assert 1e-6 < found["median"]["t1"] < 1e-2
    assert 0 < found["median"]["two_qubit_error"]["cx"] < 0.1
    assert all(len(region["qubits"]) == 3 for region in found["regions"])
    scores = [region["score"] for region in found["regions"]]
    assert scores == sorted(scores, reverse=True)
    assert "median T1, T2" in qcsearch("devices", "show", "fake_lagos").out


def test_a_snapshot_is_written_checked_and_not_overwritten_by_another(qcsearch, tmp_path):
    outcome = qcsearch("devices", "snapshot", "fake_manila", "-o", tmp_path, "--json")
    assert outcome.code == 0, outcome.err
    (path,) = tmp_path.rglob("*.json")
    assert outcome.json["path"] == str(path)
    found = qcsearch("devices", "check", path, "--json").json
    assert found["valid"]
    assert found["digest"] == outcome.json["digest"]
    changed = json.loads(path.read_text())
    changed["qubits"][0]["p10"] = 0.2
    del changed["digest"]
    path.write_text(json.dumps(changed))
    before = path.read_bytes()
    assert qcsearch("devices", "snapshot", "fake_manila", "-o", tmp_path).code == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"t1": -1.0}, "t1"),
        ({"p10": 1.5}, "p10"),
        ({"p01": None}, "p01"),
        ({"t2": "long"}, "t2"),
    ],
)
def test_an_impossible_snapshot_is_one_sentence(qcsearch, tmp_path, change, part):
    qcsearch("devices", "snapshot", "fake_manila", "-o", tmp_path)
    (path,) = tmp_path.rglob("*.json")
    raw = json.loads(path.read_text())
    raw["qubits"][1].update(change)
    raw.pop("digest")
    path.write_text(json.dumps(raw))
    outcome = qcsearch("devices", "check", path)
    assert outcome.code == 2
    assert outcome.out == ""
    assert part in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_jump_against_an_older_snapshot_is_flagged(qcsearch, tmp_path):
    qcsearch("devices", "snapshot", "fake_manila", "-o", tmp_path)
    (path,) = tmp_path.rglob("*.json")
    raw = json.loads(path.read_text())
    raw.pop("digest")
    raw["qubits"][2]["t1"] /= 50
    raw["qubits"][2]["t2"] /= 50
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps(raw))
    found = qcsearch("devices", "check", newer, "--older", path, "--json").json
    assert any("T1 of qubit 2" in flag for flag in found["flags"])
    assert "Flag: " in qcsearch("devices", "check", newer, "--older", path).out


def test_a_drifted_snapshot_is_written_named_as_a_model_and_can_be_used_as_a_device(qcsearch, tmp_path):
    path = tmp_path / "drifted.json"
    arguments = ("devices", "drift", "fake_manila", "--sigma", 0.2, "--seed", 1, "-o", path)
    outcome = qcsearch(*arguments, "--json")
    assert outcome.code == 0, outcome.err
    name = "fake_manila@2024-05-27~drift(sigma=0.2,seed=1)"
    assert (outcome.json["name"], outcome.json["provider"]) == (name, "drift model")
    assert outcome.json["calibrated_at"] == ""
    shown = qcsearch("devices", "show", path).out
    assert name in shown
    assert "Synthetic: drawn from fake_manila@2024-05-27" in shown
    before = path.read_bytes()
    assert qcsearch(*arguments).code == 2
    assert path.read_bytes() == before
    path.unlink()
    again = qcsearch(*arguments)
    assert (again.code, again.out.strip()) == (0, str(path))
    assert again.err.startswith("Note: Synthetic: ")
    assert path.read_bytes() == before
    outcome = qcsearch("devices", "drift", "fake_manila", "--sigma", 9, "-o", tmp_path / "none.json")
    assert outcome.code == 2
    assert "'sigma' of the drift model must be in [0, 2]. Got 9.0." in outcome.err
    assert not (tmp_path / "none.json").exists()


def test_the_list_has_sizes_gates_and_dates(qcsearch):
    devices = {entry["name"]: entry for entry in qcsearch("devices", "list", "--json").json["devices"]}
    for name, n_qubits, gate, day in (
        ("fake_torino", 133, "cz", "2025-02-26"),
        ("fake_essex", 5, "u3", "2020-01-13"),
        ("fake_sherbrooke", 127, "ecr", "2025-02-26"),
    ):
        entry = devices[name]
        assert entry["n_qubits"] == n_qubits
        assert gate in entry["basis_gates"]
        assert entry["calibrated"][:4] == day[:4]
    assert all(entry["n_qubits"] and entry["basis_gates"] for entry in devices.values())
    line = next(x for x in qcsearch("devices", "list").out.splitlines() if "fake_lagos" in x)
    assert re.search(r"\b7\b.*cx, id, rz, sx, x.*\d{4}-\d\d-\d\d", line)


@pytest.fixture
def changed(qcsearch, tmp_path):
    """The file of a small device, changed."""

    def write(change, name="changed.json"):
        if not (tmp_path / "manila.json").exists():
            qcsearch("devices", "snapshot", "fake_manila", "-o", tmp_path / "manila.json")
        raw = json.loads((tmp_path / "manila.json").read_text())
        raw.pop("digest")
        change(raw)
        (tmp_path / name).write_text(json.dumps(raw))
        return tmp_path / name

    return write


def only(*names):
    def change(raw):
        raw["gates"] = [gate for gate in raw["gates"] if gate["name"] in names]
        raw["basis_gates"] = sorted({gate["name"] for gate in raw["gates"]})
        if not any(len(gate["qubits"]) == 2 for gate in raw["gates"]):
            raw["coupling_map"] = []

    return change


@pytest.mark.parametrize(
    "names", [("rz", "cx"), ("x", "cx"), ("x", "rz", "id", "cx"), ("cx",), ("x",), ("id",)]
)
@pytest.mark.parametrize(
    "command", [("devices", "check"), ("devices", "show"), ("check", "iris", "--device")]
)
def test_a_device_that_makes_no_rotation_is_refused_at_every_door(qcsearch, changed, names, command):
    outcome = qcsearch(*command, changed(only(*names)))
    assert outcome.code == 2
    assert "one-qubit gates" in outcome.err
    assert "a device needs gates such as rz and sx" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def dead(raw):
    for qubit in raw["qubits"]:
        qubit["p10"] = qubit["p01"] = 0.5


def small(raw):
    for gate in raw["gates"]:
        if gate["name"] == "cx" and set(gate["qubits"]) != {0, 1}:
            gate["error"] = 1.0


@pytest.mark.parametrize(
    ("device", "options", "said"),
    [
        ("fake_armonk", (), "Best regions of 1 qubit"),
        ("fake_kyoto", (), "Best regions of 1 qubit"),
        (small, (), "Best regions of 2 qubits"),
        (small, ("--size", 3), "There is no connected region of 3 usable qubits: the largest has 2."),
        (dead, (), "No qubit can be used"),
        (dead, ("--size", 2), "There is no connected region of 2 usable qubits: the largest has 0."),
    ],
)
def test_a_device_of_few_or_no_qubits_is_shown_as_far_as_it_goes(qcsearch, changed, device, options, said):
    name = changed(device) if callable(device) else device
    outcome = qcsearch("devices", "show", name, *options)
    assert (outcome.code, outcome.err) == (0, "")
    assert "median T1, T2" in outcome.out
    assert said in outcome.out
    found = qcsearch("devices", "show", name, *options, "--json").json
    assert bool(found["regions"]) == ("Best" in said)


def test_a_device_whose_qubits_are_all_dead_is_not_called_usable(qcsearch, changed):
    path = changed(dead)
    assert "cannot be used: 0 of 5 qubits" in qcsearch("devices", "check", path).out
    assert qcsearch("devices", "check", path, "--json").json["valid"] is False


TABLE = (
    "Qubit,T1 (us),T2 (us),Readout assignment error ,Prob meas0 prep1 ,Prob meas1 prep0 ,Readout length (ns),"
    "ID error ,√x (sx) error ,Pauli-X error ,CZ error ,Gate time (ns),Operational\n"
    "0,200,150,0.02,0.03,0.01,1500,0.0002,0.0002,0.0002,0_1:0.004,0_1:68,Yes\n"
    "1,180,140,0.02,0.03,0.01,1500,0.0002,0.0002,0.0002,1_0:0.004;1_2:0.005,1_0:68;1_2:68,Yes\n"
    "2,160,130,0.02,0.03,0.01,1500,0.0002,0.0002,0.0002,2_1:0.005,2_1:68,Yes\n"
)


def test_a_calibration_table_is_checked_recorded_and_searched_on(qcsearch, tmp_path):
    path = tmp_path / "ibm_three_calibrations_2026-11-20T06_00_00Z.csv"
    path.write_text(TABLE)
    assert "ibm_three can be used: 3 of 3 qubits and 2 couplings." in qcsearch("devices", "check", path).out
    outcome = qcsearch("devices", "snapshot", path, "-o", tmp_path / "models", "--json")
    assert outcome.json["path"] == str(tmp_path / "models" / "ibm_three" / "2026-11-20.json")
    assert (
        qcsearch("devices", "check", outcome.json["path"], "--json").json["digest"] == outcome.json["digest"]
    )
    found = qcsearch("check", "iris", "--device", path, "--space", "tiny", "--json")
    assert found.code == 0, found.err
    assert any("taken as virtual" in notice for notice in found.json["device"]["notices"])


def test_a_live_backend_without_credentials_ends_in_code_5(qcsearch, tmp_path, monkeypatch):
    monkeypatch.delenv("QISKIT_IBM_TOKEN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    outcome = qcsearch("devices", "snapshot", "ibm_nowhere", "-o", tmp_path / "out")
    assert outcome.code == 5
    assert "An API key of the quantum service must be known" in outcome.err
    assert not (tmp_path / "out").exists()


def test_spaces_are_listed_and_shown(qcsearch, tmp_path):
    names = {space["name"] for space in qcsearch("spaces", "list", "--json").json["spaces"]}
    assert {"tiny", "default"} <= names
    shown = qcsearch("spaces", "show", "tiny", "--json").json
    assert len(shown["fingerprint"]) == 64
    assert "encoding" in {parameter["name"] for parameter in shown["parameters"]}
    assert "tiny" in qcsearch("spaces", "list").out
    assert "n_layers" in qcsearch("spaces", "show", "tiny").out
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("description = 3")
    outcome = qcsearch("spaces", "show", wrong)
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1


def test_any_backend_can_be_recorded_into_a_file_even_without_a_date(qcsearch, tmp_path):
    path = tmp_path / "new" / "manila.json"
    spec = "backend:qiskit_ibm_runtime.fake_provider:FakeManilaV2"
    outcome = qcsearch("devices", "snapshot", spec, "-o", path, "--json")
    assert (outcome.code, outcome.json["path"]) == (0, str(path))
    assert qcsearch("devices", "check", path, "--json").json["name"] == "fake_manila"
    outcome = qcsearch("devices", "snapshot", "env:nowhere:module:object", "-o", path)
    assert outcome.code == 5
    assert "python -m venv" in outcome.err
