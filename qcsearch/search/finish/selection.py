"""How the winner was chosen, and what its score is where it was not chosen by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qcsearch.search.finish.finalist import Finalist
from qcsearch.search.run.scores import Selection
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import TrialRecord
from qcsearch.training.expectations import Floats
from qcsearch.training.metrics import ACCURACY
from qcsearch.training.predictions import Predictions
from qcsearch.training.statistics import Interval, score_interval, wilson

__all__ = ["left_out_score", "selection"]


def selection(
    objective: Objective, ranked: Sequence[TrialRecord], finalists: Sequence[Finalist]
) -> Selection:
    """How the winner was chosen, and its score.

    Args:
        objective: of the search.
        ranked: the trained trials.
        finalists: the winner first.
    """
    winner, features = finalists[0], objective.features
    found = Selection(
        score=winner.chosen.validation_score,
        n_trials=len(ranked),
        n_samples=len(features.split.validation),
        n_folds=0,
        repeats=0,
        chosen_by=winner.mean,
        interval=None,
    )
    if not objective.n_folds:
        return found
    repeats = len(winner.fits) - 1
    if repeats:
        scores = np.array([[fit.validation_score for fit in finalist.fits] for finalist in finalists])
        score = left_out_score(scores)
        found = replace(found, score=score, interval=_interval(objective, winner, score))
    return replace(
        found,
        n_samples=len(features.known_y),
        n_folds=len(features.folds(objective.n_folds)),
        repeats=repeats,
    )


def left_out_score(scores: Floats) -> float:
    """The mean over all repeats but the trial's own of the score of whichever is the best without this repeat.

    No score counts for the model that it helped to choose, so the luck of a partition or a start is not counted as
    skill; the samples are the same in all repeats.

    Args:
        scores: `(n_finalists, 1 + n_repeats)`, those of the trials first, which count only where there is no other.
    """
    repeats = range(1, scores.shape[1])
    others = [[other for other in repeats if other != left] or [0] for left in repeats]
    chosen = [int(np.argmax(scores[:, rest].mean(axis=1))) for rest in others]
    return float(np.mean([scores[best, left] for best, left in zip(chosen, repeats, strict=True)]))


def _interval(objective: Objective, winner: Finalist, score: float) -> Interval:
    """That of one repeat of the winner, moved to the score, which is of as many samples."""
    features = objective.features
    y, metric = features.known_y, features.metric
    if metric.name == ACCURACY.name:
        return wilson(score, len(y))
    said = winner.refits[0].logits
    assert said is not None
    found = Predictions.of_outputs(features.target, said)
    low, high = score_interval(metric, y, found)
    moved = score - metric(y, found)
    return low + moved, high + moved
