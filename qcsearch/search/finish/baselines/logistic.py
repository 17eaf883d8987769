"""Logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import answers
from qcsearch.training.predictions import Predictions

__all__ = ["LogisticRegression"]

_STRENGTHS = (1.0, 0.1, 0.01, 10.0, 100.0)


@dataclass(frozen=True)
class LogisticRegression:
    """Multinomial, with an L2 penalty whose strength is tuned.

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"logistic regression{self.features}"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn import linear_model

        X, X_test = samples.features(self.features)
        model = linear_model.LogisticRegression(max_iter=2_000)
        return answers(model, {"C": _STRENGTHS}, X, X_test, samples)
