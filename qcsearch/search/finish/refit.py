"""Refit: the best candidates trained again, longer and from several seeds, before one is chosen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.search.events import Event, RefitFinished, RefitStarted
from qcsearch.search.finish.finalist import Finalist, Refitted
from qcsearch.search.finish.schedule import MARGIN, Plan, affordable, promising, rounds_end, was_cut
from qcsearch.search.finish.selection import selection
from qcsearch.search.trial.folds import FoldFit, FoldScores, fold_loss, joined
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import TrialRecord
from qcsearch.search.trial.seeds import PRECISION, seed_words
from qcsearch.training.data import TrainingData
from qcsearch.training.loop.fit import Stop
from qcsearch.training.loop.task import whole_schedule
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.parameters import DRAWN, Parameters
from qcsearch.training.predictions import Predictions
from qcsearch.training.scoring import classify, validation_score
from qcsearch.training.single import fit_candidate
from qcsearch.training.statistics import score_error
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["refit", "train_once"]


_WHOLE = 1_000
"""Number of the seed of the training on both parts."""

_REFITS = (
    "Of {rounds} trainings of the winner from other seeds {done} went to the end: the seconds were used up."
)
_REPEATS = "Of {rounds} repeats of the winner's folds {done} went to the end: the seconds were used up."
_NOT_WHOLE = "The winner was not trained once more on the training and validation parts together. {reason}"


def refit(
    objective: Objective,
    ranked: list[TrialRecord],
    *,
    deadline: float | None,
    emit: Callable[[Event], None],
    threads: int = 1,
    warm: Mapping[str, Parameters] | None = None,
) -> list[Finalist]:
    """Train the best again; the winner is the finalist with the best mean, which comes first.

    At the end the winner is trained once more on the training and validation parts together, as long as in its refits,
    and its last weights are kept: by then nothing is chosen any more, and more samples make a better model. Of numbers
    and of labels it moves as far as the refits had when their validation loss was least, see `whole_schedule`:
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), algorithm 7.2, with a step size that falls to its end. Of
    classes not: their loss rises long before their accuracy falls.

    A trial that was cut short may be among them, behind those that were not: it is judged by trainings of the refit
    that go to their end, and where there is no time for these it does not win over one that was not cut.

    Small data (`Objective.n_folds`): in place of each training from another seed there is one on each fold, every time
    other folds, and as long as the trial's.

    Every finalist gets its first seed before any gets its second, and a round that the deadline stops
    does not count: so a short time still compares like with like. Where not even one round of all finalists
    fits into the time, there are fewer of them, then fewer steps, then the trials' own trainings decide.

    Args:
        objective: of the search.
        ranked: the trials, best first.
        deadline: in seconds of `time.monotonic`; None for no limit.
        emit: told of the progress.
        threads: over which the trainings of a round are spread; the numbers do not depend on it.
        warm: of a tuning: trainings start from the trials' weights, with other batches for each seed, in place of
            drawn ones. By digest of a candidate: weights that know the validation part already, from which its
            last training starts; without the time for that they are handed over as they are.
    """
    plan = Plan.of(objective)
    best = promising(ranked, plan.top)
    end = rounds_end(best, plan.whole_factor, deadline)
    n_finalists, factor = affordable(best, plan.steps_factor, end, threads)
    while n_finalists < len(best) and not was_cut(best[0]) and was_cut(best[-1]):
        best.pop()
        end = rounds_end(best, plan.whole_factor, deadline)
        n_finalists, factor = affordable(best, plan.steps_factor, end, threads)
    if not n_finalists:
        end = deadline
        n_finalists, factor = affordable(best, plan.steps_factor, end, threads)
    finalists = [_finalist(objective, record, factor) for record in best[: max(1, n_finalists)]]
    if n_finalists:
        emit(RefitStarted(tuple(f.record.trial for f in finalists), plan.rounds, objective.n_folds))
        _rounds(objective, finalists, plan.rounds, end, emit, threads, warm is not None)
    finalists.sort(
        key=lambda f: (
            bool(f.cut),
            -f.mean,
            f.transpiled.mapped.two_qubit_gates,
            f.transpiled.n_weights,
            f.mean_loss,
        )
    )
    winner = finalists[0]
    if (done := len(winner.fits) - 1) < plan.rounds:
        said = _REPEATS if objective.n_folds else _REFITS
        winner.notices.append(said.format(rounds=plan.rounds, done=done or "none"))
    if n_finalists or warm:
        winner.whole = _whole(objective, winner, deadline, warm)
    winner.selection = selection(objective, ranked, finalists)
    return finalists


def _rounds(
    objective: Objective,
    finalists: list[Finalist],
    rounds: int,
    deadline: float | None,
    emit: Callable[[Event], None],
    threads: int,
    warm: bool,
) -> None:
    """Up to so many trainings of every finalist, of small data on every fold, while a whole round is in time."""
    longest, metric = 0.0, objective.features.metric.name
    for index in range(1, rounds + 1):
        started = time.monotonic()
        if deadline is not None and started + longest * MARGIN > deadline:
            return
        _prepare(objective, finalists, index)
        train = partial(train_once, objective, index=index, deadline=deadline)
        starts = [finalist.fits[0].parameters if warm else DRAWN for finalist in finalists]
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(train, (finalist.transpiled for finalist in finalists), starts))
        if any(fit.cut for fit in found):
            return
        for finalist, fit in zip(finalists, found, strict=True):
            emit(RefitFinished(finalist.record.trial, index - 1, fit.validation_score, metric))
            finalist.fits.append(fit)
        longest = max(longest, time.monotonic() - started)


def _prepare(objective: Objective, finalists: list[Finalist], index: int) -> None:
    """Fit what a round needs: not in several threads."""
    data = [objective.features]
    if objective.n_folds:
        data = [fold.features for fold in objective.features.folds(objective.n_folds, index)]
    for finalist in finalists:
        for features in data:
            features.prepare(finalist.transpiled.candidate.preprocessing)


def _whole(
    objective: Objective, winner: Finalist, deadline: float | None, warm: Mapping[str, Parameters] | None
) -> Refitted | None:
    """The winner trained on the training and validation parts together, in a tuning from the weights there are.

    None if it did not get to the end, or is clearly worse on these samples (a standard error and one sample) than the
    best of the other trainings: one that is far from converged must not be handed over for its last weights. One whose
    length is that of the refits is not asked: others may know these samples better because they know them by heart.
    """
    candidate = winner.transpiled.candidate
    both = objective.features.prepare(candidate.preprocessing).data.whole()

    def said(parameters: Parameters) -> Predictions:
        return classify(winner.transpiled, parameters, both.train.X, both.target)

    least_loss = None if both.target.n_classes else winner.least_loss_steps
    if least_loss is not None:
        winner.whole_steps = whole_schedule(candidate.training, least_loss)
    known = None if warm is None else warm.get(winner.digest)
    start = known or (DRAWN if warm is None else winner.best.parameters)
    trained = _train_whole(objective, winner, both, start, deadline)
    found = [parameters for parameters in (trained, known) if parameters is not None]
    if not found:
        return None
    y, best = both.train.y, said(winner.best.parameters)
    least = both.metric(y, best, both.train.weight) - score_error(both.metric, y, best) - 1 / len(y)
    for parameters in found:
        if winner.whole_steps is not None or both.metric(y, said(parameters), both.train.weight) >= least:
            return Refitted(parameters, winner.mean, _WHOLE, winner.mean_loss)
    return None


def _train_whole(
    objective: Objective, winner: Finalist, data: TrainingData, start: Parameters, deadline: float | None
) -> Parameters | None:
    """One training without validation; None if it did not get to the end."""
    candidate = winner.transpiled.candidate
    found = fit_candidate(
        winner.transpiled,
        data,
        np.random.default_rng(seed_words(objective.seed, candidate, _WHOLE)),
        start=start,
        options=winner.last_options(candidate.training),
        control=TrainingControl(deadline),
        dtype=PRECISION,
        shots=objective.shots,
    )
    if found.stopped in (Stop.BUDGET, Stop.DIVERGED):
        winner.notices.append(_NOT_WHOLE.format(reason=found.stopped.sentence))
        return None
    return found.parameters


def train_once(
    objective: Objective,
    transpiled: TranspiledCandidate,
    start: Parameters = DRAWN,
    *,
    index: int,
    deadline: float | None,
) -> Refitted:
    """One training from the seed number `index`.

    Args:
        objective: of the search.
        transpiled: what to train.
        start: where to start; an empty part is drawn too.
        index: 1, 2, …
        deadline: in seconds of `time.monotonic`; None for no limit.
    """
    candidate = transpiled.candidate
    if objective.n_folds:
        return _train_folds(objective, candidate, index, deadline)
    data = objective.features.prepare(candidate.preprocessing).data
    rng = np.random.default_rng(seed_words(objective.seed, candidate, index))
    found = fit_candidate(
        transpiled,
        data,
        rng,
        start=start,
        control=TrainingControl(deadline),
        dtype=PRECISION,
        shots=objective.shots,
    )
    score = validation_score(transpiled, found.parameters, data, shots=objective.shots)
    loss = math.inf if found.validation_loss is None else found.validation_loss
    cut = found.stopped.sentence if found.stopped == Stop.BUDGET else ""
    losses = tuple(
        (one.step, math.inf if one.validation_loss is None else one.validation_loss) for one in found.history
    )
    return Refitted(found.parameters, score, index, loss, cut, losses=losses)


def _train_folds(objective: Objective, candidate: Candidate, repeat: int, deadline: float | None) -> Refitted:
    """One training on each fold, and the scores of all."""
    fits: list[FoldFit] = []
    for number, _ in enumerate(objective.features.folds(objective.n_folds, repeat)):
        fits.append(objective.fold_fit(candidate, number, repeat=repeat, deadline=deadline))
        if fits[-1].cut:
            break
    _, said = joined(fits)
    cut = Stop.BUDGET.sentence if fits[-1].cut else ""
    return Refitted(
        fits[0].parameters, FoldScores.of(fits).judged, repeat, fold_loss(fits), cut, tuple(fits), said
    )


def _finalist(objective: Objective, record: TrialRecord, steps_factor: float) -> Finalist:
    assert record.candidate is not None
    longer = _longer(record.candidate, steps_factor)
    # In another session there may have been more time to set it up; now it must be, as it has been chosen.
    transpiled, _, _ = replace(objective, setup_seconds=None).transpile(longer)
    own = Refitted(
        record.parameters,
        -math.inf if record.validation_score is None else record.validation_score,
        0,
        math.inf if record.validation_loss is None else record.validation_loss,
        record.outcome.text if was_cut(record) else "",
    )
    return Finalist(record, transpiled, [own])


def _longer(candidate: Candidate, factor: float) -> Candidate:
    steps = max(1, round(candidate.training.steps * factor))
    return replace(candidate, training=replace(candidate.training, steps=steps))
