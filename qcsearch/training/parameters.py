"""The parameters of a quantum classifier: angles of its circuit, and parameters of its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
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

    Where a training starts, an empty part is drawn, so `Parameters()` draws both. Nothing else could be meant by it:
    a circuit without weights and a head without parameters are drawn as nothing.

    Attributes:
        weights: angles of the circuit in radians, `(n_weights,)`.
        head: parameters of the head, `(n_head,)`, in its own order.
    """

    weights: Floats = field(default_factory=_none)
    head: Floats = field(default_factory=_none)

    @classmethod
    def of(cls, weights: Sequence[float] | Floats, head: Sequence[float] | Floats) -> Parameters:
        """From any numbers, which are copied."""
        return cls(np.array(weights, dtype=np.float64), np.array(head, dtype=np.float64))

    def __eq__(self, other: object) -> bool:
        """Whether every number is the same; dataclasses that hold them compare by this."""
        if not isinstance(other, Parameters):
            return NotImplemented
        return np.array_equal(self.weights, other.weights) and np.array_equal(self.head, other.head)

    __hash__ = None  # type: ignore[assignment]  # arrays may be written to

    @property
    def vector(self) -> Floats:
        """Weights, then the head's: what an optimizer moves, `(n_weights + n_head,)`."""
        return np.concatenate([self.weights, self.head])

    @classmethod
    def of_vector(cls, vector: Floats, n_weights: int) -> Parameters:
        """The two parts of a `vector`, which they share their memory with."""
        return cls(vector[:n_weights], vector[n_weights:])

    def to_json(self) -> dict[str, Json]:
        """Return the numbers as JSON values; floats keep every bit."""
        return {"weights": self.weights.tolist(), "head": self.head.tolist()}

    @classmethod
    def from_json(cls, data: Any) -> Parameters:
        """Rebuild from `to_json`'s answer.

        Raises:
            ValueError: if it is anything else.
        """
        if not isinstance(data, dict) or set(data) != {"weights", "head"}:
            raise ValueError("must have 'weights' and 'head', and nothing else")
        for name, numbers in data.items():
            if not isinstance(numbers, list) or any(type(one) not in (int, float) for one in numbers):
                raise ValueError(f"'{name}' must be a list of numbers")
        return cls.of(data["weights"], data["head"])


@dataclass(frozen=True)
class ParameterCounts:
    """How many numbers a training finds, counted apart.

    Attributes:
        circuit: weights that are angles by themselves.
        feature_map: weights that multiply features, which is a linear map of the data before the circuit.
        head: parameters of the head, which is classical too.
    """

    circuit: int = 0
    feature_map: int = 0
    head: int = 0

    @classmethod
    def of(cls, gate_list: GateList, n_head: int) -> ParameterCounts:
        """Those of a circuit with a head of `n_head` parameters."""
        n_map = len(feature_weights(gate_list.gates))
        return cls(gate_list.n_weights - n_map, n_map, n_head)

    @property
    def weights(self) -> int:
        """Those that are in the circuit."""
        return self.circuit + self.feature_map

    @property
    def total(self) -> int:
        """All."""
        return self.weights + self.head

    @property
    def by_name(self) -> dict[str, int]:
        """The sum and its parts, as limits and objectives are called."""
        parts = {f"{name}_parameters": n for name, n in asdict(self).items()}
        return {"parameters": self.total, **parts}

    @property
    def parts(self) -> str:
        """The parts in a table's cell, in the order of `PARTS`."""
        return f"{self.circuit} + {self.feature_map} + {self.head}"

    def __str__(self) -> str:
        """The sum and its parts for a person."""
        return f"{self.total} ({self.circuit} circuit, {self.feature_map} feature map, {self.head} head)"


DRAWN = Parameters()
"""A start of which everything is drawn."""
