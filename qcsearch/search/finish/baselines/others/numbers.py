"""Classical regressors: of one number, or of several at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import fitted
from qcsearch.training.predictions import Predictions

__all__ = ["BoostedTrees", "Perceptron", "Ridge", "SupportVectorRegressor"]

_STRENGTHS = (1.0, 0.1, 10.0, 100.0, 1_000.0)
_COSTS = (1.0, 0.1, 10.0, 100.0)
_WIDTHS = (1.0, 0.3, 0.1, 3.0)
"""Of the kernel's γ, over 1 / n_features, as for classes."""


def _answers(model: Any, grid: dict[str, Any], samples: Samples, features: str) -> Predictions:
    """What a regressor says of the test samples; of several numbers one is fitted for each where it takes one alone."""
    from sklearn.multioutput import MultiOutputRegressor

    X, X_test = samples.features(features)
    n_outputs = samples.y.shape[1]
    if n_outputs > 1:
        model, grid = (
            MultiOutputRegressor(model),
            {f"estimator__{name}": values for name, values in grid.items()},
        )
    found = fitted(model, grid, X, samples)
    return Predictions(np.asarray(found.predict(X_test), dtype=np.float64).reshape(len(X_test), n_outputs))


@dataclass(frozen=True)
class Ridge:
    """Linear least squares with an L2 penalty whose strength is tuned (Hoerl and Kennard, Technometrics 12, 55 (1970)).

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"ridge regression{self.features}"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn import linear_model

        return _answers(linear_model.Ridge(), {"alpha": _STRENGTHS}, samples, self.features)


@dataclass(frozen=True)
class SupportVectorRegressor:
    """With a radial basis function as its kernel; C and γ are tuned, ε is a tenth of the standard deviation of y.

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"RBF-SVR{self.features}"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.svm import SVR

        gammas = [width / samples.features(self.features)[0].shape[1] for width in _WIDTHS]
        return _answers(SVR(cache_size=500), {"C": _COSTS, "gamma": gammas}, samples, self.features)


@dataclass(frozen=True)
class BoostedTrees:
    """Histogram-based trees, 150 of them; step size and least leaf are tuned.

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
        from sklearn.ensemble import HistGradientBoostingRegressor

        model = HistGradientBoostingRegressor(max_iter=150, early_stopping=False, random_state=samples.seed)
        grid = {"learning_rate": (0.1, 0.05, 0.02), "min_samples_leaf": (20, 5)}
        return _answers(model, grid, samples, self.features)


@dataclass(frozen=True)
class Perceptron:
    """One or two hidden layers of 100 rectified units, trained by Adam; size and L2 penalty are tuned.

    Attributes:
        features: those that it sees.
    """

    features: str = CIRCUIT

    @property
    def name(self) -> str:
        """See `Classical`."""
        return f"MLP{self.features}"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.neural_network import MLPRegressor

        model = MLPRegressor(learning_rate_init=3e-3, max_iter=300, random_state=samples.seed)
        grid = {"hidden_layer_sizes": ((100,), (100, 100)), "alpha": (1e-3, 1e-1, 1.0)}
        return _answers(model, grid, samples, self.features)
