"""No encoding: the ansatz itself holds the data gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.encodings.base import ENCODINGS

__all__ = ["NoEncoding"]


@ENCODINGS.register("none")
@dataclass(frozen=True)
class NoEncoding:
    """Features without gates, for a gate-by-gate candidate whose own gates name them."""

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features themselves."""
        return n_features

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return `X`."""
        return X

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block without gates."""
        return [[]]
