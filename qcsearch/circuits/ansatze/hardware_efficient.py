"""Hardware-efficient ansatz: the region's own couplings, then rotations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE, ENTANGLERS, ROTATIONS, Place, each, pairs, place

__all__ = ["HardwareEfficient"]


@ANSATZE.register("hardware_efficient")
@dataclass(frozen=True)
class HardwareEfficient:
    """A layer: one entangler on each coupling of the region, then the rotations on every qubit.

    Kandala et al., Nature 549, 242 (2017); the encoding stands where their first rotations are. Entanglers
    come before rotations because a last cz or rzz would commute with a measured Z: noise that buys nothing.

    Attributes:
        n_layers: number of layers, ≥ 1.
        rotations: one-qubit gates on every qubit, a weight each: of `rx`, `ry`, `rz`, `p`.
        entangler: fixed (`cz`, `cx`, `cy`, `ch`, `ecr`, `swap`, `iswap`) or with a weight a pair
            (`rzz`, `rxx`, `ryy`, `rzx`, `crx`, `cry`, `crz`, `cp`).
        ring: entangle around a ring of all qubits, coupled or not, instead of the couplings.
        rotate_first: rotations before the entanglers in each layer.
    """

    n_layers: int = 2
    rotations: tuple[str, ...] = ("ry", "rz")
    entangler: str = "cz"
    ring: bool = False
    rotate_first: bool = False

    def __post_init__(self) -> None:
        owner = "hardware_efficient"
        checks.integer(owner, "n_layers", self.n_layers, 1, checks.MAX_LAYERS)
        object.__setattr__(self, "rotations", checks.names(owner, "rotations", self.rotations, ROTATIONS))
        checks.one_of(owner, "entangler", self.entangler, ENTANGLERS)
        checks.flag(owner, "ring", self.ring)
        checks.flag(owner, "rotate_first", self.rotate_first)

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """`n_layers` layers."""
        weights = count()
        places: dict[str, list[Place]] = {name: each(topology.n_qubits) for name in self.rotations}
        places[self.entangler] = pairs(topology, self.ring)
        order = [*self.rotations, self.entangler] if self.rotate_first else [self.entangler, *self.rotations]
        return [
            [gate for name in order for gate in place(name, places[name], weights)]
            for _ in range(self.n_layers)
        ]
