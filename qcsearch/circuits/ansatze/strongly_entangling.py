"""Strongly entangling layers: any rotation on every qubit, then entanglers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE, ENTANGLERS, each, pairs, place, ring_pairs

__all__ = ["StronglyEntangling"]


@ANSATZE.register("strongly_entangling")
@dataclass(frozen=True)
class StronglyEntangling:
    """A layer: rz, ry, rz with three weights on every qubit, then an entangler on each coupling.

    Schuld et al., Phys. Rev. A 101, 032308 (2020). Theirs go round a ring and reach further in every layer:
    layer `l` entangles qubit `q` with `q + 1 + l mod (n − 1)`; that is `ring`. Over the region's own
    couplings control and target change places from layer to layer instead.

    Attributes:
        n_layers: number of layers, ≥ 1.
        entangler: as of `hardware_efficient`.
        ring: the original's ring of growing reach, coupled or not.
    """

    n_layers: int = 2
    entangler: str = "cx"
    ring: bool = False

    def __post_init__(self) -> None:
        owner = "strongly_entangling"
        checks.integer(owner, "n_layers", self.n_layers, 1, checks.MAX_LAYERS)
        checks.one_of(owner, "entangler", self.entangler, ENTANGLERS)
        checks.flag(owner, "ring", self.ring)

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """`n_layers` layers."""
        weights = count()
        qubits = each(topology.n_qubits)
        layers = []
        for layer in range(self.n_layers):
            gates = [gate for name in ("rz", "ry", "rz") for gate in place(name, qubits, weights)]
            layers.append(gates + place(self.entangler, self._pairs(topology, layer), weights))
        return layers

    def _pairs(self, topology: Topology, layer: int) -> list[tuple[int, ...]]:
        if self.ring:
            return ring_pairs(topology.n_qubits, 1 + layer % max(1, topology.n_qubits - 1))
        coupled = pairs(topology, ring=False)
        return coupled if layer % 2 == 0 else [pair[::-1] for pair in coupled]
