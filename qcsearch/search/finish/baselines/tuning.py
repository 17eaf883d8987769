"""Settings of a classical model, chosen by cross-validation on the samples that it learns from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qcsearch.data.sample import stratified_rows
from qcsearch.search.finish.baselines.base import Samples
from qcsearch.training.expectations import Floats
from qcsearch.training.predictions import Predictions

__all__ = ["TUNING_ROWS", "answers", "fitted"]

TUNING_ROWS = 2_000
"""Samples that settings are chosen on, at most, each class in its share: the model itself is fitted to all."""

_FEW, _FOLDS_OF_FEW, _FOLDS = 1_000, 5, 3
"""So few samples are cut into more folds: their scores are less sure, and a fit takes no time."""


def answers(
    model: Any, grid: Mapping[str, Sequence[object]], X: Floats, X_test: Floats, samples: Samples
) -> Predictions:
    """What a model says of test samples, fitted as `fitted` does.

    Args:
        model: an estimator of scikit-learn.
        grid: values to try by the name of a parameter.
        X: features of the samples to learn from, `(n_samples, n_features)`.
        X_test: those of the test samples.
        samples: whose they are.
    """
    found = fitted(model, grid, X, samples)
    sure = found.predict_proba(X_test) if samples.needs_probabilities else None
    return Predictions(np.asarray(found.predict(X_test), dtype=np.int64), sure)


def fitted(
    model: Any,
    grid: Mapping[str, Sequence[object]],
    X: Floats,
    samples: Samples,
) -> Any:
    """A model on standardised features, fitted to all samples with the settings that did best in stratified folds.

    Args:
        model: an estimator of scikit-learn.
        grid: values to try by the name of a parameter, those to be taken first where several do equally well.
        X: `(n_samples, n_features)`.
        samples: whose they are, with their classes, their weights, the seed of the folds, and what is best in them.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    whole = Pipeline([("scale", StandardScaler()), ("model", model)])
    y, seed = samples.y, samples.seed

    def weights(rows: Any) -> dict[str, Floats]:
        return {} if samples.weight is None else {"model__sample_weight": samples.weight[rows]}

    strata = (
        y if y.ndim == 1 else np.zeros(len(y), dtype=np.int64)
    )  # numbers, and several labels, have no classes
    rows = stratified_rows(strata, TUNING_ROWS, seed)
    n_folds = min(_FOLDS_OF_FEW if len(rows) <= _FEW else _FOLDS, int(np.bincount(strata[rows]).min()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # all its steps are its end
        if n_folds >= 2:
            kind = StratifiedKFold if y.ndim == 1 else KFold
            folds = kind(n_folds, shuffle=True, random_state=seed)
            named = {f"model__{name}": list(values) for name, values in grid.items()}
            search = GridSearchCV(
                whole, named, scoring=samples.metric, cv=folds, refit=False, error_score="raise"
            ).fit(X[rows], y[rows].ravel() if y.ndim == 2 and y.shape[1] == 1 else y[rows], **weights(rows))
            whole.set_params(**search.best_params_)
        return whole.fit(X, y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y, **weights(slice(None)))
