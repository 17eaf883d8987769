"""Circuits drawn from the calibration: region, native gates, embedding and measured qubits by Élivágar's rules.

Anagolum et al., ASPLOS 2024 (arXiv 2401.09393), sections 3 and 4. A draw by softmax takes an alternative with a
probability ∝ exp(figure / temperature): the better ones more often, none never.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from qcsearch.candidate.gate import Angle, Gate
from qcsearch.circuits.gates import GATES
from qcsearch.devices.device import ANGLE_BOUNDS, Device, GateCalibration
from qcsearch.errors import DeviceError

__all__ = ["NativeGates", "choose_measured", "draw_gates", "draw_regions", "embed"]

Floats = NDArray[np.float64]

_ROTATIONS = ("rx", "ry", "rz")
_PULL = 2.0
"""How much likelier a gate with an angle is than one without: e to this power."""

_LEAST_SUCCESS = 0.1


# --- region ------------------------------------------------------------------------------------------------


def draw_regions(
    device: Device, n_qubits: int, n_measured: int, n: int, rng: np.random.Generator
) -> tuple[list[tuple[int, ...]], Floats]:
    """Grow `n` connected groups of usable qubits at random; return the different ones and their qualities.

    A group starts at a qubit with probability ∝ exp(degree) and grows by a random neighbour outside of a random
    member. Its quality is mean two-qubit success × mean readout success of its best `n_measured` qubits × mean
    (T1 + T2)/2 over the mean two-qubit duration, scaled over the groups to [0, 1].

    Raises:
        DeviceError: if no connected group of that size is found.
    """
    neighbours = _neighbours(device)
    starts = sorted(neighbours)
    odds = softmax([len(neighbours[q]) for q in starts])
    found: dict[tuple[int, ...], float] = {}
    for _ in range(n):
        group = _grow(neighbours, starts[rng.choice(len(starts), p=odds)], n_qubits, rng)
        if group is not None and group not in found:
            found[group] = _quality(device, group, n_measured)
    if not found:
        raise DeviceError(
            f"The device {device.name} must have {n_qubits} connected usable qubits. None found."
        )
    values = np.array(list(found.values()))
    span = values.max() - values.min()
    return list(found), (values - values.min()) / span if span > 0 else np.ones(len(values))


def choose_measured(
    device: Device, qubits: tuple[int, ...], n: int, temperature: float, rng: np.random.Generator
) -> tuple[int, ...]:
    """Logical qubits to measure, sorted: `n` different ones by softmax of their readout success."""
    success = [1.0 - device.qubits[q].readout_error for q in qubits]
    drawn = rng.choice(len(qubits), size=n, replace=False, p=softmax(np.asarray(success) / temperature))
    return tuple(sorted(drawn.tolist()))


def _neighbours(device: Device) -> dict[int, list[int]]:
    usable = set(device.usable_qubits)
    found: dict[int, list[int]] = {q: [] for q in usable}
    for a, b in device.edges:
        if a in usable and b in usable:
            found[a].append(b)
            found[b].append(a)
    return found


def _grow(
    neighbours: dict[int, list[int]], start: int, n_qubits: int, rng: np.random.Generator
) -> tuple[int, ...] | None:
    """A connected group, sorted; None if there is no way to go on."""
    group = [start]
    while len(group) < n_qubits:
        open_members = [q for q in group if any(near not in group for near in neighbours[q])]
        if not open_members:
            return None
        member = open_members[rng.integers(len(open_members))]
        outside = [near for near in neighbours[member] if near not in group]
        group.append(outside[rng.integers(len(outside))])
    return tuple(sorted(group))


def _quality(device: Device, group: tuple[int, ...], n_measured: int) -> float:
    inside = set(group)
    pairs = [_best(device, (a, b)) for a, b in device.edges if a in inside and b in inside]
    readout = sorted((1.0 - device.qubits[q].readout_error for q in group), reverse=True)[:n_measured]
    times = [
        ((facts.t1 or math.inf) + (facts.t2 or math.inf)) / 2
        for facts in map(device.qubits.__getitem__, group)
    ]
    durations = [gate.duration or 0.0 for gate in pairs]
    known = any(durations) and math.isfinite(sum(times))
    coherence = np.mean(times) / np.mean(durations) if known else 1.0
    success = np.mean([1.0 - (gate.error or 0.0) for gate in pairs]) if pairs else 1.0
    return float(success * np.mean(readout) * coherence)


def _best(device: Device, pair: tuple[int, int]) -> GateCalibration:
    """The two-qubit gate with the least error on a pair, in either direction; fixed gates alone."""
    return min(
        (
            gate
            for qubits in (pair, pair[::-1])
            for gate in device.gates_on.get(qubits, ())
            if gate.name in GATES and gate.name not in ANGLE_BOUNDS
        ),
        key=lambda gate: gate.error or 0.0,
    )


# --- gates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NativeGates:
    """What the qubits of a region run.

    Attributes:
        singles: names of one-qubit gates: rx, ry, rz and the native ones without an angle.
        pairs: logical qubits of each usable coupling, in the direction of its gate.
        names: of the gate on each.
        success: 1 − error of each.
    """

    singles: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    success: Floats

    @classmethod
    def of(cls, device: Device, qubits: tuple[int, ...]) -> NativeGates:
        """The gates of a region; couplings whose success is below 0.1 are left out."""
        place = {q: i for i, q in enumerate(qubits)}
        fixed = {gate.name for q in qubits for gate in device.gates_on.get((q,), ())} - {"id"}
        singles = (*_ROTATIONS, *sorted(n for n in fixed if n in GATES and not GATES[n].has_angle))
        edges = [(a, b) for a, b in device.edges if a in place and b in place]
        gates = [
            gate
            for gate in (_best(device, edge) for edge in edges)
            if 1 - (gate.error or 0) >= _LEAST_SUCCESS
        ]
        pairs = tuple((place[gate.qubits[0]], place[gate.qubits[1]]) for gate in gates)
        success = np.array([1.0 - (gate.error or 0.0) for gate in gates])
        return cls(singles, pairs, tuple(gate.name for gate in gates), success)


def draw_gates(
    native: NativeGates,
    n_qubits: int,
    n_angles: int,
    max_pairs: int,
    temperature: float,
    rng: np.random.Generator,
) -> list[Gate]:
    """A circuit with `n_angles` rotations, numbered as weights; the first gate is a one-qubit gate.

    Each circuit has its own probability of a two-qubit gate, even in [0, 1], which is drawn again if it leads to
    more than `max_pairs` of them.
    """
    while True:
        drawing = _Drawing(native, n_qubits, temperature, rng)
        share = rng.random() if native.pairs else 0.0
        drawing.single()
        while drawing.n_angles < n_angles and drawing.n_pairs <= max_pairs:
            if rng.random() < share:
                drawing.pair()
            else:
                drawing.single()
        if drawing.n_pairs <= max_pairs:
            return drawing.gates


def embed(gates: Iterable[Gate], n_data: int, rng: np.random.Generator) -> list[Gate]:
    """Make a random `n_data` of the rotations data gates, in the order of the features; number the weights anew."""
    listed = list(gates)
    rotations = [i for i, gate in enumerate(listed) if gate.angle is not None]
    data = set(rng.permutation(rotations)[:n_data].tolist())
    feature = weight = 0
    for i in rotations:
        if i in data:
            angle, feature = Angle(feature=feature), feature + 1
        else:
            angle, weight = Angle(weight=weight), weight + 1
        listed[i] = Gate(listed[i].name, listed[i].qubits, angle)
    return listed


class _Drawing:
    """A circuit that grows gate by gate."""

    def __init__(
        self, native: NativeGates, n_qubits: int, temperature: float, rng: np.random.Generator
    ) -> None:
        self._native, self._temperature, self._rng = native, temperature, rng
        self._load = np.zeros(n_qubits)
        self._last = [""] * n_qubits
        self._odds = softmax([_PULL * (name in _ROTATIONS) for name in native.singles])
        self.gates: list[Gate] = []
        self.n_angles = self.n_pairs = 0

    def single(self) -> None:
        """A gate by softmax of its angles, on a qubit by softmax of few gates; not the gate just before it again."""
        rng = self._rng
        name = self._native.singles[rng.choice(len(self._native.singles), p=self._odds)]
        free = [q for q, last in enumerate(self._last) if last != name]
        if not free:
            return
        qubit = free[rng.choice(len(free), p=softmax(-self._load[free] / self._temperature))]
        rotates = name in _ROTATIONS
        self._add(Gate(name, (qubit,), Angle(weight=self.n_angles) if rotates else None))
        self.n_angles += rotates

    def pair(self) -> None:
        """On a coupling by softmax of few gates over success, and of evenness of its two qubits."""
        native, load = self._native, self._load
        first, second = np.array(native.pairs).T
        crowd = (load[first] + load[second]) / 2 / native.success
        uneven = np.abs(load[first] - load[second])
        chosen = self._rng.choice(len(native.pairs), p=softmax((-crowd - uneven) / self._temperature))
        self._add(Gate(native.names[chosen], native.pairs[chosen]))
        self.n_pairs += 1

    def _add(self, gate: Gate) -> None:
        self.gates.append(gate)
        for qubit in gate.qubits:
            self._load[qubit] += 1
            self._last[qubit] = gate.name
