"""Snapshot files: read in whichever of the formats that people keep calibrations in, written in ours."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from qcsearch.devices.calibration.ibm_table import from_table
from qcsearch.devices.calibration.snapshot import parse, to_text
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import Device
from qcsearch.errors import DeviceError, FileError
from qcsearch.storage import canonical, files
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_JSON_BYTES, MAX_TABLE_BYTES

__all__ = ["read_snapshot", "write_snapshot"]


def write_snapshot(device: Device, path: Path) -> Path:
    """Write a snapshot file and return its path; the same snapshot twice is no error.

    Args:
        device: what to write.
        path: the file, if it ends in `.json`; else a folder, and the file is `<device>/<UTC date>.json` there.

    Raises:
        DeviceError: if the time of calibration is unknown and no file is named, or another snapshot is there.
    """
    if path.suffix != ".json":
        path /= _filed(device)
    if path.exists() and read_snapshot(path) != device:
        raise DeviceError(f"The file {path} must not hold another snapshot. It does.", "remove or rename it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, to_text(device))
    return path


def _filed(device: Device) -> Path:
    if not device.calibrated_at:
        raise DeviceError(
            f"The snapshot of {device.name} must have a time of calibration to be filed under. It has none.",
            "name a file that ends in .json.",
        )
    name = "".join(c if c.isalnum() or c in "_-." else "_" for c in device.name).lstrip(".") or "device"
    return Path(name, f"{device.calibrated_at[:10]}.json")


def read_snapshot(path: Path) -> Device:
    """Read and validate a snapshot file, or a calibration table of IBM's web pages (`ibm_table`).

    Raises:
        DeviceError: if it cannot be read, or anything in it is wrong.
    """
    try:
        content = files.read_bytes(path, MAX_JSON_BYTES, follow=True)
    except FileError as error:
        raise DeviceError(f"The snapshot cannot be read: {error.message}", error.fix) from None
    except OSError as error:
        raise DeviceError(f"The snapshot {path} cannot be read: {error.strerror or error}.") from error
    text = _decoded(content, path)
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "["):
        return device_from_json(_parsed(text, path))
    if len(content) > MAX_TABLE_BYTES:
        raise DeviceError(
            f"The table {path} must have at most {MAX_TABLE_BYTES:,} bytes. It has {len(content):,}."
        )
    return device_from_json(from_table(text, path))


def _decoded(content: bytes, path: Path) -> str:
    """The text of a file, in the encodings that spreadsheets leave tables in too."""
    table = path.suffix.lower() == ".csv"
    try:
        wide = table and content[:2] in (b"\xff\xfe", b"\xfe\xff")
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        if table and b"\0" not in content:
            return content.decode("latin-1")
        raise DeviceError(f"The snapshot {path} must be UTF-8 text. It is not.") from None


def _parsed(text: str, path: Path) -> Json:
    try:
        return canonical.loads(text)
    except ValueError as error:
        _name_the_number(text)
        raise DeviceError(f"The snapshot {path} must be valid JSON: {error}") from error


def _name_the_number(text: str) -> None:
    """If what is wrong is a NaN, an infinity or endless digits, raise the DeviceError that says where it stands."""
    try:
        canonical.check_size(text)
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return
    with contextlib.suppress(RecursionError):
        try:
            canonical.loads(canonical.dumps(raw))
        except ValueError:
            parse(raw)
