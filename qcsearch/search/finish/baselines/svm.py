"""Support vector machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import fitted
from qcsearch.training.expectations import Ints

__all__ = ["SupportVectorMachine"]

_COSTS = (1.0, 10.0, 100.0)
_WIDTHS = (1.0, 0.3, 0.1, 3.0)
"""Of the kernel's γ, over 1 / n_features, which is what scikit-learn calls `scale` on standardised features."""


@dataclass(frozen=True)
class SupportVectorMachine:
    """With a radial basis function as its kernel; C and γ are tuned.

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"RBF-SVM{self.features}"

    def predict(self, samples: Samples) -> Ints:
        """See `Classical`."""
        from sklearn.svm import SVC

        X, X_test = samples.features(self.features)
        grid = {"C": _COSTS, "gamma": [width / X.shape[1] for width in _WIDTHS]}
        return np.asarray(fitted(SVC(cache_size=500), grid, X, samples.y, samples.seed).predict(X_test))
