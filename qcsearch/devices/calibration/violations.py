"""Where a device violates a rule: the finders of `rules`. Each gives the locations, none if there are none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TypeAlias

from qcsearch.devices.device import Device, GateCalibration, Qubit
from qcsearch.devices.transpile.gate_set import entangles

__all__ = [
    "Location",
    "apart",
    "bare",
    "coarse_dt",
    "coherence_limit",
    "dead_singles",
    "endless",
    "gates",
    "late",
    "odd_day",
    "outlast",
    "qubits",
    "rigid",
    "too_good",
    "too_long",
    "too_short",
    "unlike",
    "untimed",
    "without_times",
]

Location: TypeAlias = "int | GateCalibration | str"
"""A qubit, a gate, or what else a sentence names."""

_LONGEST_T = 1e8  # gates within T1; trapped ions reach some 1e7, microseconds written as seconds 1e9
_LONG_T = 1e-2  # seconds: ten times what qubits with gates of nanoseconds have reached
_SHORT_T = 2e-7  # seconds, in which hardly a gate fits
_FAST = 1e-5  # seconds: gates of superconducting qubits are faster, those of ions slower
_APART = 100.0  # times the median of the device; recorded processors stay within some 30
_MARGIN = 10.0  # times and errors are measured at different hours, so a small factor is no contradiction
_FIRST = datetime(2016, 1, 1, tzinfo=UTC)  # no processor could be used from elsewhere before


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


def qubits(wanted: Callable[[Qubit], bool]) -> Callable[[Device], Sequence[Location]]:
    """Finds the qubits that are so."""
    return lambda device: [q for q, qubit in enumerate(device.qubits) if wanted(qubit)]


def gates(
    wanted: Callable[[GateCalibration], bool], n_qubits: int | None = None
) -> Callable[[Device], Sequence[Location]]:
    """Finds the usable gates that are so."""
    return lambda device: [
        gate
        for gates in device.gates_on.values()
        for gate in gates
        if n_qubits in (None, len(gate.qubits)) and wanted(gate)
    ]


def rigid(device: Device) -> Sequence[Location]:
    """The one-qubit gates, if there are some and they make a rotation nowhere."""
    names = {gate.name for gate in device.gates if len(gate.qubits) == 1}
    return [", ".join(sorted(names))] if names and len(device.stiff_qubits) == device.n_qubits else []


def bare(device: Device) -> Sequence[Location]:
    """An empty location, if there is no one-qubit gate."""
    return [] if any(len(gate.qubits) == 1 for gate in device.gates) else [""]


def apart(device: Device) -> Sequence[Location]:
    """The two-qubit gates, if they entangle nothing."""
    names = {gate.name for gate in device.gates if len(gate.qubits) == 2}
    singles = {gate.name for gate in device.gates if len(gate.qubits) == 1}
    if not names or not singles:
        return []
    found = entangles(frozenset(singles), frozenset(names), frozenset(names))
    return [] if found else [", ".join(sorted(names))]


def without_times(device: Device) -> Sequence[Location]:
    """An empty location, if no qubit has both T1 and T2."""
    missing = [q for q, qubit in enumerate(device.qubits) if qubit.t1 is None or qubit.t2 is None]
    return [""] if len(missing) == device.n_qubits else []


def untimed(device: Device) -> Sequence[Location]:
    """Qubits without T1 or T2, where others have them."""
    return [] if without_times(device) else qubits(lambda x: x.t1 is None or x.t2 is None)(device)


def dead_singles(device: Device) -> Sequence[Location]:
    """Qubits with a dead one-qubit gate."""
    return sorted({gate.qubits[0] for gate in device.gates if len(gate.qubits) == 1 and gate.is_dead})


def _timed(device: Device) -> list[GateCalibration]:
    return [gate for gates in device.gates_on.values() for gate in gates if gate.duration]


def _slowest(device: Device) -> float:
    """Seconds of the slowest gate, infinite where no duration is known."""
    return max((gate.duration or 0.0 for gate in _timed(device)), default=math.inf)


def outlast(device: Device) -> Sequence[Location]:
    """Gates longer than T1."""
    return [
        gate
        for gate in _timed(device)
        if (gate.duration or 0.0) > min(device.qubits[q].t1 or math.inf for q in gate.qubits)
    ]


def too_good(device: Device) -> Sequence[Location]:
    """Gates with less error than relaxation alone leaves."""
    long = set(outlast(device))
    return [
        gate
        for gate in _timed(device)
        if gate.error is not None
        and gate not in long
        and gate.error * _MARGIN
        < coherence_limit([device.qubits[q] for q in gate.qubits], gate.duration or 0.0)
    ]


def late(device: Device) -> Sequence[Location]:
    """Qubits whose readout is longer than T1."""
    return qubits(lambda x: (x.readout_duration or 0) > (x.t1 or math.inf))(device)


def endless(device: Device) -> Sequence[Location]:
    """Qubits whose T1 is longer than the times of any processor, in gates."""
    slowest = _slowest(device)
    return qubits(lambda x: (x.t1 or 0.0) > _LONGEST_T * slowest)(device)


def too_long(device: Device) -> Sequence[Location]:
    """Qubits with times that none has whose gates are so fast."""
    slowest, said = _slowest(device), set(endless(device))
    if _FAST < slowest < math.inf:
        return []
    return [
        q for q, x in enumerate(device.qubits) if q not in said and max(x.t1 or 0.0, x.t2 or 0.0) > _LONG_T
    ]


def too_short(device: Device) -> Sequence[Location]:
    """Qubits in whose times hardly a gate fits."""
    return qubits(lambda x: min(x.t1 or math.inf, x.t2 or math.inf) < _SHORT_T)(device)


def unlike(device: Device) -> Sequence[Location]:
    """Qubits whose T1 or T2 is nothing like the others', where that is not said already."""
    said = {*endless(device), *too_long(device)}
    found = set[int]()
    for name in ("t1", "t2"):
        times = {q: time for q, x in enumerate(device.qubits) if (time := getattr(x, name)) is not None}
        if len(times) > 2:
            middle = median(times.values())
            found |= {q for q, time in times.items() if not middle / _APART <= time <= middle * _APART}
    return sorted(found - said)


def coarse_dt(device: Device) -> Sequence[Location]:
    """The dt, if it is longer than a gate."""
    timed = [gate.duration or 0.0 for gate in _timed(device)]
    return [f"{device.dt:g} s"] if device.dt is not None and timed and device.dt > min(timed) else []


def odd_day(device: Device) -> Sequence[Location]:
    """A day that is not yet, or was before there were such devices."""
    if not device.calibrated_at:
        return []
    day = datetime.fromisoformat(device.calibrated_at)
    return [] if _FIRST <= day <= datetime.now(UTC) + timedelta(days=1) else [device.calibrated_at[:10]]
