from __future__ import annotations

import re
from pathlib import Path

import pytest

from qcsearch import presets
from qcsearch.devices.calibration.snapshot_files import read_snapshot
from qcsearch.errors import InputError
from qcsearch.presets import preset_files


def test_the_snapshots_promised_are_there_filed_under_their_name_and_date():
    files = preset_files("noise_models", ".json")
    devices = {name.partition("/")[0] for name in files}
    assert devices >= {"fake_torino", "fake_fez", "fake_brisbane", "fake_lagos", "fake_manila"}
    for name, path in files.items():
        device = read_snapshot(path)
        assert name == f"{device.name}/{device.calibrated_at[:10]}"
        assert f'"digest": "{device.digest}"' in path.read_text()


def test_every_processor_has_its_line_of_provenance():
    folder = Path(__file__).parents[2] / "noise_models"
    text = (folder / "README.md").read_text(encoding="utf-8").split("## Provenance\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    assert sorted(lines) == sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_an_installed_wheel_is_asked_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "qcsearch"
    for folder in (tmp_path, package / "_data"):
        (folder / "search_spaces").mkdir(parents=True)
        (folder / "search_spaces" / "tiny.toml").write_text("")
    monkeypatch.setattr(presets, "_PACKAGE", package)
    assert preset_files("search_spaces", ".toml") == {
        "tiny": package / "_data" / "search_spaces" / "tiny.toml"
    }
    (package / "_data" / "search_spaces" / "tiny.toml").unlink()
    (package / "_data" / "search_spaces").rmdir()
    assert preset_files("search_spaces", ".toml") == {"tiny": tmp_path / "search_spaces" / "tiny.toml"}


def test_an_installation_without_presets_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "_PACKAGE", tmp_path / "qcsearch")
    assert preset_files("noise_models", ".json") == {}


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="kind of preset"):
        preset_files("secrets", ".json")
