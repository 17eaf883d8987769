"""What predictors are worth: their rank correlation with the score that trained candidates reached."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from qcsearch.errors import InputError
from qcsearch.search.predictors import PREDICTORS
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import TrialRecord

__all__ = ["Correlation", "correlations", "spearman"]

_LEAST = 4
_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Correlation:
    """One predictor against the validation score under noise.

    Attributes:
        predictor: its name.
        rho: Spearman's rank correlation in [-1, 1], the sign turned so that positive is useful; None if it is not
            defined: fewer than four candidates, or all figures equal.
        low: of its 95 % interval.
        high: of its 95 % interval.
        n: candidates.
        seconds: median time of one figure.
    """

    predictor: str
    rho: float | None
    low: float | None
    high: float | None
    n: int
    seconds: float


def correlations(
    objective: Objective, records: Iterable[TrialRecord], names: Iterable[str] | None = None
) -> list[Correlation]:
    """Compute predictors for all kept trials, and correlate them; the most useful first.

    Args:
        objective: of the search.
        records: its trials.
        names: of predictors; None for all.
    """
    kept = [record for record in records if record.outcome.kind == "kept" and record.candidate is not None]
    found = [_correlate(objective, kept, name) for name in names or PREDICTORS.names()]
    return sorted(found, key=lambda one: -(one.rho if one.rho is not None else -2.0))


def spearman(x: Iterable[float], y: Iterable[float]) -> tuple[float, float, float] | None:
    """Spearman's rank correlation and its 95 % interval; None where it is not defined.

    The interval is Fisher's, with the standard error √(1.06 / (n − 3)) of Fieller, Hartley and Pearson, Biometrika
    44, 470 (1957).
    """
    first, second = np.asarray(list(x)), np.asarray(list(y))
    if len(first) < _LEAST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    rho = float(spearmanr(first, second).statistic)
    centre = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, rho)))
    half = _NORMAL_95 * math.sqrt(1.06 / (len(first) - 3))
    return rho, math.tanh(centre - half), math.tanh(centre + half)


def _correlate(objective: Objective, kept: list[TrialRecord], name: str) -> Correlation:
    predictor = PREDICTORS.create(name)
    figures, scores, seconds = [], [], []
    for record in kept:
        assert record.candidate is not None
        assert record.validation_score is not None
        transpiled, _, _ = objective.transpile(record.candidate)
        started = time.perf_counter()
        try:
            figure = predictor(objective.predictor_input(transpiled))
        except InputError:  # not defined for this one
            continue
        seconds.append(time.perf_counter() - started)
        figures.append(figure if predictor.higher_is_better else -figure)
        scores.append(record.validation_score)
    rho, low, high = spearman(figures, scores) or (None, None, None)
    return Correlation(name, rho, low, high, len(figures), float(np.median(seconds)) if seconds else 0.0)
