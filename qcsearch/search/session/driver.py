"""A session from the first look into the folder to the result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qcsearch.search.budget import Clock
from qcsearch.search.events import Notice, SearchEnded, SearchStarted
from qcsearch.search.finish.baselines.fitting import Fitting
from qcsearch.search.run.result import SearchResult
from qcsearch.search.session.conclusion import conclude
from qcsearch.search.session.session import Session
from qcsearch.search.session.trials import Trials
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.workers.pool import ForkServer

if TYPE_CHECKING:
    from qcsearch.search.trial.warm_start import WarmStart

__all__ = ["run_session"]


def run_session(session: Session) -> SearchResult:
    """The result of the run if it is finished and the totals leave nothing to do; else begin or resume it.

    Raises:
        RunError: if the folder is of another run, or another search is running in it.
        DataError: if the data cannot be split; nothing was written then.
        SpaceError: if nothing in the space fits device and data; nothing was written then.
        NoFeasibleCandidateError: if nothing was kept.
    """
    started = time.monotonic() if session.began is None else session.began
    if not session.folder.begun:
        _ = session.objective  # what cannot be searched is said before the folder is made
    with session.folder.session():
        return _finished(session) or _begin(session, started)


def _finished(session: Session) -> SearchResult | None:
    session.folder.refuse_other(session.config)
    result = session.folder.result() if session.folder.begun else None
    if result is None:
        return None
    old = session.folder.config.settings
    total, limit = session.settings.n_trials, session.settings.max_seconds
    more_trials = total is None or total > result.n_trials
    used = result.seconds if old.max_seconds is None else old.max_seconds
    more_time = limit is None or limit > used
    return None if more_trials and more_time and result.ended != "exhausted" else result


def _begin(session: Session, started: float) -> SearchResult:
    notices: list[Notice] = []
    warm_starts: Sequence[WarmStart] = ()
    if not session.folder.begun:
        notices += [Notice(sentence, detail=True) for sentence in session.objective.bound.notices]
        if session.prepare_warm_starts is not None:
            warm_starts, said = session.prepare_warm_starts(session.objective)
            notices += [Notice(sentence) for sentence in said]
    compiling = _warm_up(session)
    session.folder.begin(session.config, session.dataset, session.device, session.space, warm_starts)
    session.folder.write_result(None)
    with Clock(session.folder.clock, started + compiling) as session.clock:
        return _run(session, notices)


def _warm_up(session: Session) -> float:
    """Have the kernels ready, by one process for all workers; the seconds that were lost by compiling them.

    They are not the search's: it happens once on a machine.
    """
    if session.settings.workers > 1:
        session.fork_server = session.fork_server or ForkServer()
        return session.fork_server.warm_up()
    from qcsearch.simulation.compile import warm_up

    return warm_up()


def _run(session: Session, notices: Sequence[Notice]) -> SearchResult:
    study, repaired = SearchStudy.of(session.folder)
    if repaired:
        session.emit(Notice(repaired))
    if failed := study.fail_stale_trials():
        those = "A trial" if failed == 1 else f"{failed} trials"
        session.emit(
            Notice(f"{those} of an earlier session did not finish; the same candidates are drawn again.")
        )
    study.enqueue_starts(lambda: session.objective.bound)
    asked = session.settings
    totals = (asked.n_trials, session.clock.seconds, asked.max_seconds, asked.workers)
    session.emit(SearchStarted(study.n_finished(), *totals))
    for notice in notices:
        session.emit(notice)
    # Its imports run beside the first trial, not in the last seconds.
    with Fitting(asked.baselines, session.objective.features.target.task) as fitting:
        try:
            if study.ended() is None:
                Trials(session, study).run()
        finally:
            study.fail_stale_trials()
        ended = study.ended() or "seconds"
        records = study.records()
        session.emit(SearchEnded(ended, len(records), session.clock.seconds))
        return conclude(session, records, ended, fitting)
