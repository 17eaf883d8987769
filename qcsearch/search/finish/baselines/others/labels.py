"""Classical models of several labels at once: one classifier a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import decided, fitted
from qcsearch.training.predictions import Predictions

__all__ = ["LabelwiseLogistic", "LabelwiseSupportVectors"]


def _answers(model: Any, grid: dict[str, Any], samples: Samples, features: str) -> Predictions:
    """What one classifier a label says of the test samples, all with the settings that are best for all together."""
    from sklearn.multioutput import MultiOutputClassifier

    X, X_test = samples.features(features)
    whole = MultiOutputClassifier(model)
    found = fitted(whole, {f"estimator__{name}": values for name, values in grid.items()}, X, samples)
    sure = None
    if samples.needs_probabilities:
        sure = np.stack([each[:, 1] for each in found.predict_proba(X_test)], axis=1)
    decide = decided(found, X, samples)
    return Predictions(np.asarray(decide(X_test), dtype=np.int64), sure)


@dataclass(frozen=True)
class LabelwiseLogistic:
    """Logistic regression of each label, with an L2 penalty whose strength is tuned.

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
        from sklearn.linear_model import LogisticRegression

        grid = {"C": (1.0, 0.1, 0.01, 10.0, 100.0)}
        return _answers(LogisticRegression(max_iter=2_000), grid, samples, self.features)


@dataclass(frozen=True)
class LabelwiseSupportVectors:
    """A support vector machine of each label, with a radial basis function as its kernel; C and γ are tuned.

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

        gammas = [width / samples.features(self.features)[0].shape[1] for width in (1.0, 0.3, 0.1, 3.0)]
        grid: dict[str, Any] = {"C": (1.0, 10.0, 100.0), "gamma": gammas}
        model: Any = SVC(cache_size=500)
        if samples.needs_probabilities:
            model = CalibratedClassifierCV(model, cv=3, ensemble=False)
            grid = {f"estimator__{name}": values for name, values in grid.items()}
        return _answers(model, grid, samples, self.features)
