"""Layouts: which other qubits, of this device or another, a circuit can run on as it stands.

A layout is a tuple of physical qubits, `layout[i]` for logical qubit `i`, that are coupled exactly as the circuit's
own qubits are: then every gate, weight and observable keeps its meaning. Layouts are ranked by the circuit's estimated
success probability there, the product of 1 − error over its gates and over the readout of its measured qubits, with
the best two-qubit gate of a coupling and the worst one-qubit gate of a qubit. What is not in it (waiting, gates that
translation adds) is left to whoever simulates the circuit there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from qcsearch.candidate.gate import Gate, Topology
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import edge_calibration, qubit_calibration

__all__ = ["best_layouts"]

# Rustworkx' vf2_mapping finds the same subgraphs, but all of them and in no order: a line of 16 qubits has millions on
# a square lattice. Scored while they are extended, a few thousand of the best are enough.
_BEAM = 2000
"""Partial layouts that are extended: all of them up to 5 qubits on a heavy-hex lattice of 150."""


_Partial = tuple[float, tuple[int, ...]]
"""Logarithm of the success probability so far, and the physical qubits so far."""


@dataclass(frozen=True)
class _Load:
    """What a circuit asks of each logical qubit and coupling."""

    singles: Mapping[int, int]
    pairs: Mapping[tuple[int, int], int]
    measured: frozenset[int]

    @classmethod
    def of(cls, gates: Iterable[Gate], measured: Collection[int]) -> _Load:
        singles: Counter[int] = Counter()
        pairs: Counter[tuple[int, int]] = Counter()
        for gate in gates:
            if len(gate.qubits) == 1:
                singles[gate.qubits[0]] += 1
            else:
                pairs[min(gate.qubits), max(gate.qubits)] += 1
        return cls(singles, pairs, frozenset(measured))


def best_layouts(
    device: Device, shape: Topology, gates: Iterable[Gate], measured: Collection[int], k: int = 1
) -> list[tuple[int, ...]]:
    """The best layouts of a circuit, each set of physical qubits once.

    Qubit by qubit, a few thousand of the best partial layouts are extended.

    Args:
        device: the calibration facts.
        shape: the circuit's qubits and their couplings.
        gates: of the circuit.
        measured: logical qubits that are read out.
        k: how many, ≥ 1; fewer are returned if there are fewer.

    Returns:
        Layouts, best first; empty if the device has no qubits that are coupled like these.
    """
    search = _Search(device, shape, _Load.of(gates, measured))
    order = _order(shape)
    partials: list[_Partial] = [(0.0, ())]
    for i, logical in enumerate(order):
        larger = [x for partial in partials for x in search.extended(partial, order[:i], logical)]
        partials = sorted(larger, key=lambda found: (-found[0], found[1]))[:_BEAM]
    found: dict[frozenset[int], tuple[int, ...]] = {}
    for _, physical in partials:
        by_logical = tuple(q for _, q in sorted(zip(order, physical, strict=True)))
        found.setdefault(frozenset(physical), by_logical)
    return list(found.values())[:k]


class _Search:
    """One circuit on one device."""

    def __init__(self, device: Device, shape: Topology, load: _Load) -> None:
        self._load = load
        self._coupled = set(shape.edges)
        self._qubits = {q: qubit_calibration(device, q)[:2] for q in device.usable_qubits}
        self._edges: dict[int, dict[int, float]] = {q: {} for q in self._qubits}
        for a, b in device.edges:
            self._edges[a][b] = self._edges[b][a] = edge_calibration(device, a, b)[0]

    def extended(self, partial: _Partial, before: list[int], logical: int) -> Iterator[_Partial]:
        """A partial layout of the logical qubits `before`, with one more."""
        score, used = partial
        pairs = {q: (min(i, logical), max(i, logical)) for i, q in zip(before, used, strict=True)}
        near = {q for q, pair in pairs.items() if pair in self._coupled}
        for physical in self._edges[min(near)] if near else self._qubits:
            if physical in pairs or self._edges[physical].keys() & pairs.keys() != near:
                continue
            single, readout = self._qubits[physical]
            total = score + self._load.singles.get(logical, 0) * math.log(single)
            total += math.log(readout) if logical in self._load.measured else 0.0
            total += sum(self._load.pairs.get(pairs[q], 0) * math.log(self._edges[physical][q]) for q in near)
            yield total, (*used, physical)


def _order(shape: Topology) -> list[int]:
    """The logical qubits, each after one that it is coupled to where that can be."""
    left, order = list(range(shape.n_qubits)), list[int]()
    neighbours: dict[int, set[int]] = {q: set() for q in left}
    for a, b in shape.edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    while left:
        chosen = next((q for q in left if neighbours[q] & set(order)), left[0])
        left.remove(chosen)
        order.append(chosen)
    return order
