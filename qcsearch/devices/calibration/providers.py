"""Devices by name: presets of `noise_models/` first, then the recorded devices of qiskit-ibm-runtime."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import warnings
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.devices.calibration import fields
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.rules import RUNS_NOTHING
from qcsearch.devices.calibration.snapshot_files import read_snapshot
from qcsearch.devices.device import Device
from qcsearch.errors import DeviceError
from qcsearch.presets import preset_files
from qcsearch.spelling import meant

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

__all__ = [
    "DeviceEntry",
    "DeviceFacts",
    "device_facts",
    "fake_backend",
    "get_device",
    "is_recorded",
    "list_devices",
    "other_snapshot",
]

_FAKES = "qiskit_ibm_runtime.fake_provider"
_NO_GATES = {
    "measure",
    "measure_2",
    "reset",
    "reset_2",
    "delay",
    "if_else",
    "for_loop",
    "while_loop",
    "switch_case",
}


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """A device that can be had by name.

    Attributes:
        name: for `get_device`.
        source: `preset` (a snapshot in `noise_models/`) or `fake` (recorded in qiskit-ibm-runtime).
        dates: UTC dates of the preset's snapshots, oldest first; empty for a fake.
    """

    name: str
    source: str
    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a list tells of a device: of its newest snapshot.

    Attributes:
        n_qubits: how many.
        basis_gates: names of its gates, sorted.
        calibrated: UTC date; empty if unknown.
    """

    n_qubits: int
    basis_gates: tuple[str, ...]
    calibrated: str


def get_device(spec: str | Path | Device | BackendV2) -> Device:
    """Find a device.

    Args:
        spec: the name of a preset (`fake_torino`: its newest snapshot; `fake_torino@2025-02-26`: that of a
            day), the name of a fake backend of qiskit-ibm-runtime, the path of a snapshot file or of a
            calibration table of IBM's web pages, a backend, or a device.

    Raises:
        DeviceError: if there is none of that name, or its calibration cannot be used.
    """
    found = _found(spec)
    RUNS_NOTHING.note(found)
    return found


def list_devices() -> list[DeviceEntry]:
    """All devices that can be had by name, sorted; a preset hides the fake of the same name."""
    presets = [DeviceEntry(name, "preset", tuple(sorted(dates))) for name, dates in _presets().items()]
    fakes = [DeviceEntry(name, "fake") for name in _fakes() if name not in _presets()]
    return sorted(presets + fakes, key=lambda entry: entry.name)


def other_snapshot(device: Device) -> Device | None:
    """The newest other snapshot of the same device; None if there is no other."""
    for entry in list_devices():
        if entry.name == device.name:
            for date in reversed(entry.dates):
                other = get_device(f"{entry.name}@{date}")
                if other.digest != device.digest:
                    return other
    return None


def device_facts(entry: DeviceEntry) -> DeviceFacts:
    """Read the few facts of a listed device from its file; to make all devices would take seconds."""
    if entry.source == "preset":
        told = json.loads(_presets()[entry.name][entry.dates[-1]].read_text(encoding="utf-8"))
        return DeviceFacts(len(told["qubits"]), tuple(told["basis_gates"]), told["calibrated_at"][:10])
    conf = _fakes()[entry.name]
    told = json.loads(conf.read_text(encoding="utf-8"))
    props = conf.with_name(conf.name.replace("conf_", "props_"))
    day = re.search(r'"last_update_date":\s*"([^"]+)"', props.read_text(encoding="utf-8"))
    calibrated = "" if day is None else fields.time(day[1], "The date")[:10]
    return DeviceFacts(told["n_qubits"], tuple(sorted({*told["basis_gates"]} - _NO_GATES)), calibrated)


def _found(spec: str | Path | Device | BackendV2) -> Device:
    if isinstance(spec, Device):
        return spec
    if isinstance(spec, Path):
        return read_snapshot(spec)
    if not isinstance(spec, str):
        return device_from_backend(spec)
    name = spec.strip()
    preset = _preset(name)
    if preset is not None:
        return _cached(preset)
    if name.lower().endswith((".json", ".csv")) or Path(name).is_file():
        return read_snapshot(Path(name))
    if name in _fakes():
        return _fake(name)
    raise _unknown(name)


def fake_backend(name: str) -> BackendV2:
    """The recorded backend `fake_…` of qiskit-ibm-runtime.

    Raises:
        DeviceError: if there is none of that name.
    """
    return _recorded(name)[0]


def is_recorded(name: str) -> bool:
    """Whether qiskit-ibm-runtime has a recorded backend of that name."""
    return name in _fakes()


def _recorded(name: str) -> tuple[BackendV2, tuple[str, ...]]:
    """The recorded backend, and what it warns of when it is made."""
    if name not in _fakes():
        raise _unknown(name)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        module = importlib.import_module(_FAKES)
        kinds = (kind for kind in vars(module).values() if getattr(kind, "backend_name", None) == name)
        backend: BackendV2 = next(kinds)()
    return backend, tuple(str(x.message) for x in seen if x.category is UserWarning)


def _preset(name: str) -> Path | None:
    device, at, date = name.partition("@")
    dates = _presets().get(device)
    if dates is None:
        if at:
            known = ", ".join(sorted(_presets())) or "none"
            raise DeviceError(f"Dated snapshots are those of noise_models: {known}. Got {name!r}.")
        return None
    if at and date not in dates:
        known = ", ".join(sorted(dates))
        raise DeviceError(f"The date of a snapshot of {device} must be one of {known}. Got {date!r}.")
    return dates[date if at else max(dates)]


def _presets() -> dict[str, dict[str, Path]]:
    """Path by UTC date by device."""
    found: dict[str, dict[str, Path]] = {}
    for name, path in preset_files("noise_models", ".json").items():
        device, _, date = name.rpartition("/")
        if device:
            found.setdefault(device, {})[date] = path
    return found


@lru_cache(maxsize=1)
def _fakes() -> dict[str, Path]:
    """Configuration by name of the recorded backends, sorted, from their folders: to import them all takes seconds."""
    # Where it is, without an import of it, which alone takes most of a second.
    spec = importlib.util.find_spec("qiskit_ibm_runtime")
    if spec is None or spec.origin is None:
        return {}
    folder = Path(spec.origin).parent / "fake_provider" / "backends"
    return {f"fake_{path.parent.name}": path for path in sorted(folder.glob("*/conf_*.json"))}


@lru_cache(maxsize=32)
def _cached(path: Path) -> Device:
    return read_snapshot(path)


@lru_cache(maxsize=128)
def _fake(name: str) -> Device:
    backend, notices = _recorded(name)
    device = device_from_backend(backend)
    return replace(device, notices=(*notices, *device.notices))


def _unknown(name: str) -> DeviceError:
    names = sorted({*_presets(), *_fakes()})
    return DeviceError(
        f"There is no device {name!r}.", meant(name, names) or "`qcsearch devices list` shows the names."
    )
