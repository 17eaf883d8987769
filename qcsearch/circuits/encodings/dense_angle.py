"""Dense angle encoding: two features a qubit, one as polar angle, one as phase."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.encodings.base import ENCODINGS, require_features

__all__ = ["DenseAngleEncoding"]


@ENCODINGS.register("dense_angle")
@dataclass(frozen=True)
class DenseAngleEncoding:
    """Qubit `q` holds features `2q` and `2q + 1`: ry(a), then rz(b), so cos(a/2)|0⟩ + e^{ib} sin(a/2)|1⟩.

    LaRose and Coyle, Phys. Rev. A 102, 032420 (2020). Points of the sphere are told apart for polar angles
    `a = offset + scale · x` in [0, π] and phases `b` in a width below 2π; at the poles the phase is lost.
    Within a candidate, offset and scale that are left open are chosen to map the candidate's angle range
    into [0, π], its middle on the equator. With fewer features the pairs go round.

    Attributes:
        offset: radians added to the first feature of each pair; None for 0, or as the angle range asks.
        scale: factor of the first feature; None for 1, or as the angle range asks.
    """

    offset: float | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        for name in ("offset", "scale"):
            if getattr(self, name) is not None:
                checks.number("dense_angle", name, getattr(self, name))

    def for_angle_range(self, low: float, high: float) -> DenseAngleEncoding:
        """Map `[low, high]` into polar angles `[0, π]`, the middle to π/2, never stretched."""
        scale = min(1.0, math.pi / (high - low)) if self.scale is None else self.scale
        offset = math.pi / 2 - scale * (low + high) / 2 if self.offset is None else self.offset
        return replace(self, offset=offset, scale=scale)

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features themselves, at most two a qubit.

        Raises:
            CandidateError: if there are more.
        """
        require_features("dense_angle", n_features, 2 * topology.n_qubits, "two features a qubit")
        return n_features

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return `X`."""
        return X

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block: ry on every qubit, then rz on every qubit that has a second feature."""
        pairs = -(-n_features // 2)
        polar, phase = [], []
        for qubit in range(topology.n_qubits):
            first = 2 * (qubit % pairs)
            polar.append(Gate("ry", (qubit,), Angle(self.offset or 0.0, self._scale, feature=first)))
            if first + 1 < n_features:
                phase.append(Gate("rz", (qubit,), Angle(feature=first + 1)))
        return [polar + phase]

    @property
    def _scale(self) -> float:
        return 1.0 if self.scale is None else self.scale
