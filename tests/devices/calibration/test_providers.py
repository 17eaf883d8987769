from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.providers import _fakes, fake_backend, get_device, list_devices
from qcsearch.devices.calibration.snapshot_files import write_snapshot
from qcsearch.errors import DeviceError


def test_a_device_passes_through(torino):
    assert get_device(torino) is torino


def test_a_preset_is_the_recorded_backend_of_its_name():
    for name in ("fake_manila", "fake_lagos"):
        assert get_device(name) == device_from_backend(fake_backend(name))


def test_a_preset_can_be_asked_for_by_its_day():
    assert get_device("fake_torino@2025-02-26") == get_device("fake_torino")
    with pytest.raises(DeviceError, match=r"must be one of 2025-02-26\. Got '2020-01-01'"):
        get_device("fake_torino@2020-01-01")
    with pytest.raises(DeviceError, match="Dated snapshots are those of noise_models"):
        get_device("fake_quito@2020-01-01")


def test_of_several_days_the_newest_is_taken_unless_another_is_named(manila, tmp_path, monkeypatch):
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr("qcsearch.presets._PACKAGE", package)
    days = {
        day: replace(manila, calibrated_at=f"{day}T08:00:00+00:00") for day in ("2030-02-01", "2029-11-30")
    }
    for snapshot in days.values():
        write_snapshot(snapshot, tmp_path / "noise_models")
    assert get_device("fake_manila") == days["2030-02-01"]
    for day, snapshot in days.items():
        assert get_device(f"fake_manila@{day}") == snapshot
    (entry,) = [entry for entry in list_devices() if entry.source == "preset"]
    assert (entry.name, entry.dates) == ("fake_manila", ("2029-11-30", "2030-02-01"))


def test_a_recorded_backend_without_preset_is_found_by_name():
    assert get_device("fake_quito").n_qubits == 5
    assert get_device("fake_quito") is get_device(" fake_quito ")


def test_what_a_backend_warns_of_becomes_a_notice():
    assert any("not intended to represent" in notice for notice in get_device("fake_nighthawk").notices)


def test_a_snapshot_file_is_found_by_its_path(manila, tmp_path):
    path = write_snapshot(manila, tmp_path)
    assert get_device(path) == manila
    assert get_device(str(path)) == manila
    bare = path.rename(tmp_path / "no_suffix")
    assert get_device(str(bare)) == manila


def test_a_backend_is_read(manila):
    assert get_device(fake_backend("fake_manila")) == manila


@pytest.mark.parametrize("name", ["fake_torin", "", "ibm_torino", "fake_manila/../fake_torino"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(DeviceError, match="There is no device"):
        get_device(name)


def test_a_name_nearly_right_is_answered_with_the_right_one():
    with pytest.raises(DeviceError, match="did you mean 'fake_torino'"):
        get_device("fake_torin")
    with pytest.raises(DeviceError, match="There is no device"):
        fake_backend("fake_torin")


def test_a_missing_file_is_named():
    with pytest.raises(DeviceError, match=r"none.json cannot be read"):
        get_device("none.json")
    with pytest.raises(DeviceError, match="cannot be read"):
        get_device(Path("none"))


def test_the_list_holds_all_recorded_backends_and_the_presets_dates():
    import qiskit_ibm_runtime.fake_provider as recorded

    names = {x.backend_name for x in vars(recorded).values() if hasattr(x, "backend_name")}
    assert set(_fakes()) == names
    entries = {entry.name: entry for entry in list_devices()}
    assert names <= set(entries)
    assert (entries["fake_torino"].source, entries["fake_torino"].dates) == ("preset", ("2025-02-26",))
    assert entries["fake_quito"].source == "fake"
    assert list(entries) == sorted(entries)


def test_a_preset_needs_neither_the_runtime_client_nor_aer():
    code = (
        "import sys; from qcsearch.devices.calibration.providers import get_device, list_devices\n"
        "get_device('fake_torino'); list_devices()\n"
        "assert not {'qiskit_ibm_runtime', 'qiskit_aer'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
