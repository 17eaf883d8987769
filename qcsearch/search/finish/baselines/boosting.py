"""Gradient boosting."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import answers
from qcsearch.training.predictions import Predictions

__all__ = ["GradientBoosting"]

_GRID = {"learning_rate": (0.1, 0.05), "min_samples_leaf": (20, 5)}


@dataclass(frozen=True)
class GradientBoosting:
    """Histogram-based trees, 150 of them for each class; step size and least leaf are tuned.

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"gradient boosting{self.features}"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        X, X_test = samples.features(self.features)
        model = HistGradientBoostingClassifier(max_iter=150, early_stopping=False, random_state=samples.seed)
        return answers(model, _GRID, X, X_test, samples)
