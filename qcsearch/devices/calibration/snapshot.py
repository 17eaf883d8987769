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

from qcsearch.devices.calibration import fields
from qcsearch.devices.device import FORMAT, Device, GateCalibration, Qubit
from qcsearch.errors import DeviceError
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_DEVICE_GATES, MAX_DEVICE_QUBITS

__all__ = ["parse", "to_text"]

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


def to_text(device: Device) -> str:
    """The text of a snapshot file: short lists on one line, one line a qubit, gate and notice."""
    lines = []
    for key, value in device.to_json().items():
        if key in ("qubits", "gates", "notices") and value:
            inner = ",\n".join(json.dumps(entry, ensure_ascii=False, allow_nan=False) for entry in value)
            lines.append(f'"{key}": [\n{inner}\n]')
        else:
            lines.append(f'"{key}": {json.dumps(value, ensure_ascii=False, allow_nan=False)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def parse(raw: Json) -> Device:
    """Build the device exactly as the snapshot says; physics is the concern of `validation`.

    Raises:
        DeviceError: on a wrong type, a missing or unknown key, a number out of range, a gate on a qubit that
            is not there, a gate or edge given twice, another format, a digest that does not fit.
    """
    top = fields.keys(raw, "The snapshot", _KEYS, {"notices", "digest"})
    if top["format"] != FORMAT:
        raise DeviceError(f"The 'format' must be {FORMAT!r}. Got {fields.show(top['format'])}.")
    entries = fields.items(top["qubits"], "The 'qubits'")
    if not 0 < len(entries) <= MAX_DEVICE_QUBITS:
        raise DeviceError(f"The 'qubits' must be 1 to {MAX_DEVICE_QUBITS}. Got {len(entries)}.")
    qubits = tuple(_qubit(q, entry) for q, entry in enumerate(entries))
    listed = fields.items(top["gates"], "The 'gates'")
    if len(listed) > MAX_DEVICE_GATES:
        raise DeviceError(f"The 'gates' must be at most {MAX_DEVICE_GATES}. Got {len(listed)}.")
    gates = tuple(sorted((_gate(i, entry, len(qubits)) for i, entry in enumerate(listed)), key=_place))
    notices = fields.items(top.get("notices", []), "The 'notices'")
    device = Device(
        name=fields.text(top["name"], "The 'name' of the device"),
        provider=fields.text(top["provider"], "The 'provider' of the device"),
        calibrated_at=fields.time(top["calibrated_at"], "The 'calibrated_at' of the device"),
        basis_gates=_basis(top["basis_gates"], gates),
        coupling_map=_coupling(top["coupling_map"], gates, len(qubits)),
        qubits=qubits,
        gates=gates,
        dt=fields.seconds(top["dt"], "The 'dt' of the device", positive=True),
        notices=tuple(fields.text(notice, "A notice", 20_000) for notice in notices),
    )
    _check_digest(top)
    return device


def _check_digest(top: dict[str, Json]) -> None:
    if "digest" not in top:
        return
    actual = canonical.digest({key: top[key] for key in _KEYS})
    if top["digest"] != actual:
        raise DeviceError(
            f"The 'digest' must be that of the content, {actual}. Got {fields.show(top['digest'])}.",
            "the file was changed after it was written; take the snapshot again, or remove the digest.",
        )


def _qubit(number: int, raw: Json) -> Qubit:
    where = f"of qubit {number}"
    entry = fields.keys(raw, f"The entry {where}", _QUBIT_KEYS)
    return Qubit(
        t1=fields.seconds(entry["t1"], f"The 't1' {where}", positive=True),
        t2=fields.seconds(entry["t2"], f"The 't2' {where}", positive=True),
        p10=fields.probability(entry["p10"], f"The 'p10' {where}"),
        p01=fields.probability(entry["p01"], f"The 'p01' {where}"),
        readout_duration=fields.seconds(entry["readout_duration"], f"The 'readout_duration' {where}"),
    )


def _gate(number: int, raw: Json, n_qubits: int) -> GateCalibration:
    entry = fields.keys(raw, f"The entry of gate number {number}", _GATE_KEYS)
    name = fields.text(entry["name"], f"The 'name' of gate number {number}")
    where = f"of gate {name} (number {number})"
    listed = fields.items(entry["qubits"], f"The 'qubits' {where}")
    qubits = tuple(fields.index(q, f"Each of the 'qubits' {where}", n_qubits) for q in listed)
    if not 1 <= len(qubits) <= 2 or len(set(qubits)) != len(qubits):
        raise DeviceError(
            f"The 'qubits' {where} must be one or two different ones. Got {fields.show(listed)}."
        )
    where = f"of gate {name} on qubits {listed}"
    error = entry["error"]
    return GateCalibration(
        name=name,
        qubits=qubits,
        error=None if error is None else fields.probability(error, f"The 'error' {where}"),
        duration=fields.seconds(entry["duration"], f"The 'duration' {where}"),
    )


def _place(gate: GateCalibration) -> tuple[str, tuple[int, ...]]:
    return gate.name, gate.qubits


def _basis(raw: Json, gates: tuple[GateCalibration, ...]) -> tuple[str, ...]:
    """The sorted names of the basis gates, checked against the gates' entries and against Qiskit."""
    from qiskit.circuit import Gate
    from qiskit.circuit.library import get_standard_gate_name_mapping

    # Gates that Qiskit does not know could be neither translated to nor given a noise channel.
    names = [
        fields.text(name, "Each of the 'basis_gates'") for name in fields.items(raw, "The 'basis_gates'")
    ]
    if len(set(names)) != len(names):
        raise DeviceError(f"The 'basis_gates' must each stand once. Got {names}.")
    known = {
        name: x.num_qubits for name, x in get_standard_gate_name_mapping().items() if isinstance(x, Gate)
    }
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for gate in gates:
        where = f"{gate.name} on qubits {list(gate.qubits)}"
        if gate.name not in names:
            raise DeviceError(f"The 'basis_gates' must name every gate. They lack that of gate {where}.")
        if known.get(gate.name) != len(gate.qubits):
            raise DeviceError(f"A gate must be one that Qiskit knows for so many qubits. Got gate {where}.")
        if _place(gate) in seen:
            raise DeviceError(f"A gate must stand once for the same qubits. Got gate {where} twice.")
        seen.add(_place(gate))
    for name in names:
        if all(gate.name != name for gate in gates):
            raise DeviceError(
                f"Each of the 'basis_gates' must have an entry in 'gates'. Gate {name} has none."
            )
    return tuple(sorted(names))


def _coupling(raw: Json, gates: tuple[GateCalibration, ...], n_qubits: int) -> tuple[tuple[int, int], ...]:
    carried = {gate.qubits for gate in gates if len(gate.qubits) == 2}
    pairs: set[tuple[int, int]] = set()
    for entry in fields.items(raw, "The 'coupling_map'"):
        what = f"Edge {fields.show(entry)} of the 'coupling_map'"
        pair = fields.items(entry, what)
        if len(pair) != 2:
            raise DeviceError(f"{what} must be two qubits.")
        a, b = (fields.index(q, f"Each qubit of edge {fields.show(entry)}", n_qubits) for q in pair)
        if (a, b) not in carried:
            raise DeviceError(f"{what} must have a two-qubit gate in 'gates'. It has none.")
        if (a, b) in pairs:
            raise DeviceError(f"{what} must stand once. It stands twice.")
        pairs.add((a, b))
    return tuple(sorted(pairs))
