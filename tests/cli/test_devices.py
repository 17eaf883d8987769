"""`qcsearch devices` and `qcsearch spaces`."""

import json

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
