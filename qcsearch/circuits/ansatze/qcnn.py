"""Quantum convolutional neural network: convolutions, and pooling that leaves every other qubit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE, Place, rounds

__all__ = ["QCNN"]


@ANSATZE.register("qcnn")
@dataclass(frozen=True)
class QCNN:
    """A layer: convolutions on all neighbours, then pooling; the next layer sees the qubits that are left.

    Cong, Choi and Lukin, Nat. Phys. 15, 1273 (2019), arXiv 1810.03787. A convolution is ry and rz on both qubits, rzz,
    and ry on both again. Pooling is a crz and a crx on the qubit that stays, controlled by the one that goes: to those
    that stay the same as its measurement and rotations by the outcome. All gates of one kind in a layer share their
    weight, as the kernel of a convolution does. Neighbours are coupled qubits of the region; once some have gone, those
    next to one another in number, which mapping may have to swap together. A layer on the one qubit that is left is a
    ry and a rz.

    Attributes:
        n_layers: number of layers, ≥ 1; log2(n) of them leave one qubit of n.
        shared: whether the gates of a layer share their weights; if not, each has its own.
    """

    n_layers: int = 2
    shared: bool = True

    def __post_init__(self) -> None:
        checks.integer("qcnn", "n_layers", self.n_layers, 1, checks.MAX_LAYERS)
        checks.flag("qcnn", "shared", self.shared)

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """`n_layers` layers."""
        weights = count()
        left = list(range(topology.n_qubits))
        layers: list[list[Gate]] = []
        for layer in range(self.n_layers):
            if len(left) == 1:
                layers.append(self._block(_ALONE, [(left[0],)], weights))
                continue
            coupled = [edge for group in rounds(topology.edges) for edge in group] if layer == 0 else []
            going = list(zip(left[1::2], left[::2], strict=False))
            gates = self._block(_CONVOLUTION, coupled or list(pairwise(left)), weights)
            layers.append(gates + self._block(_POOLING, going, weights))
            left = left[::2]
        return layers

    def _block(
        self, block: tuple[tuple[str, tuple[int, ...]], ...], places: Sequence[Place], weights: count[int]
    ) -> list[Gate]:
        """The gates of a block on each of the places, one place after the other."""
        numbers = [next(weights) for _ in block] if self.shared else []
        gates: list[Gate] = []
        for place in places:
            own = numbers or [next(weights) for _ in block]
            gates += [
                Gate(name, tuple(place[i] for i in on), Angle(weight=weight))
                for (name, on), weight in zip(block, own, strict=True)
            ]
        return gates


_CONVOLUTION = (
    ("ry", (0,)), ("ry", (1,)), ("rz", (0,)), ("rz", (1,)), ("rzz", (0, 1)), ("ry", (0,)), ("ry", (1,)),
)  # fmt: skip
_POOLING = (("crz", (0, 1)), ("crx", (0, 1)))
_ALONE = (("ry", (0,)), ("rz", (0,)))
