"""Regions: connected groups of good physical qubits.

A region is scored by the success that one of its qubits may hope for in a reference circuit of `LAYERS`
layers, each of two one-qubit gates, a two-qubit gate and the wait for a neighbour's, then read out:

    score = (edges · idling · singles²)^LAYERS · readout

with *edges* the mean of 1 − error over the region's edges; *idling* exp(−t/T), t the mean two-qubit duration
and 1/T the mean over the qubits of 2/(T1 + T2); *singles* the mean over the qubits of 1 − error of the worst
one-qubit gate; *readout* the mean of 1 − (P(0|1) + P(1|0))/2. The factors are those of Élivágar's first step
(Anagolum et al., ASPLOS 2024, arXiv 2401.09393: two-qubit success × readout success × coherence over
gate time), here as success per operation, so that they multiply without rescaling.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from qcsearch.candidate.gate import Topology
from qcsearch.devices.coupling import components
from qcsearch.devices.device import ANGLE_BOUNDS, Device
from qcsearch.errors import DeviceError

__all__ = ["LAYERS", "Region", "best_regions", "edge_calibration", "qubit_calibration", "region", "topology"]

LAYERS = 6
"""Depth of the reference circuit that a region is scored for."""

_EXHAUSTIVE = 3000
"""Connected groups of one size up to which all of them are extended."""

_BEAM = 300
"""Groups that are extended where there are more."""


@dataclass(frozen=True, slots=True)
class Region:
    """A connected group of physical qubits.

    Attributes:
        qubits: physical qubits, sorted.
        score: in [0, 1], see the module; higher is better.
        edges: the coupled pairs among them, physical, `(a, b)` with `a < b`.
        two_qubit_success: mean of 1 − error over the edges; 1 without edges.
        readout_success: mean of 1 − readout error over the qubits.
    """

    qubits: tuple[int, ...]
    score: float
    edges: tuple[tuple[int, int], ...]
    two_qubit_success: float
    readout_success: float


def best_regions(device: Device, n_qubits: int, k: int = 1, seed: int = 0) -> list[Region]:
    """The best connected groups of `n_qubits` usable qubits.

    Every group is looked at while there are at most a few thousand of one size (6 qubits on a heavy-hex
    lattice of 150); beyond that only the most promising are extended.

    Args:
        device: the calibration facts.
        n_qubits: size of a region, ≥ 1.
        k: how many, ≥ 1; fewer are returned if there are fewer.
        seed: orders regions of exactly equal score; without equal scores it has no effect.

    Returns:
        Regions, best first; the same for the same arguments.

    Raises:
        DeviceError: if `n_qubits` or `k` is no positive int, or no connected group of that size is left.
    """
    for name, value in (("n_qubits", n_qubits), ("k", k)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise DeviceError(f"The '{name}' of a region must be an int >= 1. Got {value!r}.")
    parts = components(device.usable_qubits, device.edges)
    largest = len(parts[0]) if parts else 0
    if n_qubits > largest:
        raise DeviceError(
            f"The device {device.name} must have a connected region of {n_qubits} usable qubits. "
            f"Its largest has {largest}."
        )
    graph = _graph(device)
    return [graph.region(group) for group in _ranked(device, int(n_qubits), int(seed))[:k]]


def region(device: Device, qubits: Iterable[int]) -> Region:
    """Score a group of qubits that was chosen by hand.

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    return _graph(device).region(device.check_qubits(qubits))


def topology(device: Device, qubits: Iterable[int]) -> Topology:
    """The couplings among `qubits` as a circuit sees them: logical qubit `i` is `qubits[i]`.

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    chosen = device.check_qubits(qubits)
    index = {q: i for i, q in enumerate(chosen)}
    pairs = (sorted((index[a], index[b])) for a, b in device.edges if a in index and b in index)
    return Topology(len(chosen), tuple(sorted((a, b) for a, b in pairs)))


@lru_cache(maxsize=64)
def _ranked(device: Device, n_qubits: int, seed: int) -> list[frozenset[int]]:
    """Extend connected groups qubit by qubit from every usable qubit; where they get many, only the best."""
    graph = _graph(device)
    order = np.random.default_rng(seed).permutation(device.n_qubits).tolist()
    groups = {frozenset({q}): graph.single(q) for q in device.usable_qubits}
    beam = False
    for _ in range(n_qubits - 1):
        beam = beam or len(groups) > _EXHAUSTIVE
        larger_groups: dict[frozenset[int], _Sums] = {}
        for group in _best(groups, order)[:_BEAM] if beam else groups:
            for q in graph.around(group):
                larger = group | {q}
                if larger not in larger_groups:
                    larger_groups[larger] = graph.join(groups[group], group, q)
        groups = larger_groups
    return _best(groups, order)


def _best(groups: dict[frozenset[int], _Sums], order: list[int]) -> list[frozenset[int]]:
    """The groups by falling score; equal ones (to rounding) in the order of the seed."""
    # Sums differ in their last digits by the order in which a group was found, which must not decide between equals.
    rank = {group: (-round(_score(sums), 12), min(order[q] for q in group)) for group, sums in groups.items()}
    return sorted(groups, key=lambda group: (*rank[group], sorted(group)))


class _Sums(NamedTuple):
    """What the score is made of, summed over a group, so that one more qubit is a few additions."""

    n_qubits: int
    singles: float
    readout: float
    rate: float
    n_edges: int
    edges: float
    durations: float


def _score(sums: _Sums) -> float:
    """See the module."""
    n_qubits, singles, readout, rate, n_edges, edges, durations = sums
    if n_edges:
        edges, durations = edges / n_edges, durations / n_edges
    else:
        edges = 1.0
    idling = math.exp(-durations * rate / n_qubits)
    singles /= n_qubits
    return float((edges * idling * singles * singles) ** LAYERS * readout / n_qubits)


@lru_cache(maxsize=8)
def _graph(device: Device) -> _Graph:
    return _Graph(device)


class _Graph:
    """The calibration of one device by qubit and by edge, looked up once."""

    def __init__(self, device: Device) -> None:
        self._qubits = [qubit_calibration(device, q) for q in range(device.n_qubits)]
        self._edges: list[dict[int, tuple[float, float]]] = [{} for _ in range(device.n_qubits)]
        for a, b in device.edges:
            self._edges[a][b] = self._edges[b][a] = edge_calibration(device, a, b)

    def around(self, group: frozenset[int]) -> set[int]:
        """Usable qubits coupled to the group and not in it."""
        return set().union(*(self._edges[q] for q in group)) - group

    def single(self, q: int) -> _Sums:
        """The sums of one qubit."""
        return _Sums(1, *self._qubits[q], 0, 0.0, 0.0)

    def join(self, sums: _Sums, group: frozenset[int], q: int) -> _Sums:
        """The sums of `group` with `q`."""
        n_qubits, singles, readout, rate, n_edges, edges, durations = sums
        for neighbour, (success, duration) in self._edges[q].items():
            if neighbour in group:
                n_edges, edges, durations = n_edges + 1, edges + success, durations + duration
        one, read, decay = self._qubits[q]
        return _Sums(n_qubits + 1, singles + one, readout + read, rate + decay, n_edges, edges, durations)

    def region(self, qubits: Iterable[int]) -> Region:
        """The scored region; summed in sorted order, so that rounding does not depend on how it was found."""
        chosen = tuple(sorted(qubits))
        sums, group = self.single(chosen[0]), frozenset(chosen[:1])
        for q in chosen[1:]:
            sums, group = self.join(sums, group, q), group | {q}
        pairs = tuple((a, b) for a in chosen for b in sorted(self._edges[a]) if a < b and b in group)
        success = sums.edges / sums.n_edges if sums.n_edges else 1.0
        return Region(chosen, _score(sums), pairs, success, sums.readout / sums.n_qubits)


def edge_calibration(device: Device, a: int, b: int) -> tuple[float, float]:
    """Success and duration of the best gate of an edge; one that runs for some angles only counts if it is alone."""
    gates = [*device.gates_on.get((a, b), ()), *device.gates_on.get((b, a), ())]
    measured = [
        (gate.name in ANGLE_BOUNDS, gate.error, gate.duration or 0.0)
        for gate in gates
        if gate.error is not None
    ]
    _, error, duration = min(measured)
    return 1 - error, duration


def qubit_calibration(device: Device, q: int) -> tuple[float, float, float]:
    """Success of the worst one-qubit gate, success of readout, and 2/(T1 + T2) in 1/seconds."""
    qubit = device.qubits[q]
    worst = max((gate.error or 0.0 for gate in device.gates_on.get((q,), ())), default=0.0)
    times = (qubit.t1 or math.inf) + (qubit.t2 or math.inf)
    return 1 - worst, 1 - qubit.readout_error, 2 / times
