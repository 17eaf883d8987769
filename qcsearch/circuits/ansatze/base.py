"""The interface of an ansatz (PQC): layers of gates with trainable angles on a region's own couplings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.errors import CandidateError
from qcsearch.registry import Registry

__all__ = [
    "ANSATZE",
    "ENTANGLERS",
    "PARAMETRIC",
    "ROTATIONS",
    "Ansatz",
    "Place",
    "pairs",
    "place",
    "ring_pairs",
    "rounds",
]

Place = tuple[int, ...]

ROTATIONS = ("rx", "ry", "rz", "p")
"""Trainable one-qubit gates of the templates."""

PARAMETRIC = ("rxx", "ryy", "rzz", "rzx", "crx", "cry", "crz", "cp")
"""Trainable two-qubit gates of the templates."""

ENTANGLERS = ("cx", "cy", "cz", "ch", "ecr", "swap", "iswap", *PARAMETRIC)
"""Two-qubit gates of the templates, fixed and trainable."""


class Ansatz(Protocol):
    """A parameterised circuit without data, in layers that an encoding may interleave with.

    An ansatz is built from its settings alone and keeps no state. A setting `n_layers`, if it has one, is
    the number of its layers.
    """

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """Return the layers; weights are numbered from 0 over all of them, and every number is used."""
        ...


ANSATZE: Registry[Ansatz] = Registry("qcsearch.ansatze", CandidateError, needs=("layers",))
"""All ansatze by name; plugins add theirs in the entry-point group `qcsearch.ansatze`."""


def rounds(edges: Iterable[Place]) -> list[list[Place]]:
    """Sort edges greedily into rounds in which no qubit stands twice.

    The gates of a round run at the same time. A line becomes its even and its odd bonds.
    """
    result: list[list[Place]] = []
    busy: list[set[int]] = []
    for edge in edges:
        free = next((i for i, used in enumerate(busy) if used.isdisjoint(edge)), len(busy))
        if free == len(busy):
            result.append([])
            busy.append(set())
        result[free].append(edge)
        busy[free].update(edge)
    return result


def ring_pairs(n_qubits: int, distance: int = 1) -> list[Place]:
    """Pairs `(q, q + distance)` around a ring of all qubits, each unordered pair once."""
    seen: dict[frozenset[int], Place] = {}
    for qubit in range(n_qubits):
        pair = (qubit, (qubit + distance) % n_qubits)
        if pair[0] != pair[1]:
            seen.setdefault(frozenset(pair), pair)
    return list(seen.values())


def pairs(topology: Topology, ring: bool) -> list[Place]:
    """The pairs to entangle: the region's own couplings in rounds, or a ring, coupled or not."""
    if ring:
        return ring_pairs(topology.n_qubits)
    return [edge for group in rounds(topology.edges) for edge in group]


def place(name: str, where: Iterable[Place], weights: Iterator[int]) -> list[Gate]:
    """One gate `name` on each tuple of qubits; a trainable one takes the next weight."""
    trainable = name in ROTATIONS or name in PARAMETRIC
    return [Gate(name, qubits, Angle(weight=next(weights)) if trainable else None) for qubits in where]


def each(n_qubits: int) -> list[Place]:
    """The one-qubit places `(0,) … (n_qubits - 1,)`."""
    return [(q,) for q in range(n_qubits)]
