"""Data re-uploading: the features again before every layer of the ansatz."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.encodings.base import AXES, ENCODINGS, rotation_blocks

__all__ = ["ReuploadingEncoding"]


@ENCODINGS.register("reuploading")
@dataclass(frozen=True)
class ReuploadingEncoding:
    """Before layer `l`, rotate qubit `q` by feature `(l * n_qubits + q) mod n_features`, times a weight.

    Pérez-Salinas et al., Quantum 4, 226 (2020). The weights start at 1, so training starts at the plain
    features and then chooses the frequencies it needs; the model is periodic in a feature with whatever
    periods the weights make. Where the layers have too few places for all features, each block takes
    several sub-layers with the axes cycled.

    Attributes:
        axis: `rx`, `ry`, or `rz` (after one Hadamard at the start).
        trainable: multiply each feature by a weight.
    """

    axis: str = "ry"
    trainable: bool = True

    def __post_init__(self) -> None:
        checks.one_of("reuploading", "axis", self.axis, AXES)
        checks.flag("reuploading", "trainable", self.trainable)

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features themselves."""
        return n_features

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return `X`."""
        return X

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block a layer of the ansatz; every feature is used at least once over all of them."""
        return rotation_blocks(self.axis, n_features, topology, n_layers, self.trainable)
