"""The gate list: what every encoding, ansatz and gate-by-gate candidate lowers to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["Angle", "Gate", "GateList", "Topology"]


@dataclass(frozen=True, slots=True)
class Topology:
    """The qubits a circuit is written for: `n_qubits` logical qubits and the pairs that are coupled.

    Attributes:
        n_qubits: number of logical qubits, numbered from 0.
        edges: coupled pairs `(a, b)` with `a < b`, sorted, each once.
    """

    n_qubits: int
    edges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Angle:
    """A rotation angle in radians: `constant + scale * x[feature] * w[weight]`.

    A factor whose index is None is 1; with both None the angle is `constant` alone.

    Attributes:
        constant: in radians.
        scale: factor of the product.
        feature: index of a derived feature, or None.
        weight: index of a trainable weight, or None.
    """

    constant: float = 0.0
    scale: float = 1.0
    feature: int | None = None
    weight: int | None = None

    def shifted(self, n_weights: int) -> Angle:
        """The same angle with its weight, if any, renumbered by `+ n_weights`."""
        return self if self.weight is None else replace(self, weight=self.weight + n_weights)


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of a standard Qiskit name on logical qubits.

    Attributes:
        name: a name of `circuits.build.GATES` (`h`, `ry`, `cx`, `rzz`, …).
        qubits: logical qubits, the control first.
        angle: the one angle of a rotation, None for a fixed gate.
    """

    name: str
    qubits: tuple[int, ...]
    angle: Angle | None = None

    def shifted(self, n_weights: int) -> Gate:
        """The same gate with its weight, if any, renumbered by `+ n_weights`."""
        return self if self.angle is None else replace(self, angle=self.angle.shifted(n_weights))


@dataclass(frozen=True, slots=True)
class GateList:
    """A whole circuit: gates in order, features and weights by number.

    Attributes:
        n_qubits: number of logical qubits.
        n_features: number of derived features that the angles may name.
        n_weights: number of trainable weights; every one of `0 … n_weights - 1` is used.
        gates: in the order of time.
    """

    n_qubits: int
    n_features: int
    n_weights: int
    gates: tuple[Gate, ...]


def count_weights(gates: Iterable[Gate]) -> int:
    """One more than the highest weight number in `gates`; 0 if there is none."""
    return max(
        (gate.angle.weight + 1 for gate in gates if gate.angle is not None and gate.angle.weight is not None),
        default=0,
    )
