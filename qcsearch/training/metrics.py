"""The metric that a search works for: a scorer of scikit-learn, by its name, asked of what a model said."""

from __future__ import annotations

import math
import threading
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from qcsearch.errors import InputError
from qcsearch.spelling import meant
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.predictions import Predictions

__all__ = ["ACCURACY", "METRICS", "Metric"]

_AVERAGED = ("f1", "precision", "recall", "jaccard")
_OF_PROBABILITIES = (
    "roc_auc",
    "roc_auc_ovr",
    "roc_auc_ovo",
    "roc_auc_ovr_weighted",
    "roc_auc_ovo_weighted",
    "average_precision",
    "neg_log_loss",
    "neg_brier_score",
    "d2_log_loss_score",
    "d2_brier_score",
)
METRICS = (
    "accuracy",
    "balanced_accuracy",
    "matthews_corrcoef",
    *(f"{name}{average}" for name in _AVERAGED for average in ("", "_macro", "_micro", "_weighted")),
    *_OF_PROBABILITIES,
)
"""Names of scikit-learn's scorers of classes and their probabilities."""

_OF_MANY_CLASSES = {name: f"{name}_macro" for name in _AVERAGED} | {"roc_auc": "roc_auc_ovr"}
"""What stands in, with more classes than two, for those that are of two alone."""


_QUIET = threading.Lock()
"""Refits train in several threads, which have one list of warnings to ignore."""


@dataclass(frozen=True)
class Metric:
    """A scorer of scikit-learn: the greater, the better.

    Of two classes the second is the positive one, as in scikit-learn, where a metric has one.

    Attributes:
        name: as in `sklearn.metrics.get_scorer_names`, one of `METRICS`.

    Raises:
        InputError: if there is no such metric.
    """

    name: str = "accuracy"

    def __post_init__(self) -> None:
        if self.name not in METRICS:
            raise InputError(
                f"The metric must be one of {', '.join(METRICS)}. Got {self.name!r}.",
                fix=meant(self.name, METRICS)
                or "take 'accuracy', or 'balanced_accuracy' for unequal classes.",
            )

    @property
    def needs_probabilities(self) -> bool:
        """Whether it asks how sure a model is, not which class it predicts."""
        return self.name in _OF_PROBABILITIES

    def __call__(self, y: Ints, found: Predictions) -> float:
        """The score.

        Args:
            y: class numbers `(n_samples,)`.
            found: what a model says of the samples; with probabilities, where the metric needs them.
        """
        if self.name == "accuracy":  # at every validation of every training: not by way of the library
            return float(np.mean(found.classes == y))
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that are never predicted: their share counts as 0
            return float(_scorer(self.name)(_said(found, y), np.empty((len(y), 0)), y))

    def check(self, y: Ints, n_classes: int, part: str) -> None:
        """Check that there is such a score of some samples, whatever is said of them.

        Args:
            y: their class numbers.
            n_classes: number of classes.
            part: what they are called.

        Raises:
            InputError: if there is none.
        """
        even = np.full((len(y), n_classes), 0.5 / n_classes)
        even[np.arange(len(y)), y] += 0.5
        try:
            trouble = "it is not a number" if math.isnan(self(y, Predictions.of_probabilities(even))) else ""
        except ValueError as error:
            trouble = str(error).splitlines()[0].split(". ")[0].rstrip(".")
        if trouble:
            other = _OF_MANY_CLASSES.get(self.name, "balanced_accuracy")
            raise InputError(
                f"The metric '{self.name}' must be defined for the data. "
                f"Of the {part} part, with {n_classes} classes, it is not: {trouble}.",
                fix=f"take '{other}'.",
            )

    def worst(self, y: Ints, n_classes: int) -> float:
        """The score of what is always wrong, and sure of it: that of a model whose logits are no numbers."""
        wrong = (y + 1) % n_classes
        return self(y, Predictions.of_probabilities(np.eye(n_classes)[wrong]))


ACCURACY = Metric()
"""The metric unless another one is asked for."""


@cache
def _scorer(name: str) -> Any:
    from sklearn.metrics import get_scorer

    return get_scorer(name)


def _said(found: Predictions, y: Ints) -> Any:
    """A classifier, as a scorer wants to be given one, that has answered already."""
    return _answered()(
        found, len(found.probabilities[0]) if found.probabilities is not None else int(y.max()) + 1
    )


@cache
def _answered() -> Any:
    """The class of it, which is made when the library is there."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Answered(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
        def __init__(self, found: Predictions, n_classes: int) -> None:
            self.found = found
            self.classes_ = np.arange(n_classes)

        def predict(self, X: Floats) -> Ints:
            return self.found.classes

        def predict_proba(self, X: Floats) -> Floats | None:
            return self.found.probabilities

    return Answered
