"""Which baselines there are: none but the majority class, those that take little time, or all."""

from __future__ import annotations

from qcsearch.search.finish.baselines.base import CIRCUIT, RAW, Classical, Quantum
from qcsearch.search.finish.baselines.boosting import GradientBoosting
from qcsearch.search.finish.baselines.logistic import LogisticRegression
from qcsearch.search.finish.baselines.mlp import MultiLayerPerceptron, SizedPerceptron
from qcsearch.search.finish.baselines.random_circuit import RandomCircuit
from qcsearch.search.finish.baselines.sine import SineNetwork
from qcsearch.search.finish.baselines.start_point import StartPoint
from qcsearch.search.finish.baselines.svm import SupportVectorMachine
from qcsearch.search.finish.baselines.unentangled import Unentangled

__all__ = ["classical_rows", "quantum_rows"]

_CLASSICAL: dict[str, tuple[Classical, ...]] = {
    "none": (),
    "fast": (
        LogisticRegression(CIRCUIT),
        SupportVectorMachine(CIRCUIT),
        LogisticRegression(RAW),
        SupportVectorMachine(RAW),
    ),
}
_CLASSICAL["full"] = (
    *_CLASSICAL["fast"],
    SizedPerceptron(),
    SineNetwork(),
    GradientBoosting(CIRCUIT),
    GradientBoosting(RAW),
    MultiLayerPerceptron(CIRCUIT),
    MultiLayerPerceptron(RAW),
)
_QUANTUM: dict[str, tuple[Quantum, ...]] = {
    "none": (),
    "fast": (Unentangled(),),
    "full": (Unentangled(), RandomCircuit(), StartPoint()),
}


def classical_rows(level: str) -> tuple[Classical, ...]:
    """The classical models of a level of `settings.BASELINES`, in the order in which they are fitted."""
    return _CLASSICAL[level]


def quantum_rows(level: str) -> tuple[Quantum, ...]:
    """Its circuits, in the order in which they are trained."""
    return _QUANTUM[level]
