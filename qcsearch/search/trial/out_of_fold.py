"""Small data: a trial that was kept on the validation part goes on over the other folds, and is scored by all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from qcsearch.search.trial.constraints import Infeasible
from qcsearch.search.trial.control import TrialControl
from qcsearch.search.trial.features import FoldFeatures
from qcsearch.search.trial.folds import (
    FoldFit,
    FoldScores,
    clearly_behind,
    fold_loss,
    joined,
)
from qcsearch.search.trial.record import Outcome, TrialRecord
from qcsearch.training.metrics import Metric
from qcsearch.training.predictions import Predictions
from qcsearch.wording import probability

__all__ = ["out_of_fold"]


class TrainFold(Protocol):
    """Trains the candidate of a trial on the fold of a number, see `Objective.fold_fit`."""

    def __call__(self, number: int, *, deadline: float | None) -> FoldFit: ...


def out_of_fold(
    record: TrialRecord,
    first: FoldFit,
    folds: Sequence[FoldFeatures],
    train: TrainFold,
    control: TrialControl,
) -> TrialRecord:
    """The record with scores over all folds; or stopped, by a deadline or since it is clearly behind the best trial.

    The other folds are trained from drawn weights, whatever the first one started from: those of another trial have
    seen what they would be tested on.

    Args:
        record: of the trial, as the training on the first fold left it.
        first: that training.
        folds: all of them.
        train: trains on another.
        control: what may end the trial early.
    """
    fits = [first]
    for number in range(1, len(folds)):
        if (stopped := _behind(fits, control, folds)) is not None:
            return replace(record, outcome=stopped)
        late = control.deadline is not None and time.monotonic() >= control.deadline
        try:
            fit = None if late else train(number, deadline=control.deadline)
        except Infeasible as broken:
            text = f"Not to be built for the features of fold {number + 1}: {broken.reason}"
            return replace(record, outcome=Outcome("failed", text, error="Infeasible"))
        if fit is None or fit.cut:
            text = f"Cut short after {number} of {len(folds)} folds: The time was used up."
            return replace(_scored(record, fits), outcome=Outcome("cut", text, step=record.steps))
        fits.append(fit)
    _, said = joined(fits)
    answers = folds[0].features.target.answers(said).tolist()
    kept = tuple(tuple(one) if isinstance(one, list) else one for one in answers)
    return replace(_scored(record, fits), predicted=kept)


def _scored(record: TrialRecord, fits: list[FoldFit]) -> TrialRecord:
    found = FoldScores.of(fits)
    return replace(
        record,
        validation_score=found.judged,
        validation_score_noisy=found.noisy,
        validation_score_noiseless=found.noiseless,
        validation_loss=fold_loss(fits),
    )


def _behind(fits: list[FoldFit], control: TrialControl, folds: Sequence[FoldFeatures]) -> Outcome | None:
    """How the trial ends if it is clearly behind the best one on the folds that are done."""
    leader, features = control.rungs.leader(), folds[0].features
    target, metric = features.target, features.metric
    # Of other metrics it does not say how good each answer is.
    if leader is None or leader.metric != Metric.of(None, target).name:
        return None
    rows, said = joined(fits)
    y, best = features.known_y[rows], np.asarray(leader.predicted)[rows]
    answers = target.answers(said)
    p = clearly_behind(target.merits(y, answers), target.merits(y, best))
    if p is None:
        return None
    reached, needed = (metric(y, Predictions(found)) for found in (answers, best))
    text = (
        f"Stopped after {len(fits)} of {len(folds)} folds: {metric.name} {reached:.3f} of {len(rows)} samples, trial "
        f"{leader.trial} {needed:.3f} (p {probability(p)})."
    )
    return Outcome("pruned", text, threshold=needed)
