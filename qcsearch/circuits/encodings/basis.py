"""Basis encoding: one bit of each feature."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.encodings.base import ENCODINGS, require_features

__all__ = ["BasisEncoding"]


@ENCODINGS.register("basis")
@dataclass(frozen=True)
class BasisEncoding:
    """Flip qubit `q`, by rx(π), where feature `q` is above the threshold; with fewer features they go round.

    Features on the same side of the threshold are not told apart: that is the encoding.

    Attributes:
        threshold: radians; None for 0, or within a candidate for the middle of its angle range.
    """

    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None:
            checks.number("basis", "threshold", self.threshold)

    def for_angle_range(self, low: float, high: float) -> BasisEncoding:
        """Put an open threshold in the middle."""
        return replace(self, threshold=(low + high) / 2) if self.threshold is None else self

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """One angle a feature.

        Raises:
            CandidateError: if there are more features than qubits.
        """
        require_features("basis", n_features, topology.n_qubits, "one feature a qubit")
        return n_features

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return π where a feature is above the threshold, 0 elsewhere."""
        return np.where((self.threshold or 0.0) < X, math.pi, 0.0)

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block of rx."""
        return [[Gate("rx", (q,), Angle(feature=q % n_features)) for q in range(topology.n_qubits)]]
