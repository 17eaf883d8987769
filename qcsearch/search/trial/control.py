"""When the training of a trial ends before its time: at a rung, at a deadline, or after its seconds."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Protocol

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.trial.record import Outcome, TrialRecord
from qcsearch.training.loop.fit import Fit, Stop
from qcsearch.wording import metric

__all__ = ["TO_THE_END", "RungReporter", "Rungs", "TrialControl"]


class Rungs(Protocol):
    """Where a training reports on its way, and may be told to end."""

    def report(self, rung: int, validation_score: float) -> float | None:
        """Report at rung 0, 1, …; the score it needed if the trial is to end here, else None."""
        ...

    def leader(self) -> TrialRecord | None:
        """The best trial so far that was judged by folds, if others may end for being behind it; else None."""
        ...


class _NoRungs:
    """Nobody listens: the training goes to its end."""

    def report(self, rung: int, validation_score: float) -> float | None:
        return None

    def leader(self) -> TrialRecord | None:
        return None


_NO_RUNGS = _NoRungs()


@dataclass(frozen=True)
class TrialControl:
    """What may end the training of a trial early.

    Attributes:
        rungs: asked on the way whether to go on; the default never stops.
        deadline: in seconds of `time.monotonic`: the training ends there with its best weights; None for no limit.
        max_seconds: it ends so many seconds after its first validation, too, in which kernels are compiled if they
            have to be; None for no limit.
    """

    rungs: Rungs = _NO_RUNGS
    deadline: float | None = None
    max_seconds: float | None = None

    def since(self, started: float) -> TrialControl:
        """The same with one deadline, of a training that started at a `time.monotonic`."""
        ends = (self.deadline, None if self.max_seconds is None else started + self.max_seconds)
        return replace(self, deadline=min((end for end in ends if end is not None), default=None))


TO_THE_END = TrialControl()
"""Nothing ends the training early."""


class RungReporter:
    """Turns the validations of a training into reports at its rungs, and says what its end means for the trial.

    Args:
        ladder: of the space.
        steps: of the whole training.
        control: when it is to end.
        metric: which score is reported.
    """

    def __init__(self, ladder: Ladder, steps: int, control: TrialControl, metric: str = "accuracy") -> None:
        self._steps, self._last = ladder.steps(steps), steps
        self._rungs, self._max_seconds = control.rungs, control.max_seconds
        self._started: float | None = None
        self._next = 0
        self._step: int | None = None
        self._threshold: float | None = None
        self._reached = -math.inf
        self._metric = metric

    def __call__(self, step: int, validation_score: float | None) -> bool:
        """Note a validation; whether the training is to end with it."""
        if validation_score is not None:
            self._reached = max(self._reached, validation_score)
        while self._next < len(self._steps) and step >= self._steps[self._next]:
            self._threshold = self._rungs.report(self._next, self._reached)
            self._next += 1
            if self._threshold is not None:
                self._step = step
                return True
        now = time.monotonic()
        self._started = self._started or now
        if step >= self._last:  # a training that is done is not stopped
            return False
        return self._max_seconds is not None and now - self._started >= self._max_seconds

    def outcome(self, fit: Fit) -> Outcome:
        """What the end of the training means for the trial."""
        if fit.stopped == Stop.PRUNED and self._step is not None and self._threshold is not None:
            text = (
                f"Stopped at step {self._step}: validation {metric(self._metric)} {self._reached:.3f}, "
                f"{self._threshold:.3f} was needed."
            )
            return Outcome("pruned", text, step=self._step, threshold=self._threshold)
        if fit.stopped == Stop.DIVERGED and fit.steps == 0:
            return Outcome("failed", fit.stopped.sentence, error="Diverged")
        if fit.stopped in (Stop.BUDGET, Stop.PRUNED):
            return Outcome("cut", f"Cut short at step {fit.steps}: {self.sentence(fit)}", step=fit.steps)
        return Outcome("kept", self.sentence(fit))

    def sentence(self, fit: Fit) -> str:
        """Why the training ended."""
        if fit.stopped == Stop.PRUNED and self._threshold is None:
            return f"The {self._max_seconds:.3g} s of one trial were used up."
        return fit.stopped.sentence
