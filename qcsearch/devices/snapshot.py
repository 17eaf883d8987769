"""The file format of a calibration snapshot: strict when read, one line a qubit and a gate when written.

```
{"format": "qcsearch-device/1", "name", "provider", "calibrated_at", "dt", "basis_gates", "coupling_map",
 "qubits": [{"t1", "t2", "p10", "p01", "readout_duration"}, …],
 "gates":  [{"name", "qubits", "error", "duration"}, …],
 "notices": [sentence, …], "digest": SHA-256 of all but notices and digest}
```
Seconds and probabilities throughout; null where a value was not measured. `notices` and `digest` may be
missing, every other key must be there, and no key beyond these.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from qcsearch import canonical
from qcsearch.canonical import Json
from qcsearch.devices.device import Device, GateCalibration, Qubit
from qcsearch.errors import DeviceError

__all__ = ["FORMAT", "content", "parse", "read_snapshot", "to_json", "to_text", "write_snapshot"]

FORMAT = "qcsearch-device/1"
"""The version of the format; a file of any other is refused."""

_MAX_BYTES = 64 * 1024 * 1024
_MAX_QUBITS = 100_000
_LONGEST = 1e9  # seconds; thirty years, beyond which a number is no time of a qubit
_KEYS = {
    "format",
    "name",
    "provider",
    "calibrated_at",
    "dt",
    "basis_gates",
    "coupling_map",
    "qubits",
    "gates",
}
_QUBIT_KEYS = {"t1", "t2", "p10", "p01", "readout_duration"}
_GATE_KEYS = {"name", "qubits", "error", "duration"}


def content(device: Device) -> dict[str, Json]:
    """The facts as JSON values, without notices and digest: what is hashed."""
    return {
        "format": FORMAT,
        "name": device.name,
        "provider": device.provider,
        "calibrated_at": device.calibrated_at,
        "dt": device.dt,
        "basis_gates": list(device.basis_gates),
        "coupling_map": [list(pair) for pair in device.coupling_map],
        "qubits": [asdict(qubit) for qubit in device.qubits],
        "gates": [{**asdict(gate), "qubits": list(gate.qubits)} for gate in device.gates],
    }


def to_json(device: Device) -> dict[str, Json]:
    """The facts, the notices and the digest as JSON values."""
    return {**content(device), "notices": list(device.notices), "digest": device.digest}


def to_text(device: Device) -> str:
    """The text of a snapshot file: short lists on one line, one line a qubit, gate and notice."""
    lines = []
    for key, value in to_json(device).items():
        if key in ("qubits", "gates", "notices") and value:
            inner = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f'"{key}": [\n{inner}\n]')
        else:
            lines.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write_snapshot(device: Device, folder: Path) -> Path:
    """Write `<folder>/<device>/<UTC date>.json` and return its path.

    Raises:
        DeviceError: if the time of calibration is unknown, or another snapshot of that day is there.
    """
    if not device.calibrated_at:
        raise DeviceError(f"The snapshot of {device.name} has no time of calibration to file it under.")
    name = "".join(c if c.isalnum() or c in "_-." else "_" for c in device.name).lstrip(".") or "device"
    path = Path(folder) / name / f"{device.calibrated_at[:10]}.json"
    if path.exists() and read_snapshot(path) != device:
        raise DeviceError(
            f"Another snapshot of {device.name} of that day is there: {path}.", "remove or rename it."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    canonical.write_text(path, to_text(device))
    return path


def read_snapshot(path: Path) -> Device:
    """Read and validate a snapshot file.

    Raises:
        DeviceError: if it cannot be read, or anything in it is wrong.
    """
    from qcsearch.devices.validation import validate

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DeviceError(f"The snapshot {path} must be at most {_MAX_BYTES} bytes.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"The snapshot {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DeviceError(f"The snapshot {path} is not UTF-8 text.") from error
    try:
        raw = canonical.loads(text)
    except ValueError as error:
        _name_the_number(text)
        raise DeviceError(f"The snapshot {path} is not valid JSON: {error}") from error
    return validate(raw)


def _name_the_number(text: str) -> None:
    """If all that is wrong is a NaN or an infinity, raise the DeviceError that says where it stands."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return
    parse(raw)


def parse(raw: Json) -> Device:
    """Build the device exactly as the snapshot says; physics is `validation`'s concern.

    Raises:
        DeviceError: on a wrong type, a missing or unknown key, a number out of range, a gate on a qubit that
            is not there, a gate or edge given twice, another format, a digest that does not fit.
    """
    top = _object(raw, "The snapshot", _KEYS, {"notices", "digest"})
    if top["format"] != FORMAT:
        raise DeviceError(f"The format of the snapshot must be {FORMAT!r}. Got {top['format']!r}.")
    qubits = tuple(_qubit(q, entry) for q, entry in enumerate(_list(top["qubits"], "'qubits'")))
    if not 0 < len(qubits) <= _MAX_QUBITS:
        raise DeviceError(f"A device must have 1 to {_MAX_QUBITS} qubits. Got {len(qubits)}.")
    gates = tuple(_gate(i, entry, len(qubits)) for i, entry in enumerate(_list(top["gates"], "'gates'")))
    device = Device(
        name=_text(top["name"], "'name'"),
        provider=_text(top["provider"], "'provider'"),
        calibrated_at=_time(top["calibrated_at"]),
        basis_gates=_basis(top["basis_gates"], gates),
        coupling_map=_coupling(top["coupling_map"], gates, len(qubits)),
        qubits=qubits,
        gates=gates,
        dt=_number(top["dt"], "The 'dt' of the device", low=0.0, above=True, optional=True),
        notices=tuple(_text(n, "A notice", 20_000) for n in _list(top.get("notices", []), "'notices'")),
    )
    _check_digest(top)
    return device


def _check_digest(top: dict[str, Json]) -> None:
    if "digest" not in top:
        return
    actual = canonical.digest({key: top[key] for key in _KEYS})
    if top["digest"] != actual:
        raise DeviceError(
            f"The 'digest' of the snapshot must be that of its content, {actual}. Got {top['digest']!r}.",
            "the file was changed after it was written; take the snapshot again, or remove the digest.",
        )


def _qubit(index: int, raw: Json) -> Qubit:
    where = f"of qubit {index}"
    entry = _object(raw, f"The entry {where}", _QUBIT_KEYS)
    return Qubit(
        t1=_number(entry["t1"], f"The 't1' {where}", above=True, optional=True),
        t2=_number(entry["t2"], f"The 't2' {where}", above=True, optional=True),
        p10=_probability(entry["p10"], f"The 'p10' {where}"),
        p01=_probability(entry["p01"], f"The 'p01' {where}"),
        readout_duration=_number(entry["readout_duration"], f"The 'readout_duration' {where}", optional=True),
    )


def _gate(index: int, raw: Json, n_qubits: int) -> GateCalibration:
    entry = _object(raw, f"Gate number {index}", _GATE_KEYS)
    name = _text(entry["name"], f"The 'name' of gate number {index}")
    qubits = tuple(_list(entry["qubits"], f"The 'qubits' of gate number {index} ({name})"))
    for q in qubits:
        _index(q, f"A qubit of gate number {index} ({name})", n_qubits)
    where = f"of gate {name} on {list(qubits)}"
    if not 1 <= len(qubits) <= 2 or len(set(qubits)) != len(qubits):
        raise DeviceError(f"The 'qubits' {where} must be one qubit or two different ones.")
    error = entry["error"]
    return GateCalibration(
        name=name,
        qubits=qubits,
        error=None if error is None else _probability(error, f"The 'error' {where}"),
        duration=_number(entry["duration"], f"The 'duration' {where}", optional=True),
    )


def _basis(raw: Json, gates: tuple[GateCalibration, ...]) -> tuple[str, ...]:
    from qiskit.circuit.library import get_standard_gate_name_mapping

    names = [_text(name, "A basis gate") for name in _list(raw, "'basis_gates'")]
    known = get_standard_gate_name_mapping()
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for gate in gates:
        where = f"{gate.name} on {list(gate.qubits)}"
        if gate.name not in names:
            raise DeviceError(f"Every gate must be one of the 'basis_gates'. Got {where}.")
        if gate.name not in known or known[gate.name].num_qubits != len(gate.qubits):
            raise DeviceError(f"A gate must be one Qiskit knows, on its number of qubits. Got {where}.")
        if (gate.name, gate.qubits) in seen:
            raise DeviceError(f"A gate must stand once for the same qubits. Got gate {where} twice.")
        seen.add((gate.name, gate.qubits))
    for name in names:
        if not any(gate.name == name for gate in gates):
            raise DeviceError(f"The basis gate {name!r} must have an entry in 'gates'.")
    if len(set(names)) != len(names):
        raise DeviceError(f"The 'basis_gates' must each stand once. Got {names}.")
    return tuple(sorted(names))


def _coupling(raw: Json, gates: tuple[GateCalibration, ...], n_qubits: int) -> tuple[tuple[int, int], ...]:
    carried = {gate.qubits for gate in gates if len(gate.qubits) == 2}
    pairs: set[tuple[int, int]] = set()
    for entry in _list(raw, "'coupling_map'"):
        pair = _list(entry, "An edge of the 'coupling_map'")
        if len(pair) != 2:
            raise DeviceError(f"An edge of the 'coupling_map' must be two qubits. Got {pair}.")
        a, b = (_index(q, f"A qubit of edge {pair} of the 'coupling_map'", n_qubits) for q in pair)
        if (a, b) not in carried:
            raise DeviceError(f"Edge {pair} of the 'coupling_map' must have a two-qubit gate in 'gates'.")
        if (a, b) in pairs:
            raise DeviceError(f"An edge of the 'coupling_map' must stand once. Got {pair} twice.")
        pairs.add((a, b))
    return tuple(sorted(pairs))


def _object(
    raw: Json, what: str, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Json]:
    if not isinstance(raw, dict):
        raise DeviceError(f"{what} must be a JSON object. Got {_show(raw)}.")
    for key in sorted(required):
        if key not in raw:
            raise DeviceError(f"{what} must have a key {key!r}.")
    for key in raw:
        if key not in required and key not in optional:
            raise DeviceError(f"{what} must have no key {_show(key)}.")
    return raw


def _list(raw: Json, what: str) -> list[Json]:
    if not isinstance(raw, (list, tuple)):
        raise DeviceError(f"{what} must be a list. Got {_show(raw)}.")
    return list(raw)


def _text(raw: Json, what: str, longest: int = 200) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= longest or not raw.isprintable():
        raise DeviceError(f"{what} must be a printable text of 1 to {longest} characters. Got {_show(raw)}.")
    return raw


def _index(raw: Json, what: str, n_qubits: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < n_qubits:
        raise DeviceError(f"{what} must be an int in [0, {n_qubits - 1}]. Got {_show(raw)}.")
    return raw


def _number(
    raw: Json, what: str, *, low: float = 0.0, above: bool = False, optional: bool = False
) -> float | None:
    """A finite number of seconds, `>= low` or, with `above`, `> low`."""
    if raw is None and optional:
        return None
    good = isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) < math.inf
    if not good or raw > _LONGEST or raw < low or (above and raw == low):
        bound = f"{'>' if above else '>='} {low:g}"
        null = " or null" if optional else ""
        raise DeviceError(f"{what} must be a finite number {bound}, in seconds,{null}. Got {_show(raw)}.")
    return float(raw)


def _probability(raw: Json, what: str) -> float:
    good = isinstance(raw, (int, float)) and not isinstance(raw, bool)
    if not good or not 0 <= raw <= 1:
        raise DeviceError(f"{what} must be a number in [0, 1]. Got {_show(raw)}.")
    return float(raw)


def _time(raw: Json) -> str:
    if raw == "":
        return ""
    try:
        time = datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo is None:
        raise DeviceError(
            f"The 'calibrated_at' of the device must be an ISO 8601 time with its zone, or ''. Got {_show(raw)}."
        )
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _show(raw: Json) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}…"
