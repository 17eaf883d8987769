"""The parameters of a quantum classifier: angles of its circuit, parameters of its input layer and of its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from qcsearch.candidate.gate import GateList, feature_weights
from qcsearch.storage.canonical import Json
from qcsearch.training.expectations import Floats

__all__ = ["DRAWN", "ParameterCounts", "Parameters"]


def _none() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Parameters:
    """What a training finds, and what it may start from.

    Where a training starts, an empty part is drawn, so `Parameters()` draws all. Nothing else could be meant by it:
    a circuit without weights and a head without parameters are drawn as nothing.

    Attributes:
        weights: angles of the circuit in radians, `(n_weights,)`.
        head: parameters of the head, `(n_head,)`, in its own order.
        input_layer: parameters of the input layer, `(n_input_layer,)`, in its own order; empty where there is none.
    """

    weights: Floats = field(default_factory=_none)
    head: Floats = field(default_factory=_none)
    input_layer: Floats = field(default_factory=_none)

    @classmethod
    def of(
        cls,
        weights: Sequence[float] | Floats,
        head: Sequence[float] | Floats,
        input_layer: Sequence[float] | Floats = (),
    ) -> Parameters:
        """From any numbers, which are copied."""
        return cls(*(np.array(part, dtype=np.float64) for part in (weights, head, input_layer)))

    def __eq__(self, other: object) -> bool:
        """Whether every number is the same; dataclasses that hold them compare by this."""
        if not isinstance(other, Parameters):
            return NotImplemented
        return all(np.array_equal(mine, theirs) for mine, theirs in zip(self._all, other._all, strict=True))

    __hash__ = None  # type: ignore[assignment]  # arrays may be written to

    @property
    def vector(self) -> Floats:
        """Weights, the input layer's, the head's: what an optimizer moves, `(n_weights + n_input_layer + n_head,)`."""
        return np.concatenate([self.weights, self.input_layer, self.head])

    @classmethod
    def of_vector(cls, vector: Floats, n_weights: int, n_input_layer: int = 0) -> Parameters:
        """The parts of a `vector`, which they share their memory with."""
        behind = n_weights + n_input_layer
        return cls(vector[:n_weights], vector[behind:], vector[n_weights:behind])

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each part has."""
        return tuple(part.size for part in self._all)

    @property
    def _all(self) -> tuple[Floats, ...]:
        return tuple(getattr(self, name) for name in _PARTS)

    def to_json(self) -> dict[str, Json]:
        """Return the numbers as JSON values; floats keep every bit."""
        return {name: getattr(self, name).tolist() for name in _PARTS}

    @classmethod
    def from_json(cls, data: Any) -> Parameters:
        """Rebuild from `to_json`'s answer.

        Raises:
            ValueError: if it is anything else.
        """
        if not isinstance(data, dict) or set(data) != set(_PARTS):
            raise ValueError("must have 'weights', 'head' and 'input_layer', and nothing else")
        for name, numbers in data.items():
            if not isinstance(numbers, list) or any(type(one) not in (int, float) for one in numbers):
                raise ValueError(f"'{name}' must be a list of numbers")
        return cls.of(**data)


_PARTS = tuple(part.name for part in fields(Parameters))


@dataclass(frozen=True)
class ParameterCounts:
    """How many numbers a training finds, counted apart.

    Attributes:
        circuit: weights that are angles by themselves.
        feature_map: weights that multiply features, which is a linear map of the data before the circuit.
        head: parameters of the head, which is classical too.
        input_layer: parameters of the trained layer before the encoding, classical as well.
    """

    circuit: int = 0
    feature_map: int = 0
    head: int = 0
    input_layer: int = 0

    @classmethod
    def of(cls, gate_list: GateList, n_head: int, n_input_layer: int = 0) -> ParameterCounts:
        """Those of a circuit with a head of `n_head` parameters and an input layer of `n_input_layer`."""
        n_map = len(feature_weights(gate_list.gates))
        return cls(gate_list.n_weights - n_map, n_map, n_head, n_input_layer)

    @property
    def weights(self) -> int:
        """Those that are in the circuit."""
        return self.circuit + self.feature_map

    @property
    def total(self) -> int:
        """All."""
        return self.weights + self.head + self.input_layer

    @property
    def by_name(self) -> dict[str, int]:
        """The sum and its parts, as limits and objectives are called."""
        parts = {f"{name}_parameters": n for name, n in asdict(self).items()}
        return {"parameters": self.total, **parts}

    def __str__(self) -> str:
        """The sum and its parts for a person."""
        layer = f"{self.input_layer} input layer, " if self.input_layer else ""
        return (
            f"{self.total} ({layer}{self.circuit} circuit, {self.feature_map} feature map, {self.head} head)"
        )


DRAWN = Parameters()
"""A start of which everything is drawn."""
