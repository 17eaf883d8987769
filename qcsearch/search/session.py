"""One session of a run: trials, refit, evaluation, in the time that is left of the budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from qcsearch.circuits.candidate import Candidate
from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.errors import NoFeasibleCandidateError, QCSearchError
from qcsearch.search.budget import SETUP, Budget, Clock
from qcsearch.search.events import (
    Evaluated,
    Notice,
    Progress,
    SearchEnded,
    SearchStarted,
    TrialFinished,
)
from qcsearch.search.record import TrialRecord
from qcsearch.search.result import SearchResult
from qcsearch.search.run_config import RunConfig
from qcsearch.search.run_folder import RunFolder
from qcsearch.search.space import SearchSpace
from qcsearch.search.study import SearchStudy
from qcsearch.search.workers import Nursery, WorkerPool

if TYPE_CHECKING:
    from qcsearch.search.objective import Objective
    from qcsearch.search.planted import Planted
    from qcsearch.search.refit import Refitted
    from qcsearch.training.model import TrainedModel

__all__ = ["Plant", "Session"]

Plant: TypeAlias = "Callable[[Objective], tuple[Sequence[Planted], Sequence[str]]]"
"""From the objective of a new run to what another run gives it, and sentences to be said."""

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 1.0
_TRIAL_SHARE = 0.15


@dataclass
class Session:
    """One session of a run, in a folder that it locks.

    Attributes:
        folder: where the run is.
        dataset: checked data.
        device: calibration facts.
        space: what is searched.
        seed: of everything random.
        budget: totals over all sessions.
        emit: told what happens.
        nursery: of several workers, made before; None makes one when it is needed.
        plant: what another run gives to a new one, with sentences to be said.
        began: in seconds of `time.monotonic`, when its seconds began to count; None for when it begins.
        untuned: of a tuning, the model that it starts from, to be tested beside the tuned one.
        clock: seconds used, while it runs.
        told_setup: whether it was said that some candidates take too long to set up.
    """

    folder: RunFolder
    dataset: Dataset
    device: Device
    space: SearchSpace
    seed: int
    budget: Budget
    emit: Progress
    nursery: Nursery | None = None
    plant: Plant | None = None
    untuned: Planted | None = None
    began: float | None = None
    clock: Clock = field(init=False)
    told_setup: bool = field(init=False, default=False)

    @cached_property
    def objective(self) -> Objective:
        """Made when it is needed: the libraries it imports take seconds, in which workers can be at work."""
        from qcsearch.search.features import Features
        from qcsearch.search.objective import Objective

        features, limit = Features(self.dataset, self.seed), self.budget.setup_seconds
        return Objective.of(features, self.space, self.device, self.seed, limit)

    def answer(self, config: RunConfig) -> SearchResult:
        """The result of the run if it is finished and the totals leave nothing to do; else begin or go on, to the end.

        Raises:
            RunError: if the folder is of another run, or another search is at work in it.
            InputError: if data, device and space do not go together; nothing was written then.
            NoFeasibleCandidateError: if nothing was kept.
        """
        with self.folder.session():
            return self._finished(config) or self._begin(config)

    def _finished(self, config: RunConfig) -> SearchResult | None:
        self.folder.refuse_other(config)
        data = self.folder.result() if self.folder.begun else None
        if data is None:
            return None
        result, old, budget = SearchResult.from_file(self.folder.path, data), self.folder.config, self.budget
        more_trials = budget.n_trials is None or budget.n_trials > result.n_trials
        used = result.seconds if old.max_seconds is None else old.max_seconds
        more_time = budget.max_seconds is None or budget.max_seconds > used
        return None if more_trials and more_time and result.ended != "exhausted" else result

    def _begin(self, config: RunConfig) -> SearchResult:
        started = time.monotonic() if self.began is None else self.began
        notices: list[Notice] = []
        planted: Sequence[Planted] = ()
        if not self.folder.begun:
            # What is wrong is said before anything is written.
            notices += [Notice(sentence, detail=True) for sentence in self.objective.bound.notices]
            if self.plant is not None:
                planted, said = self.plant(self.objective)
                notices += [Notice(sentence) for sentence in said]
        compiling = self._warm_up(config.workers)
        self.folder.begin(config, self.dataset, self.device, self.space, planted)
        self.folder.write_result(None)
        with Clock(self.folder.clock, started + compiling) as self.clock:
            return self._run(config.workers, notices)

    def _warm_up(self, workers: int) -> float:
        """Have the kernels ready, by one process for all workers; the seconds that were lost by compiling them.

        They are not the search's: it happens once on a machine.
        """
        if workers > 1:
            self.nursery = self.nursery or Nursery()
            return self.nursery.warm_up()
        from qcsearch.simulation.compile import warm_up

        return warm_up()

    def _run(self, workers: int, notices: Sequence[Notice]) -> SearchResult:
        study, repaired = SearchStudy.of(self.folder)
        if repaired:
            self.emit(Notice(repaired))
        if swept := study.sweep():
            those = "A trial" if swept == 1 else f"{swept} trials"
            self.emit(
                Notice(f"{those} of an earlier session did not end; what they had drawn is drawn again.")
            )
        study.enqueue_starts(lambda: self.objective.bound)
        totals = (self.budget.n_trials, self.clock.seconds, self.budget.max_seconds, workers)
        self.emit(SearchStarted(study.n_finished(), *totals))
        for notice in notices:
            self.emit(notice)
        try:
            if study.ended() is None:
                self._search(study, workers)
                self._search_on(study)
        finally:
            study.sweep()
        ended = study.ended() or "seconds"
        records = study.records()
        self.emit(SearchEnded(ended, len(records), self.clock.seconds))
        return self._conclude(records, ended, workers)

    # --- trials --------------------------------------------------------------------------------------------

    def _search(self, study: SearchStudy, workers: int) -> None:
        deadline = self.clock.deadline(self.budget.search_seconds)
        limits = [self.space.file.training.max_seconds]
        if self.budget.search_seconds is not None:
            limits.append(_TRIAL_SHARE * self.budget.search_seconds)
        limit = min((seconds for seconds in limits if seconds is not None), default=None)
        if workers > 1:
            # A worker that dies in the instant in which it takes a trial leaves one that nobody owns.
            while self._parallel(study, workers, deadline, limit) and study.sweep() and not study.ended():
                self.nursery = None
            return
        from qcsearch.search.work import work

        work(
            study,
            self.objective,
            worker="main",
            deadline=deadline,
            max_trial_seconds=limit,
            on_running=self.emit,
            on_record=lambda record: self._tell(record, study.n_finished()),
        )

    def _search_on(self, study: SearchStudy) -> None:
        """Where the seconds of the search gave nothing, take those of the refit, until there is something."""
        end = self.clock.deadline(self.budget.refit_seconds)
        if end is None or any(record.trained for record in study.records()):
            return
        from qcsearch.search.work import work

        def tell(record: TrialRecord) -> bool:
            self._tell(record, study.n_finished())
            return record.trained

        work(study, self.objective, worker="main", deadline=end, on_running=self.emit, on_record=tell)

    def _parallel(
        self, study: SearchStudy, workers: int, deadline: float | None, limit: float | None
    ) -> bool:
        """Keep workers at work until they have nothing to do; whether that was before the deadline."""
        until = None if deadline is None else time.time() + deadline - time.monotonic()
        told = {record.trial for record in study.records()}
        at_start = at_death = len(told)
        imports = threading.Thread(target=_import_the_rest, daemon=True)
        with WorkerPool(self.folder, workers, until, limit, self.nursery) as pool:
            while pool.alive:
                time.sleep(_POLL_SECONDS)
                if len(told) > at_start and imports.ident is None:
                    imports.start()
                for name, code in pool.reap():
                    study.sweep(name)
                    if study.ended() is None and (deadline is None or time.monotonic() < deadline):
                        self.emit(Notice(f"A worker died (exit code {code}); another takes its place."))
                        pool.replace(code, progress=len(told) > at_death)
                        at_death = len(told)
                self._tell_new(study, told)
                if deadline is not None and time.monotonic() > deadline + _GRACE_SECONDS:
                    return False
        self._tell_new(study, told)
        return deadline is None or time.monotonic() < deadline

    def _tell_new(self, study: SearchStudy, told: set[int]) -> None:
        for record in study.records(skip=told):
            told.add(record.trial)
            self._tell(record, len(told))

    def _tell(self, record: TrialRecord, n_finished: int) -> None:
        self.emit(TrialFinished(record, n_finished, self.clock.seconds))
        if record.outcome.constraint == SETUP and not self.told_setup:
            self.told_setup = True
            self.emit(Notice(f"Such candidates are left out, this is the first: {record.outcome.text}"))

    # --- the end -------------------------------------------------------------------------------------------

    def _conclude(self, records: list[TrialRecord], ended: str, workers: int) -> SearchResult:
        from qcsearch.search.classical import MAJORITY
        from qcsearch.search.comparisons import Deadlines, compared, missing_at_first
        from qcsearch.search.evaluate import evaluate
        from qcsearch.search.leaderboard import rank
        from qcsearch.search.pareto import pareto_front
        from qcsearch.search.refit import refit

        ranked = rank(records)
        if not ranked:
            raise _none_kept(records)
        refit_end = self.clock.deadline(self.budget.refit_seconds)
        before = self._before(records)
        warm = None if before is None else {before[0].digest: before[1]}
        finalists = refit(
            self.objective, ranked, deadline=refit_end, emit=self.emit, threads=workers, warm=warm
        )
        found = evaluate(self.objective, finalists[0])
        self._write_model(found.model)
        result = SearchResult(
            run=self.folder.path,
            n_trials=len(records),
            seconds=self.clock.seconds,
            best=found.best,
            seeds=found.seeds,
            spread=found.spread,
            classical={MAJORITY: found.majority},
            without_pqc=None,
            confusion=found.confusion,
            pareto=tuple(record.trial for record in pareto_front(ranked)),
            ended=ended,
            cut=found.cut,
            failure=found.failure,
            missing=missing_at_first(tuned=before is not None),
            notices=(*self.objective.features.split.notices, *found.notices),
        )
        self.folder.write_result(result.to_file())
        ends = (self.budget.ablation_seconds, self.budget.max_seconds)
        deadlines = Deadlines(*map(self.clock.deadline, ends))
        for whole in compared(self.objective, finalists[0], result, deadlines=deadlines, before=before):
            result = replace(whole, seconds=self.clock.seconds)
            self.folder.write_result(result.to_file())
        self.emit(Evaluated(found.best.trial, found.best.test_accuracy_noisy, self.clock.seconds))
        return result

    def _before(self, records: list[TrialRecord]) -> tuple[Candidate, Refitted] | None:
        """Of a tuning: the model it starts from, on the qubits to which its trial moved it."""
        if self.untuned is None or self.untuned.candidate is None:
            return None
        from qcsearch.search.refit import Refitted

        old = self.untuned.candidate
        found = (record.candidate for record in records if record.candidate is not None)
        moved = next((one for one in found if replace(one, qubits=old.qubits) == old), old)
        weights, head = np.array(self.untuned.weights), np.array(self.untuned.head_parameters)
        return moved, Refitted(weights, head, 0.0, 0)

    def _write_model(self, model: TrainedModel) -> None:
        from qcsearch.bundle.write import write_bundle

        write_bundle(model, self.folder.model, overwrite=True)


def _import_the_rest() -> None:
    """Import what refit and evaluation need while the workers are at work and this process is not."""
    from qcsearch.simulation.compile import warm_up

    warm_up()
    for name in ("comparisons", "evaluate", "refit", "leaderboard"):
        import_module(f"qcsearch.search.{name}")
    for name in ("qcsearch.bundle.write", "sklearn.decomposition", "sklearn.linear_model", "sklearn.svm"):
        import_module(name)


def _none_kept(records: list[TrialRecord]) -> QCSearchError:
    """The error of a search that has nothing to show."""
    broken: dict[str, int] = {}
    for record in records:
        if record.outcome.constraint is not None:
            broken[record.outcome.constraint] = broken.get(record.outcome.constraint, 0) + 1
    failed = [record for record in records if record.outcome.kind == "failed"]
    if failed and not broken:
        return QCSearchError(
            f"All {len(failed)} trials failed; the first with {failed[0].outcome.text}",
            fix="qcsearch explain shows each of them.",
        )
    if not broken:
        return NoFeasibleCandidateError(
            "No trial ended within the seconds of the search.", fix="give it more seconds."
        )
    counts = ", ".join(f"{name} {n}" for name, n in sorted(broken.items(), key=lambda item: -item[1]))
    return NoFeasibleCandidateError(
        f"None of {len(records)} candidates kept all constraints; rejected by: {counts}.",
        fix="loosen these constraints of the search space, or give the search more seconds.",
    )
