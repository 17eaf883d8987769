"""Decision thresholds: the probability from which a class or a label is predicted, chosen for a metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets import Target
from qcsearch.training.expectations import Floats
from qcsearch.training.metrics import Metric
from qcsearch.training.predictions import Predictions
from qcsearch.wording import metric as words
from qcsearch.wording import score as shown

__all__ = ["Thresholds", "chosen_thresholds"]

_FOLDS = 5
_CANDIDATES = 100


@dataclass(frozen=True)
class Thresholds:
    """Decision thresholds, and what they are worth on samples that they were not chosen by.

    Attributes:
        scoring: name of the metric that they were chosen for.
        names: of the labels that they are of; of two classes of the second.
        values: probability above which each is predicted; one half of all where others do not help.
        score: in the metric, of validation samples, each decided by thresholds that the other folds chose.
        score_before: of the same samples at one half.
        n_samples: number of them.
    """

    scoring: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    score: float
    score_before: float
    n_samples: int

    @property
    def sentence(self) -> str:
        """It in words."""
        told = ", ".join(
            f"{name} above {value:.3f}" for name, value in zip(self.names, self.values, strict=True)
        )
        against = (
            f"{shown(self.score, self.scoring)} against {shown(self.score_before, self.scoring)} at 0.5, on "
            f"n = {self.n_samples:,} validation samples, each decided by thresholds of the others"
        )
        if self.score <= self.score_before:
            return f"Decision thresholds for {words(self.scoring)}: one half, as no others help ({against})."
        return f"Decision thresholds for {words(self.scoring)}: {told} ({against})."


def chosen_thresholds(
    target: Target,
    outputs: Floats,
    y: NDArray[Any],
    metric: Metric,
    n_samples: int,
    *,
    weight: Floats | None = None,
    temperature: float = 1.0,
) -> tuple[Target, Thresholds]:
    """The target with the thresholds that are best for a metric, if they help samples that did not choose them.

    In five folds the samples left out are decided by the thresholds of the others; only if they score more than at one
    half are thresholds chosen, by all samples.

    Args:
        target: two classes, or labels.
        outputs: of samples that the weights behind them were not fitted to, `(n_models * n_samples, n_outputs)`, those
            of each model in the order of the samples.
        y: what should be answered.
        metric: what is to be best; one of answers, not of probabilities.
        n_samples: how many different samples they are of.
        weight: how much each sample counts, `(n_samples,)`; None if all count alike.
        temperature: what outputs are divided by to be probabilities.
    """
    from scipy.special import expit

    weights = None if weight is None else np.resize(weight, len(y))
    fold = np.resize(_folds(target.strata(y[:n_samples])), len(y))
    answers = target.answers(outputs)
    before = metric(y, Predictions(answers), weights)
    for number in np.unique(fold):
        rest, out = fold != number, fold == number
        if not rest.any():
            continue
        cuts = _best(target, outputs[rest], y[rest], metric, None if weights is None else weights[rest])
        answers[out] = target.with_cuts(cuts).answers(outputs[out])
    after = metric(y, Predictions(answers), weights)
    cuts = _best(target, outputs, y, metric, weights) if after > before else ()
    names = target.names[-len(target.log_odds(outputs)[0]) :]
    values = expit(np.array(cuts) / temperature).tolist() if cuts else [0.5] * len(names)
    decided = target.with_cuts(cuts) if cuts else target
    return decided, Thresholds(metric.name, names, tuple(values), after, before, n_samples)


def _folds(strata: NDArray[Any]) -> NDArray[np.int64]:
    """The fold of each sample, of each stratum as many in each."""
    fold = np.empty(len(strata), dtype=np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        fold[members] = np.arange(len(members)) % _FOLDS
    return fold


def _best(
    target: Target, outputs: Floats, y: NDArray[Any], metric: Metric, weight: Floats | None
) -> tuple[float, ...]:
    """The log-odds at which the metric is greatest, label after label; of equals those nearest to none."""
    odds = target.log_odds(outputs)
    cuts = [0.0] * odds.shape[1]
    for label, (values, true) in enumerate(zip(odds.T, y.reshape(len(y), -1).T, strict=True)):
        scored = []
        for cut in _candidates(values, true > 0):
            tried = target.with_cuts((*cuts[:label], cut, *cuts[label + 1 :]))
            scored.append((metric(y, Predictions(tried.answers(outputs)), weight), -abs(cut), cut))
        cuts[label] = max(scored)[2]
    return tuple(cuts)


def _candidates(values: Floats, true: NDArray[np.bool_]) -> list[float]:
    """Nothing, and what lies between a value of a no and the next of a yes, of many at even shares of them.

    Any other cut can be moved to the next of these without a sample that is wrong then and was right before.
    """
    seen, place = np.unique(values, return_inverse=True)
    yes, no = (np.bincount(place, which, len(seen)) > 0 for which in (true, ~true))
    between = ((seen[1:] + seen[:-1]) / 2)[no[:-1] & yes[1:]]
    if len(between) > _CANDIDATES:
        between = np.quantile(between, np.linspace(0, 1, _CANDIDATES))
    return [0.0, *between.tolist()]
