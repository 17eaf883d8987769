"""Classical models, tuned as their friends would: a grid each, on the features as they are and standardised."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from external.models.base import Model

__all__ = ["CLASSICAL"]

_HIDDEN = [[16], [100], [50, 50]]


def _on_both_scales(grids: list[dict[str, list[Any]]]) -> list[dict[str, list[Any]]]:
    scales = ["passthrough", StandardScaler()]
    return [{"scale": scales, **{f"model__{key}": values for key, values in grid.items()}} for grid in grids]


def _scaled(model: Any) -> Pipeline:
    return Pipeline([("scale", StandardScaler()), ("model", model)])


CLASSICAL: dict[str, Model] = {
    "logistic regression": Model(
        lambda seed, seconds: _scaled(LogisticRegression(max_iter=5000)),
        _on_both_scales([{"C": [1e-3, 1e-2, 0.1, 1, 10, 100, 1000]}]),
    ),
    "SVC": Model(
        lambda seed, seconds: _scaled(SVC()),
        _on_both_scales(
            [
                {
                    "kernel": ["rbf"],
                    "C": [0.1, 1, 10, 100, 1000],
                    "gamma": [1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3],
                },
                {"kernel": ["linear"], "C": [1e-3, 1e-2, 0.1, 1, 10]},
            ]
        ),
    ),
    "MLP": Model(
        lambda seed, seconds: _scaled(MLPClassifier(max_iter=2000, random_state=seed)),
        _on_both_scales(
            [
                {"solver": ["lbfgs"], "hidden_layer_sizes": _HIDDEN, "alpha": [1e-4, 1e-2, 1, 10]},
                {
                    "solver": ["adam"],
                    "hidden_layer_sizes": [[100], [50, 10, 5]],
                    "alpha": [1e-4, 1e-2],
                    "learning_rate_init": [1e-3, 1e-2],
                    "batch_size": [32],
                },
            ]
        ),
    ),
}
