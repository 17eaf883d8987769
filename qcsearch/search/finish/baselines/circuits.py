"""The circuits that are baselines, of each level."""

from __future__ import annotations

from qcsearch.search.finish.baselines.base import Quantum
from qcsearch.search.finish.baselines.random_circuit import RandomCircuit
from qcsearch.search.finish.baselines.start_point import StartPoint
from qcsearch.search.finish.baselines.unentangled import Unentangled

__all__ = ["quantum_rows"]

_QUANTUM: dict[str, tuple[Quantum, ...]] = {
    "none": (),
    "fast": (Unentangled(),),
    "full": (Unentangled(), RandomCircuit(), StartPoint()),
}


def quantum_rows(level: str) -> tuple[Quantum, ...]:
    """The circuits of a level of `settings.BASELINES`, in the order in which they are trained."""
    return _QUANTUM[level]
