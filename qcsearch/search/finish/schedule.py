"""How many finalists a refit can afford in the seconds that are left, and for how many steps."""

from __future__ import annotations

import time
from dataclasses import dataclass

from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import TrialRecord

__all__ = ["MARGIN", "UNLIMITED", "Deadlines", "Plan", "affordable", "promising", "rounds_end", "was_cut"]

MARGIN = 1.4
"""What a training may take longer than the one it is judged by: equal lengths do not take equal times."""

_LARGER = 1.25
"""How much longer a training on both parts takes than one on the training part, which is four fifths of them."""


@dataclass(frozen=True)
class Deadlines:
    """In seconds of `time.monotonic`; None for no limit.

    Attributes:
        training: when the training of baselines ends.
        end: when the rest does.
    """

    training: float | None = None
    end: float | None = None


UNLIMITED = Deadlines()
"""No deadline."""


@dataclass(frozen=True)
class Plan:
    """How the best are trained again.

    Attributes:
        top: how many.
        rounds: trainings of each, of small data repeats of its folds.
        steps_factor: how much longer than their trials; of small data as long, which is what the folds have judged.
        whole_factor: how many trials' time one training on more samples takes at most.
    """

    top: int
    rounds: int
    steps_factor: float
    whole_factor: float

    @classmethod
    def of(cls, objective: Objective) -> Plan:
        """What the space says of these data."""
        small, plan = objective.space.file.small, objective.space.file.refit
        if objective.n_folds:
            return cls(small.top, small.repeats, 1.0, 1.0 / objective.n_folds)
        return cls(plan.top, plan.seeds, plan.steps_factor, plan.steps_factor)


def was_cut(record: TrialRecord) -> bool:
    """Whether a deadline stopped the training of a trial early."""
    return record.outcome.kind == "cut"


def promising(best: list[TrialRecord], top: int) -> list[TrialRecord]:
    """The first that was not cut short and those of all that come next by merit, cut ones last."""
    first, *others = best
    others = sorted(others, key=lambda record: record.merit, reverse=True)[: top - 1]
    return [first, *sorted(others, key=was_cut)]


def rounds_end(best: list[TrialRecord], factor: float, deadline: float | None) -> float | None:
    """When the rounds must end so that the longest of them can still be trained once more on more samples."""
    return None if deadline is None else deadline - MARGIN * _LARGER * factor * max(map(_whole_seconds, best))


def affordable(
    ranked: list[TrialRecord], factor: float, deadline: float | None, threads: int
) -> tuple[int, float]:
    """How many finalists, and how much longer than their trials they train, so that one round is in time."""
    if deadline is None:
        return len(ranked), factor
    left = (deadline - time.monotonic()) / MARGIN
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
    if not (record.steps or was_cut(record)):  # a head was fitted, in one go
        return seconds + 0.05
    return seconds * max(1.0, record.candidate.training.steps / max(1, record.steps)) + 0.05
