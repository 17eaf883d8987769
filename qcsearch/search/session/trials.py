"""The trials of a session, in this process or in workers."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from importlib import import_module

from qcsearch.search.budget import SETUP
from qcsearch.search.events import Notice, TrialFinished
from qcsearch.search.session.session import Session
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.trial.record import TrialRecord
from qcsearch.search.workers.pool import WorkerPool

__all__ = ["Trials"]

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 1.0
_TRIAL_SHARE = 0.15


@dataclass
class Trials:
    """Runs the trials of a session.

    Attributes:
        session: of which they are.
        study: asked for them.
        told_setup: whether it was said that some candidates take too long to set up.
    """

    session: Session
    study: SearchStudy
    told_setup: bool = False

    def run(self) -> None:
        """Run trials until a total is reached."""
        self._search()
        self._search_on()

    def _search(self) -> None:
        deadline = self.session.clock.deadline(self.session.settings.budget.search_seconds)
        limits = [self.session.space.file.training.max_seconds]
        if self.session.settings.budget.search_seconds is not None:
            limits.append(_TRIAL_SHARE * self.session.settings.budget.search_seconds)
        limit = min((seconds for seconds in limits if seconds is not None), default=None)
        if self.session.settings.workers > 1:
            # A worker that dies in the instant in which it takes a trial leaves one without an owner.
            while (
                self._parallel(deadline, limit) and self.study.fail_stale_trials() and not self.study.ended()
            ):
                self.session.fork_server = None
            return
        from qcsearch.search.workers.trial_loop import run_trials

        run_trials(
            self.study,
            self.session.objective,
            worker="main",
            deadline=deadline,
            max_trial_seconds=limit,
            on_running=self.session.emit,
            on_record=lambda record: self._tell(record, self.study.n_finished()),
        )

    def _search_on(self) -> None:
        """Where the seconds of the search gave nothing, take those of the refit, until there is something."""
        end = self.session.clock.deadline(self.session.settings.budget.refit_seconds)
        if end is None or any(record.trained for record in self.study.records()):
            return
        from qcsearch.search.workers.trial_loop import run_trials

        def tell(record: TrialRecord) -> bool:
            self._tell(record, self.study.n_finished())
            return record.trained

        run_trials(
            self.study,
            self.session.objective,
            worker="main",
            deadline=end,
            on_running=self.session.emit,
            on_record=tell,
        )

    def _parallel(self, deadline: float | None, limit: float | None) -> bool:
        """Keep workers running until there are no more trials; return whether that was before the deadline."""
        until = None if deadline is None else time.time() + deadline - time.monotonic()
        told = {record.trial for record in self.study.records()}
        at_start = at_death = len(told)
        imports = threading.Thread(target=_import_the_rest, daemon=True)
        with WorkerPool(
            self.session.folder, self.session.settings.workers, until, limit, self.session.fork_server
        ) as pool:
            while pool.alive:
                time.sleep(_POLL_SECONDS)
                if len(told) > at_start and imports.ident is None:
                    imports.start()
                for name, code in pool.reap():
                    self.study.fail_stale_trials(name)
                    if self.study.ended() is None and (deadline is None or time.monotonic() < deadline):
                        self.session.emit(
                            Notice(f"A worker died (exit code {code}); another one is started.")
                        )
                        pool.replace(code, progress=len(told) > at_death)
                        at_death = len(told)
                self._tell_new(told)
                if deadline is not None and time.monotonic() > deadline + _GRACE_SECONDS:
                    return False
        self._tell_new(told)
        return deadline is None or time.monotonic() < deadline

    def _tell_new(self, told: set[int]) -> None:
        for record in self.study.records(skip=told):
            told.add(record.trial)
            self._tell(record, len(told))

    def _tell(self, record: TrialRecord, n_finished: int) -> None:
        self.session.emit(TrialFinished(record, n_finished, self.session.clock.seconds))
        if record.outcome.constraint == SETUP and not self.told_setup:
            self.told_setup = True
            self.session.emit(
                Notice(f"Such candidates are left out, this is the first: {record.outcome.text}")
            )


def _import_the_rest() -> None:
    """Import what refit and evaluation need while the workers run trials and this process waits."""
    from qcsearch.simulation.compile import warm_up

    warm_up()
    for name in ("comparisons", "evaluate", "refit", "leaderboard"):
        import_module(f"qcsearch.search.finish.{name}")
    for name in ("qcsearch.bundle.write", "sklearn.decomposition", "scipy.stats"):
        import_module(name)
