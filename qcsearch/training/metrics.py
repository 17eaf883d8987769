"""The metric that a search works for: a scorer of scikit-learn, by its name, asked of what a model said."""

from __future__ import annotations

import math
import threading
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.checks import short
from qcsearch.data.targets import Target
from qcsearch.errors import InputError
from qcsearch.spelling import meant
from qcsearch.training.expectations import Floats
from qcsearch.training.predictions import Predictions

__all__ = ["ACCURACY", "METRICS", "METRICS_OF", "Metric"]

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
)
_CLASSES = (
    "accuracy",
    "balanced_accuracy",
    "matthews_corrcoef",
    *(f"{name}{average}" for name in _AVERAGED for average in ("", "_macro", "_micro", "_weighted")),
    *_OF_PROBABILITIES,
)
_NUMBERS = ("r2", "explained_variance", "d2_absolute_error_score")
_LABELS = (
    "accuracy",
    *(f"{name}_{average}" for name in _AVERAGED for average in ("macro", "micro", "samples", "weighted")),
    "roc_auc",
    "average_precision",
)
METRICS_OF = {"classification": _CLASSES, "regression": _NUMBERS, "multilabel": _LABELS}
"""Of each task what can be asked for; the first if nothing is. Errors with units are left out: standardised numbers
have none, and of one output `d2_absolute_error_score` ranks as the mean absolute error does."""

METRICS = tuple(dict.fromkeys(name for names in METRICS_OF.values() for name in names))
"""Names of scikit-learn's scorers that a search can work for."""

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

    @classmethod
    def of(cls, name: str | None, target: Target) -> Metric:
        """The metric of that name, or the first of the target's task if there is none."""
        return cls(name or METRICS_OF[target.task][0])

    def __post_init__(self) -> None:
        if self.name not in METRICS:
            raise InputError(
                f"The metric must be one of {', '.join(METRICS)}. Got {short(self.name)}.",
                fix=meant(self.name, METRICS)
                or "take 'accuracy', or 'balanced_accuracy' for unequal classes.",
            )

    @property
    def needs_probabilities(self) -> bool:
        """Whether it asks how sure a model is, not which class it predicts."""
        return self.name in _OF_PROBABILITIES

    def __call__(self, y: NDArray[Any], found: Predictions, weight: Floats | None = None) -> float:
        """The score.

        Args:
            y: what should be answered: of classes their numbers `(n_samples,)`.
            found: what a model says of the samples; with probabilities, where the metric needs them.
            weight: how much each sample counts, `(n_samples,)`, of each measurement of the samples if there are
                several; None if all count alike.
        """
        given = {} if weight is None else {"sample_weight": np.resize(weight, len(y))}
        if self.name == "accuracy":  # at every validation of every training: not by way of the library
            right = found.answers == y
            right = right if right.ndim == 1 else right.all(axis=1)
            return float(np.average(right, weights=given["sample_weight"]) if given else np.mean(right))
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that are never predicted: their share counts as 0
            return float(_scorer(self.name)(_said(found, y), np.empty((len(y), 0)), y, **given))

    def check(self, y: NDArray[Any], target: Target, part: str) -> None:
        """Check that there is such a score of some samples, whatever is said of them.

        Args:
            y: what should be answered of them.
            target: what is asked.
            part: what they are called.

        Raises:
            InputError: if there is none.
        """
        if self.name not in METRICS_OF[target.task]:
            raise InputError(
                f"The metric '{self.name}' is not for {target.task}, which has {', '.join(METRICS_OF[target.task])}.",
                fix=f"take '{METRICS_OF[target.task][0]}'.",
            )
        even = Predictions.of_outputs(target, target.ideal(y))
        try:
            trouble = "it is not a number" if math.isnan(self(y, even)) else ""
        except ValueError as error:
            trouble = str(error).splitlines()[0].split(". ")[0].rstrip(".")
        if trouble:
            other = _OF_MANY_CLASSES.get(self.name, "balanced_accuracy")
            raise InputError(
                f"The metric '{self.name}' must be defined for the data. "
                f"Of the {part} part, with {target.words}, it is not: {trouble}.",
                fix=f"take '{other}'.",
            )

    def worst(self, y: NDArray[Any], target: Target) -> float:
        """The score of what is always wrong, and sure of it: that of a model whose outputs are no numbers."""
        return self(y, Predictions.of_outputs(target, target.contrary(y)))


ACCURACY = Metric()
"""The metric unless another one is asked for."""


@cache
def _scorer(name: str) -> Any:
    from sklearn.metrics import get_scorer

    return get_scorer(name)


def _said(found: Predictions, y: NDArray[Any]) -> Any:
    """A classifier, as a scorer wants to be given one, that has answered already."""
    if found.answers.dtype.kind == "f":
        return _regressed()(found)
    n_classes = int(y.max()) + 1 if found.probabilities is None else len(found.probabilities[0])
    return _answered()(found, n_classes)


@cache
def _regressed() -> Any:
    """The class of a regressor that has answered already."""
    from sklearn.base import BaseEstimator, RegressorMixin

    class Regressed(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
        def __init__(self, found: Predictions) -> None:
            self.found = found

        def predict(self, X: Floats) -> NDArray[Any]:
            return self.found.answers

    return Regressed


@cache
def _answered() -> Any:
    """The class of it, which is made when the library is there."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Answered(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
        def __init__(self, found: Predictions, n_classes: int) -> None:
            self.found = found
            self.classes_ = np.arange(n_classes)

        def predict(self, X: Floats) -> NDArray[Any]:
            return self.found.answers

        def predict_proba(self, X: Floats) -> Floats | None:
            return self.found.probabilities

    return Answered
