"""What a worker does: ask, evaluate, tell, until the budget is used."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from qcsearch.search.events import Event, TrialRunning
from qcsearch.search.study.asked import Asked
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.trial.control import TrialControl
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import leader
from qcsearch.search.trial.record import Outcome, TrialRecord
from qcsearch.stopwatch import Stopwatch

__all__ = ["run_trials"]

_logger = logging.getLogger(__name__)

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_LEAST_SECONDS = 0.2
"""Left before the deadline, with which no further trial is begun: it would hardly get to a validation."""

_PROPOSAL_SHARE = 0.6
"""Of the time that is left: what a strategy may take to make a candidate; the rest is for its training."""


def run_trials(
    study: SearchStudy,
    objective: Objective,
    *,
    worker: str,
    deadline: float | None = None,
    max_trial_seconds: float | None = None,
    on_running: Callable[[Event], None] | None = None,
    on_record: Callable[[TrialRecord], bool | None] | None = None,
) -> None:
    """Run trials until there is no room for another.

    Args:
        study: asked for trials and told of them.
        objective: evaluates them.
        worker: name of this worker.
        deadline: in seconds of `time.monotonic`: the running trial ends there with its best weights.
        max_trial_seconds: the same for each trial, from its first validation on.
        on_running: told when a trial reaches a rung.
        on_record: told when a trial ended; True ends the work.
    """
    watch = Stopwatch()
    while deadline is None or time.monotonic() < deadline - _LEAST_SECONDS:
        with watch.stage("sampler"):
            asked = study.ask(worker, objective.bound)
        if asked is None:
            return
        with watch.stage("other"):
            record = _evaluate(study, objective, asked, deadline, max_trial_seconds, on_running, watch)
        record = replace(record, times=dict(watch.seconds))
        watch = Stopwatch()  # a record cannot hold how long it took to store itself: the next one does
        with watch.stage("store"):
            study.tell(asked, record)
        if on_record is not None and on_record(record):
            return


def _evaluate(
    study: SearchStudy,
    objective: Objective,
    asked: Asked,
    deadline: float | None,
    max_seconds: float | None,
    on_running: Callable[[Event], None] | None,
    watch: Stopwatch,
) -> TrialRecord:
    """The record of one trial, whatever happens in it."""
    started = time.monotonic()
    try:
        until = None if deadline is None else started + _PROPOSAL_SHARE * (deadline - started)
        with watch.stage("proposal"):
            proposal = study.propose(asked, objective, until)
        with watch.stage("store"):
            duplicate = study.duplicate(asked, proposal.candidate)
        if duplicate is not None:
            return _reuse(duplicate, asked, time.monotonic() - started)
        record = objective(
            asked.number,
            proposal.candidate,
            asked.params,
            control=TrialControl(_StudyRungs(study, asked, on_running, watch), deadline, max_seconds),
            worker=asked.worker,
            start=proposal.start,
            watch=watch,
        )
        return replace(
            record,
            predictors={**record.predictors, **proposal.predictors},
            seconds=time.monotonic() - started,
        )
    except Exception as error:  # one candidate's failure is recorded and does not end the search
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            raise  # nothing can be recorded, and no candidate is to blame
        _logger.exception("Trial %d failed.", asked.number)
        text = " ".join(str(error).split()) or "no message"
        outcome = Outcome("failed", f"{type(error).__name__}: {text}", error=type(error).__name__)
        return TrialRecord(
            asked.number,
            asked.candidate,
            dict(asked.params),
            outcome,
            seconds=time.monotonic() - started,
            worker=asked.worker,
        )


def _reuse(duplicate: TrialRecord, asked: Asked, seconds: float) -> TrialRecord:
    first = duplicate.trial if duplicate.outcome.trial is None else duplicate.outcome.trial
    text = f"The same candidate as trial {first}: {duplicate.outcome.text}"
    if duplicate.outcome.kind == "reused":
        text = duplicate.outcome.text
    return replace(
        duplicate,
        trial=asked.number,
        params=dict(asked.params),
        outcome=replace(duplicate.outcome, kind="reused", text=text, trial=first),
        seconds=seconds,
        worker=asked.worker,
    )


@dataclass(frozen=True)
class _StudyRungs:
    """Reports of a running trial to its study."""

    study: SearchStudy
    asked: Asked
    on_running: Callable[[Event], None] | None
    watch: Stopwatch

    def report(self, rung: int, validation_score: float) -> float | None:
        if self.on_running is not None:
            self.on_running(TrialRunning(self.asked.number, rung + 1, validation_score, self.study.metric))
        with self.watch.stage("store"):
            return self.study.report(self.asked, rung, validation_score)

    def leader(self) -> TrialRecord | None:
        with self.watch.stage("store"):
            return leader(self.study.records()) if self.study.prunes else None
