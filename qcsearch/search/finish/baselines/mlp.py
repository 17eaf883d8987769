"""Multi-layer perceptrons: as large as they like to be, and with as many parameters as the winner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.search.finish.baselines.base import CIRCUIT, Samples
from qcsearch.search.finish.baselines.tuning import answers
from qcsearch.training.predictions import Predictions

__all__ = ["MultiLayerPerceptron", "SizedPerceptron", "n_hidden"]

_GRID = {"hidden_layer_sizes": ((100,), (100, 100)), "alpha": (1e-3, 1e-1)}
_PENALTIES = (1e-2, 1e-4, 1.0)
_STEPS = 2_000


def n_hidden(n_parameters: int, n_features: int, n_classes: int) -> int:
    """Units of the one hidden layer with which a network has about `n_parameters`; at least one.

    Of h units there are (d + 1)·h parameters before the layer and (h + 1)·C after it.
    """
    return max(1, round((n_parameters - n_classes) / (n_features + 1 + n_classes)))


@dataclass(frozen=True)
class MultiLayerPerceptron:
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
        from sklearn.neural_network import MLPClassifier

        X, X_test = samples.features(self.features)
        model = MLPClassifier(learning_rate_init=3e-3, max_iter=300, random_state=samples.seed)
        return answers(model, _GRID, X, X_test, samples)


@dataclass(frozen=True)
class SizedPerceptron:
    """One hidden layer of tanh units on the circuit's features, about as many parameters in all as the winner has.

    Trained by L-BFGS, which suits so few; the L2 penalty is tuned.
    """

    name: str = "MLP of the winner's size"

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.neural_network import MLPClassifier

        n_classes = len(np.unique(samples.y))
        # Of two classes the model has one output alone.
        units = n_hidden(samples.n_parameters, samples.Z.shape[1], n_classes if n_classes > 2 else 1)
        model = MLPClassifier(
            (units,), activation="tanh", solver="lbfgs", max_iter=_STEPS, random_state=samples.seed
        )
        return answers(model, {"alpha": _PENALTIES}, samples.Z, samples.Z_test, samples)
