"""Calibration facts looked at as a physicist would, before anything is computed from them.

What cannot be true ends in a `DeviceError` (`snapshot.parse`: NaN, negative, above 1, a gate on no qubit). What real
calibrations do hold is put right here: T2 above 2·T1 is clipped to it, and couplings without a living, measured gate
between usable qubits are removed. What looks odd besides is in one table, `rules.RULES`. Whatever was changed,
left out or doubtful is said in the device's `notices`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from qcsearch.devices.calibration.rules import RULES, contradictions, edge_name, qubits_named, some
from qcsearch.devices.calibration.snapshot import parse
from qcsearch.devices.coupling import components
from qcsearch.devices.device import DEAD, Device, GateCalibration
from qcsearch.devices.transpile.gate_set import entangles
from qcsearch.errors import DeviceError
from qcsearch.storage.canonical import Json

__all__ = ["compare", "device_from_json"]


def device_from_json(raw: Json) -> Device:
    """Build a device from a snapshot's JSON, put right what can be, refuse what cannot.

    Args:
        raw: as `Device.to_json` writes it.

    Returns:
        The device; each thing that was changed, left out or doubtful is one of its `notices`.

    Raises:
        DeviceError: see `snapshot.parse`; or if there is no gate at all, or a rule refuses it.
    """
    found = parse(raw)
    if not found.gates:
        raise DeviceError(f"The 'gates' of {found.name} must be at least one. There is none.")
    device, clipped = _clip_t2(found)
    device, removed = _drop_edges(device)
    notes = (rule.note(device) for rule in RULES)
    notices = [*clipped, *removed, *(note for note in notes if note is not None), *_parts(device)]
    # A notice that the file carries already is not said twice.
    return replace(device, notices=tuple(dict.fromkeys((*found.notices, *notices))))


def _clip_t2(device: Device) -> tuple[Device, list[str]]:
    """T2 ≤ 2·T1 holds for every qubit; an estimate above it is an error of the measurement."""
    qubits, places = [], []
    for q, qubit in enumerate(device.qubits):
        if qubit.t1 is not None and qubit.t2 is not None and qubit.t2 > 2 * qubit.t1:
            places.append(f"{q} ({qubit.t2 * 1e6:.4g} to {2 * qubit.t1 * 1e6:.4g} µs)")
            qubit = replace(qubit, t2=2 * qubit.t1)
        qubits.append(qubit)
    text = f"T2 was above 2·T1 and is clipped to it on {qubits_named(places)}."
    return replace(device, qubits=tuple(qubits)), [text] if places else []


def _drop_edges(device: Device) -> tuple[Device, list[str]]:
    """Keep the edges that carry a living, measured two-qubit gate between two usable qubits."""
    carried: dict[tuple[int, ...], list[GateCalibration]] = {}
    coupled = set(device.coupling_map)
    for gate in device.gates:
        if len(gate.qubits) == 1 or gate.qubits in coupled:
            carried.setdefault(gate.qubits, []).append(gate)
    sketched = not any(len(qubits) == 1 for qubits in carried)  # couplings alone, to be looked at
    usable = set(device.usable_qubits)
    kept, idle = list[tuple[int, int]](), list[tuple[int, int]]()
    dead, unmeasured = [], []
    for edge in device.coupling_map:
        if all(gate.is_dead for gate in carried[edge]):
            dead.append(edge)
        elif all(gate.is_dead or gate.error is None for gate in carried[edge]):
            unmeasured.append(edge)
        elif usable.issuperset(edge):
            (kept if sketched or _entangles(carried, *edge) else idle).append(edge)
    notices = []
    if dead:
        notices.append(f"Two-qubit error is {DEAD} or more, so the edge is removed: {_edges(dead, kept)}.")
    if unmeasured:
        notices.append(f"Two-qubit error is unknown, so the edge is removed: {_edges(unmeasured, kept)}.")
    if idle:
        notices.append(f"The gates make no cx, so the edge is removed: {_edges(idle, kept)}.")
    return replace(device, coupling_map=tuple(kept)), notices


def _entangles(carried: Mapping[tuple[int, ...], list[GateCalibration]], a: int, b: int) -> bool:
    """Whether the living gates of a coupling make a `cx`."""
    one, other = (frozenset(gate.name for gate in carried.get((q,), ())) for q in (a, b))
    there, back = (
        frozenset(gate.name for gate in carried.get(pair, ()) if not gate.is_dead and gate.error is not None)
        for pair in ((a, b), (b, a))
    )
    return entangles(one & other, there, back)


def _parts(device: Device) -> Iterator[str]:
    """Say which usable qubits are cut off from the largest connected part."""
    if device.n_qubits == 1:
        return
    if not device.edges:
        yield "No edge is usable: only regions of one qubit can be chosen."
        return
    parts = components(device.usable_qubits, device.edges)
    if rest := sorted(q for part in parts[1:] for q in part):
        yield f"Cut off from the largest part of {len(parts[0])} qubits: {qubits_named(rest)}."


def compare(device: Device, older: Device | None = None, factor: float = 10.0) -> tuple[str, ...]:
    """Flag what contradicts itself in a snapshot, and what jumped since an older one.

    Args:
        device: the snapshot in question.
        older: an earlier snapshot of the same device; None looks for contradictions only.
        factor: T1, T2, readout error, gate error or duration that changed by more than this is a jump.

    Returns:
        Flags, a sentence each; empty if nothing is odd.

    Raises:
        DeviceError: if `older` is of another device.
    """
    flags = list(contradictions(device))
    if older is None:
        return tuple(flags)
    if older.name != device.name:
        raise DeviceError(f"The older snapshot must be of {device.name}. Got one of {older.name}.")
    since = older.calibrated_at or "the older snapshot"
    if device.calibrated_at and older.calibrated_at > device.calibrated_at:
        flags.append(f"The older snapshot is the later one, of {since}.")
    if older.n_qubits != device.n_qubits:
        return (*flags, f"The number of qubits went from {older.n_qubits} to {device.n_qubits}.")
    if jumps := list(_jumps(_facts(older), _facts(device), factor)):
        flags.append(f"Changed by more than a factor of {factor:g} since {since}: {some(jumps)}.")
    if gone := sorted(set(older.edges) - set(device.edges)):
        flags.append(f"Edges that were usable on {since} and are not now: {some(map(edge_name, gone))}.")
    if new := sorted(set(device.edges) - set(older.edges)):
        flags.append(f"Edges that are usable now and were not on {since}: {some(map(edge_name, new))}.")
    return tuple(flags)


def _jumps(old: dict[str, float], new: dict[str, float], factor: float) -> Iterator[str]:
    for what, value in new.items():
        low, high = sorted((value, old.get(what, value)))
        if high > factor * low:
            yield f"{what} ({old[what]:.3g} to {value:.3g})"


def _facts(device: Device) -> dict[str, float]:
    """Every measured number of a snapshot under a readable name."""
    facts: dict[str, float | None] = {}
    for q, qubit in enumerate(device.qubits):
        facts[f"T1 of qubit {q}"] = qubit.t1
        facts[f"T2 of qubit {q}"] = qubit.t2
        facts[f"readout error of qubit {q}"] = qubit.readout_error
        facts[f"readout duration of qubit {q}"] = qubit.readout_duration
    for gate in device.gates:
        facts[f"error of {gate.name} {edge_name(gate.qubits)}"] = gate.error
        facts[f"duration of {gate.name} {edge_name(gate.qubits)}"] = gate.duration
    return {what: value for what, value in facts.items() if value is not None}


def _edges(edges: list[tuple[int, int]], kept: list[tuple[int, int]]) -> str:
    """Pairs once each; one direction of a pair whose other direction is kept, with an arrow."""
    living = set(kept)
    shown = (f"{a}→{b}" if (b, a) in living else edge_name(sorted((a, b))) for a, b in edges)
    return some(dict.fromkeys(shown))
