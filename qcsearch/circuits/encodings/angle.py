"""Angle encoding: one feature, one rotation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.encodings.base import AXES, ENCODINGS, rotation_blocks

__all__ = ["AngleEncoding"]


@ENCODINGS.register("angle")
@dataclass(frozen=True)
class AngleEncoding:
    """Rotate qubit `q` by feature `q`: rx(x) or ry(x) on |0⟩, or rz(x) on |+⟩.

    With more features than qubits, further sub-layers with the axes cycled (ry, rz, rx, …); with fewer, the
    features go round. On a qubit of its own a feature is told from all others in a range of width below 2π:
    ry gives ⟨Z⟩ = cos x, ⟨X⟩ = sin x.

    Attributes:
        axis: `rx`, `ry`, or `rz` (after a Hadamard).
    """

    axis: str = "ry"

    def __post_init__(self) -> None:
        checks.one_of("angle", "axis", self.axis, AXES)

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features themselves."""
        return n_features

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return `X`."""
        return X

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block, before all layers of the ansatz."""
        return rotation_blocks(self.axis, n_features, topology, 1, trainable=False)
