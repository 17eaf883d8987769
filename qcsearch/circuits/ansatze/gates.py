"""The gate-by-gate form: a circuit that was drawn, not made from a template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE
from qcsearch.storage.canonical import Json

__all__ = ["GateByGate"]


@ANSATZE.register("gates")
@dataclass(frozen=True)
class GateByGate:
    """The gates of the list, in order, as one layer; an empty list is no layer at all.

    An angle may name a derived feature too, so with the encoding `none` the list is the whole circuit, data
    and all.

    Attributes:
        gates: JSON values of `Gate.to_json`: `{"name": "ry", "qubits": [0], "angle": {"weight": 3}}`,
            `{"name": "cx", "qubits": [0, 1]}`.
    """

    gates: Sequence[Json] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.gates, list | tuple):
            raise checks.refuse("gates", "gates", "a list of gates", self.gates)
        checks.n_gates("gates", len(self.gates))
        object.__setattr__(self, "gates", tuple(Gate.from_json(gate) for gate in self.gates))

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """One layer, or none."""
        return [list(self.gates)] if self.gates else []
