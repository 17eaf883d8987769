"""What is known of a running search: events in, a picture of the moment out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from qcsearch.search import events
from qcsearch.search.trial.record import TrialRecord
from qcsearch.wording import metric, score

__all__ = ["Progress", "clock", "one_line"]

_TOP = 6


@dataclass
class Progress:
    """The state of a search as its events have told it.

    Attributes:
        n_trials: total to reach, None for no limit.
        max_seconds: total of seconds, None for no limit.
        workers: processes.
        n_finished: trials finished, all sessions together.
        outcomes: number of trials of each outcome, see `Outcome.label`.
        best: the best trained trials, best first.
        curve: best validation score after each trial from the first that was kept.
        running: `(rung, score)` of each running trial that has reported.
        metric: which score that is.
        last: sentence about the last event worth a line.
        phase: what is being done.
        refits: trainings of the best done so far, and in all.
        done: whether the evaluation is over.
    """

    n_trials: int | None = None
    max_seconds: float | None = None
    workers: int = 1
    n_finished: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    best: list[TrialRecord] = field(default_factory=list)
    curve: list[float] = field(default_factory=list)
    metric: str = "accuracy"
    running: dict[int, tuple[int, float]] = field(default_factory=dict)
    last: str = ""
    phase: str = "starting"
    refits: tuple[int, int] = (0, 0)
    done: bool = False
    _seconds: float = 0.0
    _at: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds used, all sessions together, up to this moment."""
        return self._seconds if self.done else self._seconds + time.monotonic() - self._at

    @property
    def fraction(self) -> float:
        """How much of the nearer limit is used, in [0, 1]; 0 without a limit."""
        shares = [0.0]
        if self.n_trials:
            shares.append(self.n_finished / self.n_trials)
        if self.max_seconds:
            shares.append(self.seconds / self.max_seconds)
        return 1.0 if self.done else min(1.0, max(shares))

    def update(self, event: events.Event) -> None:
        """Take one event in."""
        match event:
            case events.SearchStarted():
                self.n_trials, self.max_seconds = event.n_trials, event.max_seconds
                self.n_finished, self.workers = event.n_finished, event.workers
                self.phase = "searching"
                self._tick(event.seconds)
            case events.TrialRunning():
                self.running[event.trial] = (event.rung, event.validation_score)
            case events.TrialFinished():
                self._finished(event)
            case events.SearchEnded():
                self.running.clear()
                self.phase = ENDED.get(event.reason, event.reason)
                self.last = one_line(event)
                self._tick(event.seconds)
            case events.RefitStarted():
                self.refits = (0, len(event.trials) * event.seeds)
                self.phase = f"training the best again, {_trainings(event)} each"
            case events.RefitFinished():
                self.refits = (self.refits[0] + 1, self.refits[1])
                self.last = one_line(event)
            case events.Evaluated():
                self.phase, self.done = "done", True
                self._seconds = event.seconds
                self.last = one_line(event)
            case events.Notice():
                self.last = event.text

    def remember(self, records: Iterable[TrialRecord]) -> None:
        """Take in the trials of earlier sessions."""
        for record in records:
            self._count(record)

    def _finished(self, event: events.TrialFinished) -> None:
        self.running.pop(event.record.trial, None)
        self.n_finished = event.n_finished
        self._count(event.record)
        self.last = one_line(event)
        self._tick(event.seconds)

    def _count(self, record: TrialRecord) -> None:
        self.outcomes[record.outcome.label] += 1
        if record.outcome.kind == "kept" and record.validation_score is not None:
            self.metric = record.metric
            self.best = sorted([*self.best, record], key=_score, reverse=True)[:_TOP]
        if self.best:
            self.curve.append(_score(self.best[0]))

    def _tick(self, seconds: float) -> None:
        self._seconds, self._at = seconds, time.monotonic()


ENDED = {
    "trials": "all trials are done",
    "seconds": "the time for trials is used up",
    "exhausted": "every candidate of the space was tried",
    "hopeless": "no candidate keeps the constraints",
}


def one_line(event: events.Event) -> str:
    """An event in one line, for an output that is no terminal."""
    match event:
        case events.SearchStarted():
            trials = "no limit of trials" if event.n_trials is None else f"{event.n_trials} trials"
            limit = "" if event.max_seconds is None else f", {event.max_seconds:g} s"
            before = f"; {event.n_finished} trials are done already" if event.n_finished else ""
            workers = f"{event.workers} worker" + ("s" if event.workers > 1 else "")
            return f"search: {trials}{limit}, {workers}{before}"
        case events.TrialRunning():
            return f"trial {event.trial}: rung {event.rung}, {score(event.validation_score, event.metric)}"
        case events.TrialFinished():
            record = event.record
            reached = score(record.validation_score, record.metric)
            what = f"{reached} noisy, " if record.trained else ""
            return f"trial {record.trial}: {what}{record.outcome.label}. {record.outcome.text}".strip()
        case events.SearchEnded():
            reason = ENDED.get(event.reason, event.reason)
            return f"search: {reason}; {event.n_finished} trials in {clock(event.seconds)}"
        case events.RefitStarted():
            numbers = ", ".join(map(str, event.trials))
            return f"refit: trials {numbers}, {_trainings(event)} each"
        case events.RefitFinished():
            return f"refit: trial {event.trial}, seed {event.seed_index}: {score(event.validation_score, event.metric)}"
        case events.Evaluated():
            reached = score(event.test_score, event.metric)
            at = "" if event.shots is None else f" at {event.shots:,} shots"
            return f"evaluated: trial {event.trial}, test {metric(event.metric)} {reached} under noise{at}"
        case events.Notice():
            return f"note: {event.text}"


def clock(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _score(record: TrialRecord) -> float:
    assert record.validation_score is not None
    return record.validation_score


def _trainings(event: events.RefitStarted) -> str:
    """What each finalist is trained again on."""
    return f"{event.seeds} × {event.folds} folds" if event.folds else f"{event.seeds} seeds"
