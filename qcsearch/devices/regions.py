"""Regions: connected groups of good physical qubits.

A region is scored by the success that one of its qubits may hope for in a reference circuit of `LAYERS`
layers, each of two one-qubit gates, a two-qubit gate and the wait for a neighbour's, then read out:

    score = (edges · idling · singles²)^LAYERS · readout

with *edges* the mean of 1 − error over the region's edges; *idling* the mean over its qubits of
exp(−t / ((T1 + T2)/2)), t the mean two-qubit duration; *singles* the mean over its qubits of 1 − error of the
worst one-qubit gate; *readout* the mean of 1 − (P(0|1) + P(1|0))/2. The factors are those of Élivágar's first
step (Anagolum et al., ASPLOS 2024, arXiv 2401.09393: two-qubit success × readout success × coherence over
gate time), here as success per operation, so that they multiply without rescaling.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qcsearch.circuits.gate import Topology
from qcsearch.devices.device import Device
from qcsearch.errors import DeviceError

__all__ = ["LAYERS", "Region", "best_regions", "region", "topology"]

LAYERS = 6
"""Depth of the reference circuit that a region is scored for."""

_EXHAUSTIVE = 3000
"""Connected groups of one size up to which all of them are grown further."""

_BEAM = 300
"""Groups grown further where there are more."""


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
    lattice of 150); beyond that only the most promising are grown further.

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
    found = _ranked(device, int(n_qubits), int(seed))
    if not found:
        from qcsearch.devices.validation import components

        parts = components(device.usable_qubits, device.edges)
        largest = len(parts[0]) if parts else 0
        raise DeviceError(
            f"The device {device.name} must have a connected region of {n_qubits} usable qubits. "
            f"Its largest has {largest}."
        )
    return list(found[:k])


def region(device: Device, qubits: Iterable[int]) -> Region:
    """Score a group of qubits that was chosen by hand.

    Raises:
        DeviceError: if a qubit is not there or named twice.
    """
    return _scorer(device).region(tuple(sorted(device.check_qubits(qubits))))


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
def _ranked(device: Device, n_qubits: int, seed: int) -> tuple[Region, ...]:
    scorer = _scorer(device)
    order = np.random.default_rng(seed).permutation(device.n_qubits).tolist()

    def rank(group: frozenset[int]) -> tuple[float, list[int]]:
        return -scorer.score(group), sorted(order[q] for q in group)

    groups = {frozenset({q}) for q in device.usable_qubits}
    for _ in range(n_qubits - 1):
        if len(groups) > _EXHAUSTIVE:
            groups = set(sorted(groups, key=rank)[:_BEAM])
        groups = {group | {q} for group in groups for q in scorer.around(group)}
    return tuple(scorer.region(tuple(sorted(group))) for group in sorted(groups, key=rank))


@lru_cache(maxsize=8)
def _scorer(device: Device) -> _Scorer:
    return _Scorer(device)


class _Scorer:
    """Success figures of one device, looked up once."""

    def __init__(self, device: Device) -> None:
        self._readout = [1 - qubit.readout_error for qubit in device.qubits]
        self._times = [_mean_time(qubit.t1, qubit.t2) for qubit in device.qubits]
        self._single = [
            1 - max((gate.error or 0.0 for gate in device.gates_on.get((q,), ())), default=0.0)
            for q in range(device.n_qubits)
        ]
        self._edges: dict[tuple[int, int], tuple[float, float]] = {}
        for a, b in device.edges:
            gates = [*device.gates_on.get((a, b), ()), *device.gates_on.get((b, a), ())]
            best = min((g for g in gates if g.error is not None), key=lambda gate: gate.error or 0.0)
            self._edges[a, b] = (1 - (best.error or 0.0), best.duration or 0.0)
        self._neighbours: dict[int, set[int]] = {q: set() for q in range(device.n_qubits)}
        for a, b in device.edges:
            self._neighbours[a].add(b)
            self._neighbours[b].add(a)

    def around(self, group: frozenset[int]) -> set[int]:
        """Usable qubits coupled to the group and not in it."""
        return set().union(*(self._neighbours[q] for q in group)) - group

    def edges(self, group: Iterable[int]) -> list[tuple[int, int]]:
        """Couplings inside a group, sorted."""
        inside = set(group)
        return sorted((a, b) for a in inside for b in self._neighbours[a] if a < b and b in inside)

    def score(self, group: Iterable[int]) -> float:
        """See the module."""
        return self.region(tuple(group)).score

    def region(self, qubits: tuple[int, ...]) -> Region:
        """The scored region."""
        pairs = self.edges(qubits)
        edges = _mean([self._edges[pair][0] for pair in pairs], 1.0)
        duration = _mean([self._edges[pair][1] for pair in pairs], 0.0)
        idling = _mean([math.exp(-duration / self._times[q]) for q in qubits], 1.0)
        singles = _mean([self._single[q] for q in qubits], 1.0)
        readout = _mean([self._readout[q] for q in qubits], 1.0)
        score = (edges * idling * singles**2) ** LAYERS * readout
        return Region(qubits, score, tuple(pairs), edges, readout)


def _mean_time(t1: float | None, t2: float | None) -> float:
    return math.inf if t1 is None or t2 is None else (t1 + t2) / 2


def _mean(values: list[float], default: float) -> float:
    return sum(values) / len(values) if values else default
