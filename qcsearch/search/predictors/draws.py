"""Draws: a circuit whose every angle is a feature, so that random weights are samples of one program."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qcsearch.candidate.gate import Angle, Gate, GateList
from qcsearch.training.expectations import Floats

__all__ = ["Draws"]

_Product = tuple[int | None, int | None]


@dataclass(frozen=True)
class Draws:
    """A gate list in which each product of a feature and a weight, or one of them alone, is a feature.

    Attributes:
        gate_list: without weights.
        products: `(feature, weight)` of the original circuit behind each feature; None is a factor of 1.
    """

    gate_list: GateList
    products: tuple[_Product, ...]

    @classmethod
    def of(cls, circuit: GateList) -> Draws:
        """Rewrite a circuit."""
        numbers: dict[_Product, int] = {}

        def rewritten(angle: Angle) -> Angle:
            product = angle.feature, angle.weight
            if product == (None, None):
                return angle
            return replace(angle, feature=numbers.setdefault(product, len(numbers)), weight=None)

        gates = tuple(
            gate if gate.angle is None else Gate(gate.name, gate.qubits, rewritten(gate.angle))
            for gate in circuit.gates
        )
        return cls(GateList(circuit.n_qubits, len(numbers), 0, gates), tuple(numbers))

    def angles(self, X: Floats, W: Floats) -> Floats:
        """The features `(n, n_products)` of samples `(n, n_features)` with weights `(n, n_weights)` of their own."""
        columns = [
            (1.0 if feature is None else X[:, feature]) * (1.0 if weight is None else W[:, weight])
            for feature, weight in self.products
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(X), 0))
