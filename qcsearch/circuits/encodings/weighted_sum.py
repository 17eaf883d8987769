"""Weighted-sum encoding: before every layer each qubit rotates by a trained combination of all features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.encodings.base import AXES, ENCODINGS

__all__ = ["WeightedSumEncoding"]


@ENCODINGS.register("weighted_sum")
@dataclass(frozen=True)
class WeightedSumEncoding:
    """Before each layer, rotate every qubit by `Σ_k w_k x_k` over all features, with weights of its own.

    Pérez-Salinas et al., Phys. Rev. A 104, 012405 (2021): layers `Ry(2φ) Rz(2 ω·x + 2α)` make one qubit a universal
    approximant; φ and α are the ansatz's. A sum is a row of rotations about one axis, one for each feature. About z
    they are changes of frame on most devices, so a layer reads all features and costs neither time nor fidelity.
    It takes (qubits × features) weights a layer; they start random, see `weights.initial_weights`.

    Attributes:
        axis: `rz` (after one Hadamard at the start), `rx` or `ry`.
    """

    axis: str = "rz"

    def __post_init__(self) -> None:
        checks.one_of("weighted_sum", "axis", self.axis, AXES)

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features themselves."""
        return n_features

    def derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        """Return `X`."""
        return X

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block a layer of the ansatz, each with all features on every qubit."""
        n_qubits = topology.n_qubits
        checks.n_gates("weighted_sum", n_layers * n_qubits * n_features)
        blocks = [
            [
                Gate(
                    self.axis, (qubit,), Angle(feature=k, weight=(layer * n_qubits + qubit) * n_features + k)
                )
                for qubit in range(n_qubits)
                for k in range(n_features)
            ]
            for layer in range(n_layers)
        ]
        first = [Gate("h", (q,)) for q in range(n_qubits)] if self.axis == "rz" else []
        return [first + blocks[0], *blocks[1:]]
