"""Entanglers alone: an ansatz without weights, for kernels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE, ENTANGLERS, PARAMETRIC, pairs, place

__all__ = ["Entanglers"]


_FIXED = tuple(name for name in ENTANGLERS if name not in PARAMETRIC)


@ANSATZE.register("entanglers")
@dataclass(frozen=True)
class Entanglers:
    """A layer: one fixed two-qubit gate on each coupling of the region; no layers leave the encoding alone.

    Between the blocks of an encoding that reads the features again it makes the hardware-efficient embedding of quantum
    kernels (Thanasilp et al., Nat. Commun. 15, 5200 (2024), arXiv 2208.11060).

    Attributes:
        n_layers: number of layers, ≥ 0.
        entangler: `cz`, `cx`, `cy`, `ch`, `ecr`, `swap` or `iswap`.
    """

    n_layers: int = 1
    entangler: str = "cz"

    def __post_init__(self) -> None:
        checks.integer("entanglers", "n_layers", self.n_layers, 0, checks.MAX_LAYERS)
        checks.one_of("entanglers", "entangler", self.entangler, _FIXED)

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """`n_layers` layers."""
        return [place(self.entangler, pairs(topology, ring=False), count()) for _ in range(self.n_layers)]
