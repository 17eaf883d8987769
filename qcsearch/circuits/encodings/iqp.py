"""IQP encoding: features and products of features as commuting phases between Hadamards."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.encodings.base import ENCODINGS

__all__ = ["IQPEncoding"]

MAX_REPEATS = 10


@ENCODINGS.register("iqp")
@dataclass(frozen=True)
class IQPEncoding:
    """h on all qubits, rz(x_i) on qubit `i`, rzz(c · x_i · x_j) on pairs of qubits; repeated.

    Havlíček et al., Nature 567, 209 (2019). With more features than qubits the block follows for the next
    ones, and so on; with fewer, the features go round. Phases are told apart in a width below 2π: so |x| < π
    for the features, and c · x² < π for the products. Within a candidate, a `product_scale` c that is left
    open is 1, or less where the angle range would make a product exceed π.

    Attributes:
        pairs: `edges` for the region's couplings, `all` for every pair of qubits.
        repeats: how often the whole is applied, in [1, 10].
        product_scale: factor of the products, > 0; None for 1, or as the angle range asks.
    """

    pairs: str = "edges"
    repeats: int = 1
    product_scale: float | None = None

    def __post_init__(self) -> None:
        checks.one_of("iqp", "pairs", self.pairs, ("edges", "all"))
        checks.integer("iqp", "repeats", self.repeats, 1, MAX_REPEATS)
        if self.product_scale is not None:
            checks.number("iqp", "product_scale", self.product_scale, 0.0, above=True)

    def for_angle_range(self, low: float, high: float) -> IQPEncoding:
        """Keep the products within ±π if the scale was left open."""
        if self.product_scale is not None:
            return self
        return replace(self, product_scale=min(1.0, math.pi / max(low**2, high**2)))

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features, then one product a pair and block."""
        return n_features + _n_blocks(n_features, topology) * len(self._pairs(topology))

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return the features, then the products block by block."""
        n_features = X.shape[1]
        pairs = np.array(self._pairs(topology), dtype=np.intp).reshape(-1, 2)
        starts = topology.n_qubits * np.arange(_n_blocks(n_features, topology))
        first, second = (((starts[:, None] + pairs[:, side]).ravel()) % n_features for side in (0, 1))
        scale = 1.0 if self.product_scale is None else self.product_scale
        return np.hstack([X, scale * X[:, first] * X[:, second]])

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block, before all layers of the ansatz."""
        pairs = self._pairs(topology)
        gates: list[Gate] = []
        for block in range(_n_blocks(n_features, topology)):
            qubits = range(topology.n_qubits)
            gates += [Gate("h", (q,)) for q in qubits]
            features = [(block * topology.n_qubits + q) % n_features for q in qubits]
            gates += [Gate("rz", (q,), Angle(feature=features[q])) for q in qubits]
            products = n_features + block * len(pairs)
            gates += [Gate("rzz", pair, Angle(feature=products + i)) for i, pair in enumerate(pairs)]
        return [gates * self.repeats]

    def _pairs(self, topology: Topology) -> list[tuple[int, int]]:
        if self.pairs == "edges":
            return list(topology.edges)
        return [(a, b) for b in range(topology.n_qubits) for a in range(b)]


def _n_blocks(n_features: int, topology: Topology) -> int:
    return -(-n_features // topology.n_qubits)
