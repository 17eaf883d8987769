"""The small regions that the conformance kits try."""

from __future__ import annotations

from qcsearch.candidate.gate import Topology

__all__ = ["TOPOLOGIES"]

TOPOLOGIES: dict[str, Topology] = {
    "single": Topology(1, ()),
    "pair": Topology(2, ((0, 1),)),
    "line": Topology(4, ((0, 1), (1, 2), (2, 3))),
    "ring": Topology(4, ((0, 1), (0, 3), (1, 2), (2, 3))),
    "star": Topology(4, ((0, 1), (0, 2), (0, 3))),
    "uncoupled": Topology(2, ()),
    "partly_coupled": Topology(3, ((0, 2),)),
}
"""By name: a region of one qubit, regions of every shape, and regions with qubits that nothing couples."""
