"""Calibration facts looked at as a physicist would, before anything is computed from them.

What cannot be true ends in a `DeviceError` (`snapshot.parse`: NaN, negative, above 1, a gate on no qubit).
What a real calibration does hold is put right, and said in a notice:

| found | done |
|---|---|
| T2 > 2·T1 | clipped to 2·T1 |
| T1 or T2 missing on some qubits | those qubits are left out of every region |
| T1 or T2 missing on all | the device is used without thermal relaxation |
| readout error ≥ 0.5, or a one-qubit gate's | the qubit is left out of every region |
| two-qubit error ≥ 0.5, or not measured | the edge is removed |
| qubits cut off from the largest part | said; a region may still lie in a smaller part |
| an error of exactly 0, a duration missing | said |
| a gate longer than T1, an error far below what T1 and T2 allow | said |
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from qcsearch.canonical import Json
from qcsearch.devices.device import DEAD, Device, GateCalibration, Qubit
from qcsearch.devices.snapshot import parse
from qcsearch.errors import DeviceError

__all__ = ["coherence_limit", "compare", "contradictions", "validate"]

_SHOWN = 12  # places named in one notice; the rest is counted


def validate(raw: Json) -> Device:
    """Build a device from a snapshot's JSON, put right what can be, refuse what cannot.

    Args:
        raw: as `Device.to_json` writes it.

    Returns:
        The device; each thing that was changed, left out or doubtful is one of its `notices`.

    Raises:
        DeviceError: see `snapshot.parse`; or if no gate is left.
    """
    found = parse(raw)
    if not found.gates:
        raise DeviceError(f"The device {found.name} must have at least one gate.")
    device, clipped = _clip_t2(found)
    device, edges = _drop_edges(device)
    notices = [*clipped, *_doubtful_qubits(device), *edges, *_doubtful_gates(device), *_parts(device)]
    notices += contradictions(device)
    # A notice that the file carries already is not said twice.
    return replace(device, notices=tuple(dict.fromkeys((*found.notices, *notices))))


def _clip_t2(device: Device) -> tuple[Device, list[str]]:
    """T2 ≤ 2·T1 holds for every qubit; an estimate above it is an error of the measurement."""
    qubits, places = [], []
    for q, qubit in enumerate(device.qubits):
        if qubit.t1 is not None and qubit.t2 is not None and qubit.t2 > 2 * qubit.t1:
            places.append(f"{q} ({qubit.t2:.4g} s to {2 * qubit.t1:.4g} s)")
            qubit = replace(qubit, t2=2 * qubit.t1)
        qubits.append(qubit)
    text = f"T2 was above 2·T1 and is clipped to it on qubit {_some(places)}."
    return replace(device, qubits=tuple(qubits)), [text] if places else []


def _doubtful_qubits(device: Device) -> Iterator[str]:
    missing = [q for q, x in enumerate(device.qubits) if x.t1 is None or x.t2 is None]
    if len(missing) == device.n_qubits:
        yield "No qubit has both T1 and T2: the device is used without thermal relaxation."
    elif missing:
        yield f"T1 or T2 was not measured, so no region holds qubit {_some(missing)}."
    if blind := [q for q, x in enumerate(device.qubits) if x.readout_error >= DEAD]:
        yield f"Readout error is {DEAD} or more, so no region holds qubit {_some(blind)}."
    dead = sorted({g.qubits[0] for g in device.gates if len(g.qubits) == 1 and g.is_dead})
    if dead:
        yield f"A one-qubit gate has an error of {DEAD} or more, so no region holds qubit {_some(dead)}."
    if unknown := [q for q, x in enumerate(device.qubits) if x.readout_duration is None]:
        yield f"Readout duration is unknown, and counted as 0, on qubit {_some(unknown)}."


def _drop_edges(device: Device) -> tuple[Device, list[str]]:
    """Keep the edges that carry a living, measured two-qubit gate between two usable qubits."""
    carried: dict[tuple[int, ...], list[GateCalibration]] = {}
    for gate in device.gates:
        carried.setdefault(gate.qubits, []).append(gate)
    usable = set(device.usable_qubits)
    kept, dead, unmeasured = [], [], []
    for edge in device.coupling_map:
        if all(gate.is_dead for gate in carried[edge]):
            dead.append(_edge(edge))
        elif all(gate.is_dead or gate.error is None for gate in carried[edge]):
            unmeasured.append(_edge(edge))
        elif usable.issuperset(edge):
            kept.append(edge)
    notices = []
    if dead:
        notices.append(f"Two-qubit error is {DEAD} or more, so the edge is removed: {_some(dead)}.")
    if unmeasured:
        notices.append(f"Two-qubit error was not measured, so the edge is removed: {_some(unmeasured)}.")
    return replace(device, coupling_map=tuple(kept)), notices


def _doubtful_gates(device: Device) -> Iterator[str]:
    two = [gate for gates in device.gates_on.values() for gate in gates if len(gate.qubits) == 2]
    if perfect := [_place(gate) for gate in two if gate.error == 0]:
        yield f"Two-qubit error is given as exactly 0, which no gate has: {_some(perfect)}."
    if unmeasured := [_place(gate) for gate in device.gates if gate.error is None and len(gate.qubits) == 1]:
        yield f"Gate error was not measured, only relaxation acts: {_some(unmeasured)}."
    if untimed := [_place(gate) for gate in device.gates if gate.duration is None]:
        yield f"Gate duration is unknown, and counted as 0: {_some(untimed)}."


def _parts(device: Device) -> Iterator[str]:
    """Say which usable qubits are cut off from the largest connected part."""
    if device.n_qubits == 1:
        return
    if not device.edges:
        yield "No edge is usable: only regions of one qubit can be chosen."
        return
    parts = components(device.usable_qubits, device.edges)
    if rest := sorted(q for part in parts[1:] for q in part):
        yield f"Cut off from the largest part of {len(parts[0])} qubits: qubit {_some(rest)}."


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
    F = (d·F_process + 1) / (d + 1) (Horodecki et al., Phys. Rev. A 60, 1888). A time that is None counts as infinite.
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
        Flags on gates (and readouts) longer than T1 and on errors that T1 and T2 do not allow.
    """
    long, small = [], []
    for gates in device.gates_on.values():
        for gate in gates:
            qubits = [device.qubits[q] for q in gate.qubits]
            if not gate.duration:
                continue
            if gate.duration > min(qubit.t1 or math.inf for qubit in qubits):
                long.append(_place(gate))
            elif gate.error is not None and gate.error * margin < coherence_limit(qubits, gate.duration):
                small.append(_place(gate))
    long += [
        f"readout {q}"
        for q, qubit in enumerate(device.qubits)
        if (qubit.readout_duration or 0) > (qubit.t1 or math.inf)
    ]
    flags = []
    if long:
        flags.append(f"It lasts longer than T1, so a unit may be wrong: {_some(long)}.")
    if small:
        flags.append(f"Error is over {margin:g} times below what T1 and T2 allow: {_some(small)}.")
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
        raise DeviceError(f"The older snapshot must be of {device.name}. Got {older.name}.")
    if device.calibrated_at and older.calibrated_at > device.calibrated_at:
        flags.append(f"The older snapshot is of a later time, {older.calibrated_at}.")
    if older.n_qubits != device.n_qubits:
        return (*flags, f"The number of qubits went from {older.n_qubits} to {device.n_qubits}.")
    old, new = _facts(older), _facts(device)
    jumps = [
        f"{what} ({old[what]:.3g} to {new[what]:.3g})"
        for what in new
        if what in old and max(new[what], old[what]) > factor * max(min(new[what], old[what]), 1e-300)
    ]
    if jumps:
        flags.append(f"Changed by more than a factor {factor:g} since {older.calibrated_at}: {_some(jumps)}.")
    for change, edges in (
        ("gone", set(older.edges) - set(device.edges)),
        ("new", set(device.edges) - set(older.edges)),
    ):
        if edges:
            flags.append(f"Edges {change} since {older.calibrated_at}: {_some(map(_edge, sorted(edges)))}.")
    return tuple(flags)


def _facts(device: Device) -> dict[str, float]:
    """Every measured positive number of a snapshot under a readable name."""
    facts: dict[str, float | None] = {}
    for q, qubit in enumerate(device.qubits):
        facts[f"T1 of qubit {q}"] = qubit.t1
        facts[f"T2 of qubit {q}"] = qubit.t2
        facts[f"readout error of qubit {q}"] = qubit.readout_error
        facts[f"readout duration of qubit {q}"] = qubit.readout_duration
    for gate in device.gates:
        facts[f"error of {_place(gate)}"] = gate.error
        facts[f"duration of {_place(gate)}"] = gate.duration
    return {what: value for what, value in facts.items() if value is not None}


def _edge(edge: Sequence[int]) -> str:
    return "-".join(map(str, edge))


def _place(gate: GateCalibration) -> str:
    return f"{gate.name} {_edge(gate.qubits)}"


def _some(places: Iterable[object]) -> str:
    names = [str(place) for place in places]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
