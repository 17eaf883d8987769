"""What a search tells while it runs: small facts that a panel can draw."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qcsearch.search.trial.record import TrialRecord

__all__ = [
    "Evaluated",
    "Event",
    "Notice",
    "Progress",
    "RefitFinished",
    "RefitStarted",
    "SearchEnded",
    "SearchStarted",
    "TrialFinished",
    "TrialRunning",
    "told",
]


@dataclass(frozen=True)
class SearchStarted:
    """The search begins or resumes.

    Attributes:
        n_finished: trials that earlier sessions finished.
        n_trials: total to reach, None for no limit.
        seconds: used by earlier sessions.
        max_seconds: total of them, None for no limit.
        workers: processes.
    """

    n_finished: int
    n_trials: int | None
    seconds: float
    max_seconds: float | None
    workers: int


@dataclass(frozen=True)
class TrialRunning:
    """A running trial reached a rung.

    Attributes:
        trial: its number.
        rung: counted from 1.
        validation_score: there.
        metric: which score that is.
    """

    trial: int
    rung: int
    validation_score: float
    metric: str = "accuracy"


@dataclass(frozen=True)
class TrialFinished:
    """A trial ended.

    Attributes:
        record: what became of it.
        n_finished: trials finished so far, all sessions together.
        seconds: used so far.
    """

    record: TrialRecord
    n_finished: int
    seconds: float


@dataclass(frozen=True)
class SearchEnded:
    """No further trial is started.

    Attributes:
        reason: `trials`, `seconds`, `exhausted` (only known candidates) or `hopeless` (none feasible).
        n_finished: trials finished.
        seconds: used so far.
    """

    reason: str
    n_finished: int
    seconds: float


@dataclass(frozen=True)
class RefitStarted:
    """The best are trained again.

    Attributes:
        trials: their numbers, best first.
        seeds: trainings of each; of small data repeats of its folds.
        folds: of small data how many; else 0.
    """

    trials: tuple[int, ...]
    seeds: int
    folds: int = 0


@dataclass(frozen=True)
class RefitFinished:
    """One of these trainings ended.

    Attributes:
        trial: whose candidate.
        seed_index: which of the trainings, from 0.
        validation_score: under noise.
        metric: which score that is.
    """

    trial: int
    seed_index: int
    validation_score: float
    metric: str = "accuracy"


@dataclass(frozen=True)
class Evaluated:
    """The winner's final evaluation is done.

    Attributes:
        trial: the winner's number.
        test_score: under the device's noise.
        seconds: used so far.
        metric: which score that is.
        shots: at how many of each measurement basis; None for infinitely many.
    """

    trial: int
    test_score: float
    seconds: float
    metric: str = "accuracy"
    shots: int | None = None


@dataclass(frozen=True)
class Notice:
    """A sentence that a person should see.

    Attributes:
        text: the sentence.
        detail: whether it is for those alone who ask for everything.
    """

    text: str
    detail: bool = False


Event = (
    SearchStarted
    | TrialRunning
    | TrialFinished
    | SearchEnded
    | RefitStarted
    | RefitFinished
    | Evaluated
    | Notice
)
"""Any of them."""

Progress = Callable[[Event], None]
"""Called with each event, in the caller's thread."""


@contextmanager
def told(progress: Progress | None) -> Iterator[None]:
    """While this lasts, what the engine logs is told as notices; without anybody to tell, it is logged as ever."""
    if progress is None:
        yield
        return
    logger, handler = logging.getLogger("qcsearch.simulation"), _Teller(progress)
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


class _Teller(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self._progress(Notice(record.getMessage()))
