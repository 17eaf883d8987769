"""Classical models, tuned as their friends would: a grid each, by stratified cross-validation on all training rows."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from external.sets import Parts

__all__ = ["MODELS", "bits", "fitted", "grid_digest"]

FOLDS = 5

_HIDDEN = [[16], [100], [50, 50]]
MODELS: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "logistic regression": (
        LogisticRegression(max_iter=5000),
        [{"C": [1e-3, 1e-2, 0.1, 1, 10, 100, 1000]}],
    ),
    "SVC": (
        SVC(),
        [
            {"kernel": ["rbf"], "C": [0.1, 1, 10, 100, 1000], "gamma": [1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3]},
            {"kernel": ["linear"], "C": [1e-3, 1e-2, 0.1, 1, 10]},
        ],
    ),
    "MLP": (
        MLPClassifier(max_iter=2000),
        [
            {"solver": ["lbfgs"], "hidden_layer_sizes": _HIDDEN, "alpha": [1e-4, 1e-2, 1, 10]},
            {
                "solver": ["adam"],
                "hidden_layer_sizes": [[100], [50, 10, 5]],
                "alpha": [1e-4, 1e-2],
                "learning_rate_init": [1e-3, 1e-2],
                "batch_size": [32],
            },
        ],
    ),
}
"""By name: the model and its grids; each is tried on the features as they are and standardised."""


def grid_digest(name: str) -> str:
    """Changes with the model, its grids and the folds, so that a result is not taken for another's."""
    model, grids = MODELS[name]
    text = json.dumps([repr(model), grids, FOLDS], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def fitted(name: str, parts: Parts, seed: int) -> dict[str, Any]:
    """Tune a model and test it once.

    Args:
        name: of `MODELS`.
        parts: the data.
        seed: of the folds and of start weights.

    Returns:
        `right`: a bit for each test row; `validation`: mean accuracy of the folds; `chosen`; `seconds`, of one thread.
    """
    model, grids = MODELS[name]
    if "random_state" in model.get_params():
        model = model.set_params(random_state=seed)
    scales = ["passthrough", StandardScaler()]
    search = GridSearchCV(
        Pipeline([("scale", "passthrough"), ("model", model)]),
        [{"scale": scales, **{f"model__{key}": values for key, values in grid.items()}} for grid in grids],
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
    )
    started = time.monotonic()
    with warnings.catch_warnings():
        # a grid has corners where nothing converges: they lose by their score
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(parts.X_train, parts.y_train)
    chosen = {key.removeprefix("model__"): value for key, value in search.best_params_.items()}
    return {
        "right": bits(search.predict(parts.X_test) == parts.y_test),
        "validation": float(search.best_score_),
        "chosen": {**chosen, "scale": chosen["scale"] != "passthrough"},
        "seconds": round(time.monotonic() - started, 2),
    }


def bits(right: Any) -> str:
    """`1101…`, a bit for each row."""
    return "".join("01"[int(one)] for one in np.asarray(right))
