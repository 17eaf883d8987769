"""Classical models on the winner's own features: what the quantum part has to be compared with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from qcsearch.training.expectations import Floats, Ints

__all__ = ["MAJORITY", "NAMES", "classical_accuracies", "majority_accuracy"]

MAJORITY = "majority class"
NAMES = ("logistic regression", "RBF-SVM")


def majority_accuracy(y: Ints, y_part: Ints) -> float:
    """Share of a part's samples that are of the class most common in the training part: what knows nothing reaches.

    Args:
        y: class numbers of the training part.
        y_part: those of the part.
    """
    return float(np.mean(y_part == np.bincount(y).argmax()))


def classical_accuracies(
    Z: Floats, y: Ints, Z_test: Floats, y_test: Ints, *, seed: int = 0
) -> dict[str, float]:
    """Test accuracy of logistic regression and of an RBF-SVM with C = 10, both on standardised features.

    Args:
        Z: angles of the training part, `(n_train, n_components)`: what the circuit is given.
        y: its class numbers.
        Z_test: angles of the test part.
        y_test: its class numbers.
        seed: of the models.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    models: dict[str, Any] = {
        "logistic regression": LogisticRegression(max_iter=1000, random_state=seed),
        "RBF-SVM": SVC(C=10.0, random_state=seed),
    }
    scores: dict[str, float] = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores[name] = float(make_pipeline(StandardScaler(), model).fit(Z, y).score(Z_test, y_test))
    return scores
