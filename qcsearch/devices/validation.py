"""Calibration facts looked at as a physicist would, before anything is computed from them.

What cannot be true ends in a `DeviceError` (`snapshot.parse`: NaN, negative, above 1, a gate on no qubit).
What real calibrations do hold is put right, and said in a notice:

| found | done |
|---|---|
| T2 > 2·T1 | clipped to 2·T1 |
| T1 or T2 missing on some qubits | those qubits are left out of every region |
| T1 or T2 missing on all | the device is used without thermal relaxation |
| readout error ≥ 0.5, or a one-qubit gate's, or that gate missing | the qubit is left out of every region |
| two-qubit error ≥ 0.5, or not measured | the edge is removed |
| qubits cut off from the largest part | said; a region may still lie in a smaller part |
| an error or a duration of exactly 0, or missing | said |
| a gate longer than T1, an error far below what T1 and T2 allow, T1 longer than 10⁸ gates | said |
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from qcsearch.canonical import Json
from qcsearch.devices.device import DEAD, Device, GateCalibration, Qubit
from qcsearch.devices.snapshot import parse
from qcsearch.errors import DeviceError

__all__ = ["coherence_limit", "compare", "components", "contradictions", "validate"]

_SHOWN = 12  # places named in one notice; the rest is counted
_LONGEST_T = 1e8  # gates within T1; trapped ions reach some 1e7, microseconds written as seconds 1e9


def validate(raw: Json) -> Device:
    """Build a device from a snapshot's JSON, put right what can be, refuse what cannot.

    Args:
        raw: as `Device.to_json` writes it.

    Returns:
        The device; each thing that was changed, left out or doubtful is one of its `notices`.

    Raises:
        DeviceError: see `snapshot.parse`; or if there is no gate at all.
    """
    found = parse(raw)
    if not found.gates:
        raise DeviceError(f"The 'gates' of {found.name} must be at least one. There is none.")
    device, clipped = _clip_t2(found)
    device, removed = _drop_edges(device)
    notices = [*clipped, *_doubtful_qubits(device), *removed, *_doubtful_gates(device), *_parts(device)]
    notices += contradictions(device)
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
    text = f"T2 was above 2·T1 and is clipped to it on {_qubits(places)}."
    return replace(device, qubits=tuple(qubits)), [text] if places else []


def _drop_edges(device: Device) -> tuple[Device, list[str]]:
    """Keep the edges that carry a living, measured two-qubit gate between two usable qubits."""
    carried: dict[tuple[int, ...], list[GateCalibration]] = {}
    for gate in device.gates:
        carried.setdefault(gate.qubits, []).append(gate)
    usable = set(device.usable_qubits)
    kept, dead, unmeasured = [], [], []
    for edge in device.coupling_map:
        if all(gate.is_dead for gate in carried[edge]):
            dead.append(edge)
        elif all(gate.is_dead or gate.error is None for gate in carried[edge]):
            unmeasured.append(edge)
        elif usable.issuperset(edge):
            kept.append(edge)
    notices = []
    if dead:
        notices.append(f"Two-qubit error is {DEAD} or more, so the edge is removed: {_edges(dead, kept)}.")
    if unmeasured:
        notices.append(f"Two-qubit error is unknown, so the edge is removed: {_edges(unmeasured, kept)}.")
    return replace(device, coupling_map=tuple(kept)), notices


def _doubtful_qubits(device: Device) -> Iterator[str]:
    missing = [q for q, x in enumerate(device.qubits) if x.t1 is None or x.t2 is None]
    if len(missing) == device.n_qubits:
        yield "No qubit has both T1 and T2: the device is used without thermal relaxation where they miss."
    elif missing:
        yield f"T1 or T2 is unknown, so no region holds {_qubits(missing)}."
    if blind := [q for q, x in enumerate(device.qubits) if x.readout_error >= DEAD]:
        yield f"Readout error is {DEAD} or more, so no region holds {_qubits(blind)}."
    if dead := sorted({g.qubits[0] for g in device.gates if len(g.qubits) == 1 and g.is_dead}):
        yield f"A one-qubit gate's error is {DEAD} or more, so no region holds {_qubits(dead)}."
    if device.incomplete_qubits:
        yield f"A one-qubit gate is missing, so no region holds {_qubits(device.incomplete_qubits)}."
    if unknown := [q for q, x in enumerate(device.qubits) if x.readout_duration is None]:
        yield f"Readout duration is unknown, and counted as 0, on {_qubits(unknown)}."
    if instant := [q for q, x in enumerate(device.qubits) if x.readout_duration == 0]:
        yield f"Readout duration is given as exactly 0, which no readout takes, on {_qubits(instant)}."
    if perfect := [q for q, x in enumerate(device.qubits) if x.readout_error == 0]:
        yield f"Readout error is given as exactly 0, which no readout has, on {_qubits(perfect)}."


def _doubtful_gates(device: Device) -> Iterator[str]:
    used = [gate for gates in device.gates_on.values() for gate in gates]
    if perfect := [gate for gate in used if gate.error == 0 and len(gate.qubits) == 2]:
        yield f"Two-qubit error is given as exactly 0, which no gate has: {_places(perfect)}."
    if instant := [gate for gate in used if gate.error and gate.duration == 0]:
        yield f"Gate duration is given as exactly 0 beside an error above 0: {_places(instant)}."
    if unmeasured := [gate for gate in used if gate.error is None]:
        yield f"Gate error is unknown, and only relaxation acts: {_places(unmeasured)}."
    if untimed := [gate for gate in used if gate.duration is None]:
        yield f"Gate duration is unknown, and counted as 0: {_places(untimed)}."


def _parts(device: Device) -> Iterator[str]:
    """Say which usable qubits are cut off from the largest connected part."""
    if device.n_qubits == 1:
        return
    if not device.edges:
        yield "No edge is usable: only regions of one qubit can be chosen."
        return
    parts = components(device.usable_qubits, device.edges)
    if rest := sorted(q for part in parts[1:] for q in part):
        yield f"Cut off from the largest part of {len(parts[0])} qubits: {_qubits(rest)}."


def components(qubits: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Connected parts of a coupling graph, largest first, then by their lowest qubit."""
    neighbours: dict[int, list[int]] = {q: [] for q in qubits}
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    parts, seen = [], set[int]()
    for start in sorted(neighbours):
        if start in seen:
            continue
        part, todo = {start}, [start]
        while todo:
            new = set(neighbours[todo.pop()]) - part
            part |= new
            todo.extend(new)
        seen |= part
        parts.append(tuple(sorted(part)))
    return sorted(parts, key=lambda part: (-len(part), part))


def coherence_limit(qubits: Sequence[Qubit], duration: float) -> float:
    """Average infidelity that thermal relaxation alone causes in `duration` seconds.

    The process fidelity of relaxation is the product over qubits of (1 + e^(−t/T1) + 2·e^(−t/T2)) / 4, and
    the average fidelity (d·F_process + 1) / (d + 1) (Horodecki et al., Phys. Rev. A 60, 1888). A time that
    is None counts as infinite.
    """
    process = 1.0
    for qubit in qubits:
        decay1 = 1.0 if qubit.t1 is None else math.exp(-duration / qubit.t1)
        decay2 = 1.0 if qubit.t2 is None else math.exp(-duration / qubit.t2)
        process *= (1 + decay1 + 2 * decay2) / 4
    dim = float(2 ** len(qubits))
    return 1 - (dim * process + 1) / (dim + 1)


def contradictions(device: Device, margin: float = 10.0) -> tuple[str, ...]:
    """Facts of one snapshot that cannot all be true, a sentence each.

    Args:
        device: the snapshot.
        margin: an error is flagged when it is so many times below the coherence limit of its duration.
            Times and errors are measured at different hours, so a small factor is no contradiction.

    Returns:
        Flags on gates and readouts longer than T1, on errors that T1 and T2 do not allow, on a T1 of more
        than 10⁸ gates, on a dt longer than a gate.
    """
    timed = [gate for gates in device.gates_on.values() for gate in gates if gate.duration]
    long, small = [], []
    for gate in timed:
        qubits, duration = [device.qubits[q] for q in gate.qubits], gate.duration or 0.0
        if duration > min(qubit.t1 or math.inf for qubit in qubits):
            long.append(gate)
        elif gate.error is not None and gate.error * margin < coherence_limit(qubits, duration):
            small.append(gate)
    slowest = max((gate.duration or 0.0 for gate in timed), default=math.inf)
    flags = []
    if long:
        flags.append(f"A gate lasts longer than T1, so a unit may be wrong: {_places(long)}.")
    if late := [q for q, x in enumerate(device.qubits) if (x.readout_duration or 0) > (x.t1 or math.inf)]:
        flags.append(f"Readout lasts longer than T1, so one of the two is wrong, on {_qubits(late)}.")
    if small:
        flags.append(f"Gate error is over {margin:g} times below what T1 and T2 allow: {_places(small)}.")
    if endless := [q for q, x in enumerate(device.qubits) if (x.t1 or 0.0) > _LONGEST_T * slowest]:
        flags.append(f"T1 is over 10⁸ gates long, so a unit may be wrong, on {_qubits(endless)}.")
    if device.dt is not None and timed and device.dt > min(gate.duration or 0.0 for gate in timed):
        flags.append(f"The dt of {device.dt:g} s is longer than a gate, so a unit may be wrong.")
    return tuple(flags)


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
        flags.append(f"Changed by more than a factor of {factor:g} since {since}: {_some(jumps)}.")
    if gone := sorted(set(older.edges) - set(device.edges)):
        flags.append(f"Edges that were usable on {since} and are not now: {_some(map(_edge, gone))}.")
    if new := sorted(set(device.edges) - set(older.edges)):
        flags.append(f"Edges that are usable now and were not on {since}: {_some(map(_edge, new))}.")
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
        facts[f"error of {gate.name} {_edge(gate.qubits)}"] = gate.error
        facts[f"duration of {gate.name} {_edge(gate.qubits)}"] = gate.duration
    return {what: value for what, value in facts.items() if value is not None}


def _edge(edge: Sequence[int]) -> str:
    return "-".join(map(str, edge))


def _edges(edges: list[tuple[int, int]], kept: list[tuple[int, int]]) -> str:
    """Pairs once each; one direction of a pair whose other direction is kept, with an arrow."""
    shown = (f"{a}→{b}" if (b, a) in kept else _edge(sorted((a, b))) for a, b in edges)
    return _some(dict.fromkeys(shown))


def _places(gates: Iterable[GateCalibration]) -> str:
    return _some(f"{gate.name} {_edge(gate.qubits)}" for gate in gates)


def _qubits(places: Sequence[object]) -> str:
    return f"{'qubit' if len(places) == 1 else 'qubits'} {_some(places)}"


def _some(places: Iterable[object]) -> str:
    names = [str(place) for place in places]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
