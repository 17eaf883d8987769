"""The circuits that are trained as baselines, of each level."""

from __future__ import annotations

from qcsearch.search.finish.baselines.base import Quantum
from qcsearch.search.finish.baselines.start_point import StartPoint
from qcsearch.search.finish.baselines.unentangled import Unentangled
from qcsearch.search.finish.noise_awareness import HeadRefitted, TrainedNoiseless

__all__ = ["quantum_rows"]

_QUANTUM: dict[str, tuple[Quantum, ...]] = {
    "none": (),
    "fast": (Unentangled(),),
    "full": (Unentangled(), StartPoint(), TrainedNoiseless(), HeadRefitted()),
}


def quantum_rows(level: str) -> tuple[Quantum, ...]:
    """The circuits of a level of `settings.BASELINES`, in the order in which they are trained."""
    return _QUANTUM[level]
