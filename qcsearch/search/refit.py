"""Refit: the best candidates trained again, longer and from several seeds, before one is chosen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean

import numpy as np

from qcsearch.circuits.candidate import Candidate
from qcsearch.search.events import Event, RefitFinished, RefitStarted
from qcsearch.search.features import Prepared
from qcsearch.search.leaderboard import families
from qcsearch.search.objective import PRECISION, Objective, seed_words
from qcsearch.search.record import TrialRecord
from qcsearch.training.assembly import Assembly
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.fit import Stop
from qcsearch.training.train import accuracy, fit_candidate

__all__ = ["Finalist", "Refitted", "refit", "train_once"]

_MARGIN = 1.4
"""Trainings of the same length do not take the same time."""

_LARGER = 1.25
"""A training with the validation part takes so much longer, at most."""

_WHOLE = 1_000
"""Number of the seed of the training on both parts."""

_REFITS = (
    "Of {seeds} trainings of the winner from other seeds {done} went to the end: the seconds were used up."
)
_NOT_WHOLE = "The winner was not trained once more on the training and validation parts together. {reason}"


@dataclass(frozen=True, eq=False)
class Refitted:
    """One training of a finalist.

    Attributes:
        weights: of the circuit.
        head_parameters: of the head.
        validation_accuracy: under noise; of a training on both parts the mean of its candidate's others.
        seed_index: 0 for the trial's own training, 1, 2, … for those of the refit.
        validation_loss: of the same weights.
        cut: why it was broken off, a sentence; empty if it went to its end.
    """

    weights: Floats
    head_parameters: Floats
    validation_accuracy: float
    seed_index: int
    validation_loss: float = math.inf
    cut: str = ""


@dataclass(eq=False)
class Finalist:
    """A candidate that may win.

    Attributes:
        record: its trial.
        assembly: the candidate on its device, with the steps of the refit.
        fits: its trainings, that of the trial first.
        whole: of the winner, a training on the training and validation parts together; None if there was no time.
        notices: of the winner, which trainings are missing and why, a sentence each.
    """

    record: TrialRecord
    assembly: Assembly
    fits: list[Refitted] = field(default_factory=list)
    whole: Refitted | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of its trial's candidate."""
        assert self.record.candidate is not None
        return self.record.candidate.digest

    @property
    def best(self) -> Refitted:
        """The training with the best validation; of equals that with the least loss, then the first.

        One that was broken off is taken only if there is no other.
        """
        return max(self.fits, key=lambda fit: (not fit.cut, fit.validation_accuracy, -fit.validation_loss))

    @property
    def chosen(self) -> Refitted:
        """The training to hand over: on all that is not test if there is one, else the one with the best validation."""
        return self.whole or self.best

    @property
    def refits(self) -> list[Refitted]:
        """The trainings to judge it by: those of the refit, or the trial's own if there are none."""
        return [fit for fit in self.fits if fit.seed_index > 0] or self.fits

    @property
    def cut(self) -> str:
        """Why the training that it is judged by was broken off; empty if it was not."""
        return next((fit.cut for fit in self.refits if fit.cut), "")

    @property
    def mean(self) -> float:
        """Mean validation accuracy over `refits`: what finalists are compared by."""
        return fmean(fit.validation_accuracy for fit in self.refits)

    @property
    def mean_loss(self) -> float:
        """Mean validation loss over `refits`."""
        return fmean(fit.validation_loss for fit in self.refits)


def refit(
    objective: Objective,
    ranked: list[TrialRecord],
    *,
    deadline: float | None,
    emit: Callable[[Event], None],
    threads: int = 1,
    warm: Mapping[str, Refitted] | None = None,
) -> list[Finalist]:
    """Train the best again; the winner is the finalist with the best mean, which comes first.

    At the end the winner is trained once more on the training and validation parts together, as long as in its refits,
    and its last weights are kept: by then nothing is chosen any more, and more samples make a better model.

    Of each family of trials (`families`) the best alone is trained again.

    A trial that was cut short may be among them, behind those that were not: it is judged by trainings of the refit
    that go to their end, and where there is no time for these it does not win over one that was not cut.

    Every finalist gets its first seed before any gets its second, and a round that the deadline breaks off
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
    plan = objective.space.file.refit
    best = _promising(families(ranked), plan.top)
    end = _rounds_end(best, plan.steps_factor, deadline)
    n_finalists, factor = _affordable(best, plan.steps_factor, end, threads)
    while n_finalists < len(best) and not _cut(best[0]) and _cut(best[-1]):
        best.pop()
        end = _rounds_end(best, plan.steps_factor, deadline)
        n_finalists, factor = _affordable(best, plan.steps_factor, end, threads)
    if not n_finalists:
        end = deadline
        n_finalists, factor = _affordable(best, plan.steps_factor, end, threads)
    finalists = [_finalist(objective, record, factor) for record in best[: max(1, n_finalists)]]
    if n_finalists:
        emit(RefitStarted(tuple(f.record.trial for f in finalists), plan.seeds))
        _rounds(objective, finalists, plan.seeds, end, emit, threads, warm is not None)
    finalists.sort(
        key=lambda f: (
            bool(f.cut),
            -f.mean,
            f.assembly.mapped.two_qubit_gates,
            f.assembly.n_weights,
            f.mean_loss,
        )
    )
    winner = finalists[0]
    if (done := len(winner.fits) - 1) < plan.seeds:
        winner.notices.append(_REFITS.format(seeds=plan.seeds, done=done or "none"))
    if n_finalists or warm:
        winner.whole = _whole(objective, winner, deadline, warm)
    return finalists


def _promising(best: list[TrialRecord], top: int) -> list[TrialRecord]:
    """The first that was not cut short and those of all that come next by merit, cut ones last."""
    first, *others = best
    others = sorted(others, key=lambda record: record.merit, reverse=True)[: top - 1]
    return [first, *sorted(others, key=_cut)]


def _cut(record: TrialRecord) -> bool:
    return record.outcome.kind == "cut"


def _rounds_end(best: list[TrialRecord], factor: float, deadline: float | None) -> float | None:
    """When the rounds must end so that the longest of them can still be trained once more on more samples."""
    return (
        None if deadline is None else deadline - _MARGIN * _LARGER * factor * max(map(_whole_seconds, best))
    )


def _affordable(
    ranked: list[TrialRecord], factor: float, deadline: float | None, threads: int
) -> tuple[int, float]:
    """How many finalists, and how much longer than their trials they train, so that one round is in time."""
    if deadline is None:
        return len(ranked), factor
    left = (deadline - time.monotonic()) / _MARGIN
    costs = [_whole_seconds(record) for record in ranked]
    for count in range(len(ranked), 0, -1):
        if sum(costs[:count]) * factor <= left * min(threads, count):
            return count, factor
    shorter = left / costs[0]
    return (1, shorter) if shorter >= 1.0 else (0, factor)


def _whole_seconds(record: TrialRecord) -> float:
    """Seconds of the trial if its training had done all its steps."""
    assert record.candidate is not None
    seconds = record.seconds - record.proposal_seconds
    return seconds * max(1.0, record.candidate.training.steps / max(1, record.steps)) + 0.05


def _rounds(
    objective: Objective,
    finalists: list[Finalist],
    seeds: int,
    deadline: float | None,
    emit: Callable[[Event], None],
    threads: int,
    warm: bool,
) -> None:
    """Up to `seeds` trainings of every finalist, while a whole round is in time."""
    longest = 0.0
    for finalist in finalists:
        objective.features.prepare(finalist.assembly.candidate.preprocessing)  # not in several threads
    for index in range(1, seeds + 1):
        started = time.monotonic()
        if deadline is not None and started + longest * _MARGIN > deadline:
            return
        train = partial(train_once, objective, index=index, deadline=deadline)
        starts = [finalist.fits[0] if warm else None for finalist in finalists]
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(train, (finalist.assembly for finalist in finalists), starts))
        if any(fit.cut for fit in found):
            return
        for finalist, fit in zip(finalists, found, strict=True):
            emit(RefitFinished(finalist.record.trial, index - 1, fit.validation_accuracy))
            finalist.fits.append(fit)
        longest = max(longest, time.monotonic() - started)


def _whole(
    objective: Objective, winner: Finalist, deadline: float | None, warm: Mapping[str, Refitted] | None
) -> Refitted | None:
    """The winner trained on the training and validation parts together, in a tuning from the weights there are.

    None if it did not get to the end, or is right on clearly fewer of these samples (a standard error and one sample)
    than the best of the other trainings: one that is far from converged must not be handed over for its last weights.
    """
    candidate = winner.assembly.candidate
    data: Prepared = objective.features.prepare(candidate.preprocessing)
    Z, y = np.concatenate([data.Z, data.Z_val]), np.concatenate([data.y, data.y_val])
    n_classes = objective.features.dataset.n_classes

    def right(fit: Refitted) -> float:
        return accuracy(winner.assembly, fit, Z, y, n_classes)

    known = None if warm is None else warm.get(winner.digest)
    start = known or (None if warm is None else winner.best)
    trained = _train_whole(objective, winner, Z, y, start, deadline)
    found = [fit for fit in (trained, known) if fit is not None]
    asked = right(winner.best) if found else 0.0
    least = asked - math.sqrt(asked * (1 - asked) / len(y)) - 1 / len(y)
    for fit in found:
        if right(fit) >= least:
            return replace(
                fit,
                validation_accuracy=winner.mean,
                validation_loss=winner.mean_loss,
                seed_index=_WHOLE,
            )
    return None


def _train_whole(
    objective: Objective, winner: Finalist, Z: Floats, y: Ints, start: Refitted | None, deadline: float | None
) -> Refitted | None:
    """One training without validation; None if it did not get to the end."""
    candidate = winner.assembly.candidate
    found = fit_candidate(
        winner.assembly,
        Z,
        y,
        None,
        None,
        objective.features.dataset.n_classes,
        np.random.default_rng(seed_words(objective.seed, candidate, _WHOLE)),
        weights0=None if start is None else start.weights,
        head0=None if start is None else start.head_parameters,
        deadline=deadline,
        dtype=PRECISION,
    )
    if found.stopped in (Stop.BUDGET, Stop.DIVERGED):
        winner.notices.append(_NOT_WHOLE.format(reason=found.stopped.sentence))
        return None
    return Refitted(found.weights, found.head_parameters, 0.0, _WHOLE)


def train_once(
    objective: Objective,
    assembly: Assembly,
    start: Refitted | None = None,
    *,
    index: int,
    deadline: float | None,
) -> Refitted:
    """One training from the seed number `index`.

    Args:
        objective: of the search.
        assembly: what to train.
        start: where to start; None draws that too.
        index: 1, 2, …
        deadline: in seconds of `time.monotonic`; None for no limit.
    """
    candidate = assembly.candidate
    data: Prepared = objective.features.prepare(candidate.preprocessing)
    n_classes = objective.features.dataset.n_classes
    rng = np.random.default_rng(seed_words(objective.seed, candidate, index))
    found = fit_candidate(
        assembly,
        data.Z,
        data.y,
        data.Z_val,
        data.y_val,
        n_classes,
        rng,
        weights0=None if start is None else start.weights,
        head0=None if start is None else start.head_parameters,
        deadline=deadline,
        dtype=PRECISION,
    )
    score = accuracy(assembly, found, data.Z_val, data.y_val, n_classes)
    loss = math.inf if found.validation_loss is None else found.validation_loss
    cut = found.stopped.sentence if found.stopped == Stop.BUDGET else ""
    return Refitted(found.weights, found.head_parameters, score, index, loss, cut)


def _finalist(objective: Objective, record: TrialRecord, steps_factor: float) -> Finalist:
    assert record.candidate is not None
    longer = _longer(record.candidate, steps_factor)
    # In another session there may have been more time to set it up; now it must be, as it has been chosen.
    assembly, _, _ = replace(objective, setup_seconds=None).assemble(longer)
    own = Refitted(
        np.array(record.weights),
        np.array(record.head_parameters),
        record.validation_accuracy or 0.0,
        0,
        math.inf if record.validation_loss is None else record.validation_loss,
        record.outcome.text if _cut(record) else "",
    )
    return Finalist(record, assembly, [own])


def _longer(candidate: Candidate, factor: float) -> Candidate:
    steps = max(1, round(candidate.training.steps * factor))
    return replace(candidate, training=replace(candidate.training, steps=steps))
