"""Brickwork ansatz: bricks of two qubits that shift from layer to layer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE, ENTANGLERS, ROTATIONS, each, pairs, place, rounds

__all__ = ["Brickwork"]


@ANSATZE.register("brickwork")
@dataclass(frozen=True)
class Brickwork:
    """A layer: on each pair of one round, a brick: the entangler, then the rotations on both its qubits.

    Rounds are sets of couplings without a common qubit, taken in turn, so a layer is one two-qubit gate
    deep; on a line they are the even and the odd bonds. A qubit without any coupling is only rotated.

    Attributes:
        n_layers: number of layers, ≥ 1.
        rotations: one-qubit gates of a brick, as of `hardware_efficient`.
        entangler: as of `hardware_efficient`.
        ring: bricks around a ring of all qubits, coupled or not, instead of the couplings.
    """

    n_layers: int = 4
    rotations: tuple[str, ...] = ("ry", "rz")
    entangler: str = "cz"
    ring: bool = False

    def __post_init__(self) -> None:
        checks.integer("brickwork", "n_layers", self.n_layers, 1, checks.MAX_LAYERS)
        object.__setattr__(
            self, "rotations", checks.names("brickwork", "rotations", self.rotations, ROTATIONS)
        )
        checks.one_of("brickwork", "entangler", self.entangler, ENTANGLERS)
        checks.flag("brickwork", "ring", self.ring)

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """`n_layers` layers."""
        weights = count()
        cycle = rounds(pairs(topology, self.ring)) or [[]]
        coupled = set(chain.from_iterable(chain.from_iterable(cycle)))
        lonely = [(q,) for (q,) in each(topology.n_qubits) if q not in coupled]
        layers = []
        for layer in range(self.n_layers):
            bricks = cycle[layer % len(cycle)]
            turned = [*((q,) for brick in bricks for q in brick), *lonely]
            gates = place(self.entangler, bricks, weights)
            layers.append(gates + [g for name in self.rotations for g in place(name, turned, weights)])
        return layers
