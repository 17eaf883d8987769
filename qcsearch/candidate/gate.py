"""The gate list: what every encoding, ansatz and gate-by-gate candidate lowers to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from qcsearch.candidate import checks
from qcsearch.errors import CandidateError
from qcsearch.spelling import meant
from qcsearch.storage.canonical import Json

__all__ = ["Angle", "Gate", "GateList", "Topology", "count_weights", "feature_weights"]


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

    def at(self, features: Sequence[float], weights: Sequence[float]) -> float:
        """Its value in radians, of these features and weights."""
        x = 1.0 if self.feature is None else features[self.feature]
        w = 1.0 if self.weight is None else weights[self.weight]
        varies = self.feature is not None or self.weight is not None
        return float(self.constant + self.scale * x * w) if varies else self.constant

    def shifted(self, n_weights: int) -> Angle:
        """The same angle with its weight, if any, renumbered by `+ n_weights`."""
        return self if self.weight is None else replace(self, weight=self.weight + n_weights)

    def to_json(self) -> Json:
        """Return the constant if that is all, or an object of the parts that differ from their defaults."""
        if self == Angle(self.constant):
            return self.constant
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    @classmethod
    def from_json(cls, data: Json) -> Angle:
        """Rebuild from `to_json`'s answer.

        Raises:
            CandidateError: if it is neither a number nor an object of the parts.
        """
        if not isinstance(data, dict):
            return cls(constant=checks.number("a gate", "angle", data))
        if not set(data) <= {"constant", "scale", "feature", "weight"}:
            parts = [field.name for field in fields(cls)]
            raise CandidateError(
                f"An angle has the parts {', '.join(parts)}. Got {checks.short(data)}.",
                meant(next(key for key in data if key not in parts), parts),
            )
        feature, weight = data.get("feature"), data.get("weight")
        return cls(
            constant=checks.number("an angle", "constant", data.get("constant", 0.0)),
            scale=checks.number("an angle", "scale", data.get("scale", 1.0)),
            feature=None if feature is None else checks.integer("an angle", "feature", feature, 0),
            weight=None if weight is None else checks.integer("an angle", "weight", weight, 0),
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of a standard Qiskit name on logical qubits.

    Attributes:
        name: a name of `circuits.gates.GATES` (`h`, `ry`, `cx`, `rzz`, …).
        qubits: logical qubits, the control first.
        angle: the one angle of a rotation, None for a fixed gate.
    """

    name: str
    qubits: tuple[int, ...]
    angle: Angle | None = None

    def shifted(self, n_weights: int) -> Gate:
        """The same gate with its weight, if any, renumbered by `+ n_weights`."""
        return self if self.angle is None else replace(self, angle=self.angle.shifted(n_weights))

    def to_json(self) -> dict[str, Json]:
        """Return `{"name": …, "qubits": […]}`, with `"angle"` for a rotation."""
        data: dict[str, Json] = {"name": self.name, "qubits": list(self.qubits)}
        return data if self.angle is None else data | {"angle": self.angle.to_json()}

    @classmethod
    def from_json(cls, data: Json) -> Gate:
        """Rebuild from `to_json`'s answer.

        Raises:
            CandidateError: if it is not a gate.
        """
        if (
            not isinstance(data, dict)
            or not {"name", "qubits"} <= set(data) <= {"name", "qubits", "angle"}
            or not isinstance(data["name"], str)
            or not isinstance(data["qubits"], list | tuple)
        ):
            raise CandidateError(
                f"A gate must be {{name, qubits}} or {{name, qubits, angle}}. Got {checks.short(data)}."
            )
        qubits = tuple(checks.integer("a gate", "qubits", q, 0) for q in data["qubits"])
        return cls(data["name"], qubits, Angle.from_json(data["angle"]) if "angle" in data else None)


@dataclass(frozen=True, slots=True)
class GateList:
    """A whole circuit: gates in order, features and weights by number.

    Attributes:
        n_qubits: number of logical qubits.
        n_features: number of derived features that the angles may name.
        n_weights: number of trainable weights; every one of `0 … n_weights - 1` is used.
        gates: in the order of time.
        start: what the circuit starts from: `ground`, |0…0⟩; or `pure` or `mixed`, where the features of a sample are
            the state that it starts from, and no angle names one.
        n_preparing: the first gates, so many, make the sample's state and belong to the data, not to the model.
    """

    n_qubits: int
    n_features: int
    n_weights: int
    gates: tuple[Gate, ...]
    start: str = "ground"
    n_preparing: int = 0


def count_weights(gates: Iterable[Gate]) -> int:
    """One more than the highest weight number in `gates`; 0 if there is none."""
    return max(
        (gate.angle.weight + 1 for gate in gates if gate.angle is not None and gate.angle.weight is not None),
        default=0,
    )


def feature_weights(gates: Iterable[Gate]) -> frozenset[int]:
    """Numbers of the weights that multiply a feature in at least one of `gates`: the trained feature map."""
    angles = (gate.angle for gate in gates)
    return frozenset(
        angle.weight
        for angle in angles
        if angle is not None and angle.weight is not None and angle.feature is not None
    )
