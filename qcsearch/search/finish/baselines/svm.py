"""Support vector machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import answers
from qcsearch.training.predictions import Predictions

__all__ = ["SupportVectorMachine"]

_COSTS = (1.0, 10.0, 100.0)
_WIDTHS = (1.0, 0.3, 0.1, 3.0)
"""Of the kernel's γ, over 1 / n_features, which is what scikit-learn calls `scale` on standardised features."""


_FOLDS = 3


@dataclass(frozen=True)
class SupportVectorMachine:
    """With a radial basis function as its kernel; C and γ are tuned.

    It has no probabilities of its own. Where the metric needs some, a sigmoid of its decision function gives them,
    fitted in folds (Platt 1999, as scikit-learn does it).

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"RBF-SVM{self.features}"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.svm import SVC

        X, X_test = samples.features(self.features)
        grid: dict[str, Sequence[float]] = {"C": _COSTS, "gamma": [width / X.shape[1] for width in _WIDTHS]}
        model: Any = SVC(cache_size=500)
        if samples.needs_probabilities:
            model = CalibratedClassifierCV(model, cv=_FOLDS, ensemble=False)
            grid = {f"estimator__{name}": values for name, values in grid.items()}
        return answers(model, grid, X, X_test, samples)
