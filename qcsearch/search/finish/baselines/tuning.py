"""Settings of a classical model, chosen by cross-validation on the samples that it learns from."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from qcsearch.data.sample import stratified_rows
from qcsearch.data.targets import Classes, Labels
from qcsearch.search.finish.baselines.base import Samples
from qcsearch.training.expectations import Floats
from qcsearch.training.judging.thresholds import chosen_thresholds
from qcsearch.training.metrics import Metric
from qcsearch.training.predictions import Predictions

__all__ = ["TUNING_ROWS", "answers", "decided", "fitted"]

TUNING_ROWS = 2_000
"""Samples that settings are chosen on, at most, each class in its share: the model itself is fitted to all."""

_LEAST = 1e-12
"""Of a probability, so that its logarithm is a number."""

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
    decide = decided(found, X, samples)
    return Predictions(np.asarray(decide(X_test), dtype=np.int64), sure)


def decided(found: Any, X: Floats, samples: Samples) -> Callable[[Floats], Any]:
    """How a fitted model answers: as it does itself, or by thresholds that are chosen in folds as the winner's are.

    Args:
        found: what `fitted` returned.
        X: features of the samples that it was fitted to.
        samples: whose they are.
    """
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_predict

    rows, folds = _folds(samples)
    if not samples.threshold_scoring or folds is None:
        return found.predict  # type: ignore[no-any-return]  # sklearn is untyped
    method = "decision_function" if hasattr(found, "decision_function") else "predict_proba"
    weight = {} if samples.weight is None else {"model__sample_weight": samples.weight[rows]}
    y = samples.y[rows]
    said = cross_val_predict(clone(found), X[rows], y, cv=folds, method=method, params=weight)
    plain = Classes((0, 1)) if y.ndim == 1 else Labels(tuple(map(str, range(y.shape[1]))))
    weights = None if samples.weight is None else samples.weight[rows]
    metric = Metric(samples.threshold_scoring)
    target, _ = chosen_thresholds(plain, _outputs(said), y, metric, len(y), weight=weights)
    return lambda X_new: target.answers(_outputs(getattr(found, method)(X_new)))


def _outputs(said: Any) -> Floats:
    """Outputs of which a target makes answers, from decisions of two classes or probabilities of them or of labels."""
    from scipy.special import logit as logit_of

    if isinstance(said, list):  # a label each
        return logit_of(np.clip(np.stack([each[:, 1] for each in said], axis=1), _LEAST, 1 - _LEAST))  # type: ignore[no-any-return]
    if said.ndim == 1:
        return np.stack([np.zeros(len(said)), said], axis=1)
    return np.log(np.clip(said, _LEAST, 1.0))  # type: ignore[no-any-return]


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
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    whole = Pipeline([("scale", StandardScaler()), ("model", model)])
    y = samples.y

    def weights(rows: Any) -> dict[str, Floats]:
        return {} if samples.weight is None else {"model__sample_weight": samples.weight[rows]}

    rows, folds = _folds(samples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # all its steps are its end
        if folds is not None:
            named = {f"model__{name}": list(values) for name, values in grid.items()}
            search = GridSearchCV(
                whole, named, scoring=samples.metric, cv=folds, refit=False, error_score="raise"
            ).fit(X[rows], y[rows].ravel() if y.ndim == 2 and y.shape[1] == 1 else y[rows], **weights(rows))
            whole.set_params(**search.best_params_)
        return whole.fit(X, y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y, **weights(slice(None)))


def _folds(samples: Samples) -> tuple[Any, Any]:
    """The rows that settings are chosen on, and their folds, of classes stratified; None if a class is in one alone."""
    from sklearn.model_selection import KFold, StratifiedKFold

    y = samples.y
    strata = (
        y if y.ndim == 1 else np.zeros(len(y), dtype=np.int64)
    )  # numbers, and several labels, have no classes
    rows = stratified_rows(strata, TUNING_ROWS, samples.seed)
    n_folds = min(_FOLDS_OF_FEW if len(rows) <= _FEW else _FOLDS, int(np.bincount(strata[rows]).min()))
    kind = StratifiedKFold if y.ndim == 1 else KFold
    return rows, (kind(n_folds, shuffle=True, random_state=samples.seed) if n_folds >= 2 else None)
