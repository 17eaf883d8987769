"""The classical baselines of each level, for the process that fits them: it imports no engine."""

from __future__ import annotations

from qcsearch.search.finish.baselines.base import CIRCUIT, RAW, Classical
from qcsearch.search.finish.baselines.boosting import GradientBoosting
from qcsearch.search.finish.baselines.logistic import LogisticRegression
from qcsearch.search.finish.baselines.mlp import MultiLayerPerceptron, SizedPerceptron
from qcsearch.search.finish.baselines.others.labels import LabelwiseLogistic, LabelwiseSupportVectors
from qcsearch.search.finish.baselines.others.numbers import (
    BoostedTrees,
    Perceptron,
    Ridge,
    SupportVectorRegressor,
)
from qcsearch.search.finish.baselines.random_circuit import RandomCircuit
from qcsearch.search.finish.baselines.sine import SineNetwork
from qcsearch.search.finish.baselines.svm import SupportVectorMachine

__all__ = ["classical_rows"]

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
    RandomCircuit(),
    SizedPerceptron(),
    SineNetwork(),
    GradientBoosting(CIRCUIT),
    GradientBoosting(RAW),
    MultiLayerPerceptron(CIRCUIT),
    MultiLayerPerceptron(RAW),
)


_NUMBERS: dict[str, tuple[Classical, ...]] = {
    "none": (),
    "fast": (Ridge(CIRCUIT), SupportVectorRegressor(CIRCUIT), Ridge(RAW), SupportVectorRegressor(RAW)),
}
_NUMBERS["full"] = (
    *_NUMBERS["fast"],
    BoostedTrees(CIRCUIT),
    BoostedTrees(RAW),
    Perceptron(CIRCUIT),
    Perceptron(RAW),
)
_LABELS: dict[str, tuple[Classical, ...]] = {
    "none": (),
    "fast": (
        LabelwiseLogistic(CIRCUIT),
        LabelwiseSupportVectors(CIRCUIT),
        LabelwiseLogistic(RAW),
        LabelwiseSupportVectors(RAW),
    ),
}
_LABELS["full"] = _LABELS["fast"]
_OF_TASKS = {"classification": _CLASSICAL, "regression": _NUMBERS, "multilabel": _LABELS}


def classical_rows(level: str, task: str = "classification") -> tuple[Classical, ...]:
    """The classical models of a level of `settings.BASELINES` for a task, in the order in which they are fitted."""
    return _OF_TASKS[task][level]
