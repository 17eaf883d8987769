"""The study: exact totals, stale trials failed, and a record for every trial before its score is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from qcsearch.candidate.candidate import Candidate
from qcsearch.errors import QCSearchError, RunError
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.strategies import create_strategy
from qcsearch.search.strategies.base import CircuitGenerator, Proposal, StrategyContext
from qcsearch.search.study import stale
from qcsearch.search.study.asked import Asked
from qcsearch.search.study.journal import open_storage, repair
from qcsearch.search.study.objectives import values
from qcsearch.search.study.opening import STUDY_NAME, open_study
from qcsearch.search.study.seeded import SeededSampler
from qcsearch.search.trial.record import TrialRecord
from qcsearch.search.trial.warm_start import WarmStart
from qcsearch.storage.canonical import Json
from qcsearch.storage.locks import locked
from qcsearch.training.metrics import Metric

if TYPE_CHECKING:
    from qcsearch.search.space.bound import BoundSpace
    from qcsearch.search.trial.objective import Objective

__all__ = ["SearchStudy"]

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_EXHAUSTED_AFTER = 40
"""Trials in a row that were tried before: the space has hardly anything else."""

_HOPELESS_AFTER = 200
"""Trials of which none was feasible: the constraints are too tight for this space."""

_POLL_SECONDS = 0.05


class SearchStudy:
    """Optuna's study of a run, shared by all workers through its journal.

    Args:
        run: the folder; it was begun.
        create: make the study if it is not there (the parent does, workers do not).

    Raises:
        RunError: if the study in the folder belongs to another search space.
    """

    def __init__(self, run: RunFolder, *, create: bool = False) -> None:
        config = run.config
        self._run = run
        self._seed = config.settings.seed
        self._strategy = create_strategy(config.settings.strategy, config.settings.strategy_options)
        self._read: dict[int, TrialRecord] = {}
        self._storage = open_storage(run.journal)
        self.study = open_study(
            self._storage,
            len(self._strategy.objectives),
            SeededSampler(self._strategy.sampler, self._trial_seed),
            self._strategy.pruner(run.space.ladder),
            create=create,
        )
        self._check_fingerprint(config.space_fingerprint)

    @classmethod
    def of(cls, run: RunFolder) -> tuple[SearchStudy, str | None]:
        """The study of a run that is begun or resumed, and a sentence if its journal had to be repaired.

        Raises:
            RunError: as the constructor.
        """
        try:
            if not run.history().notices:
                return cls(run, create=True), None
        except QCSearchError:
            raise
        except Exception:  # whatever a damaged line makes of a library
            if not run.journal.is_file():
                raise
        notice = repair(run.journal, STUDY_NAME)
        return cls(run, create=True), notice

    @property
    def metric(self) -> str:
        """What is maximised."""
        return Metric.of(self._run.config.settings.metric, self._run.dataset.target).name

    @property
    def prunes(self) -> bool:
        """Whether trials may be stopped early; those of several objectives may not, nor those of a tuning."""
        return len(self._strategy.objectives) == 1 and not self._run.config.tuned

    # --- what there is -------------------------------------------------------------------------------------

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """The trials in these states, all without any; do not change them."""
        return self.study.get_trials(deepcopy=False, states=states or None)

    def records(self, skip: Container[int] = ()) -> list[TrialRecord]:
        """The records of all finished trials but those in `skip`, stale trials left out, by number."""
        return [
            self._record(trial)
            for trial in self.trials(*_FINISHED)
            if trial.number not in skip and "record" in trial.user_attrs and not stale.is_stale(trial)
        ]

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        """The record of a finished trial, which does not change any more."""
        if trial.number not in self._read:
            self._read[trial.number] = TrialRecord.from_json(trial.user_attrs["record"])
        return self._read[trial.number]

    def n_finished(self) -> int:
        """Number of finished trials; those whose worker died do not count."""
        return sum(not stale.is_stale(trial) for trial in self.trials(*_FINISHED))

    def ended(self) -> str | None:
        """Why there is no use in another trial, None if there is."""
        limit = self._run.config.settings.n_trials
        if limit is not None and self.n_finished() >= limit:
            return "trials"
        kinds = [
            trial.user_attrs["record"]["outcome"]["kind"]
            for trial in self.trials(*_FINISHED)
            if "record" in trial.user_attrs and not stale.is_stale(trial)
        ]
        if len(kinds) >= _HOPELESS_AFTER and set(kinds) <= {"infeasible", "failed", "reused"}:
            return "hopeless"
        last = kinds[-_EXHAUSTED_AFTER:]
        return "exhausted" if len(last) == _EXHAUSTED_AFTER and set(last) == {"reused"} else None

    # --- asking and telling --------------------------------------------------------------------------------

    def enqueue_starts(self, bound: Callable[[], BoundSpace]) -> None:
        """Put the warm starts, then the space's start points, into the queue, each once in the life of the study.

        A tuning tries the warm starts and nothing else.

        Args:
            bound: called if there is one to put.
        """
        known = {trial.user_attrs.get("start") for trial in self.trials()}
        points: dict[str | int, Mapping[str, Json]]
        points = {key: warm_start.params for key, warm_start in self._run.warm_starts.items()}
        if not self._run.config.tuned:
            points |= dict(enumerate(self._run.space.file.start))
        for key, point in points.items():
            if key not in known:
                self.study.enqueue_trial(bound().parameters.start(point), user_attrs={"start": key})

    def ask(self, worker: str, bound: BoundSpace) -> Asked | None:
        """Take the next trial; None once the total is reached with those that are running.

        One worker asks at a time, so the total is exact and no two get the same place.
        """
        with locked(self._run.ask_lock):
            if self.ended() or not self._room():
                return None
            trial = self.study.ask()
            trial.set_user_attr("worker", worker)
            params = bound.draw(trial)
            candidate, warm_start = bound.candidate(params), self._warm_start(trial)
            if warm_start is None and not isinstance(self._strategy, CircuitGenerator):
                trial.set_user_attr("digest", candidate.digest)
            return Asked(trial, params, candidate, worker, warm_start)

    def propose(self, asked: Asked, objective: Objective, until: float | None = None) -> Proposal:
        """What to train in a trial: the candidate that was drawn, a warm start's, or what the strategy makes of it.

        Args:
            asked: the trial.
            objective: for the strategy to look at candidates with.
            until: in seconds of `time.monotonic`, when a strategy that makes candidates must be done.
        """
        if asked.warm_start is not None:
            from qcsearch.search.study.remap import remap

            proposal = remap(asked.warm_start, objective)
        elif isinstance(self._strategy, CircuitGenerator) and objective.can_prepare(asked.candidate):
            seed = self._trial_seed(self.study, asked.trial)
            context = StrategyContext(objective, asked.params, asked.candidate, seed, until, self.records)
            proposal = self._strategy.propose(context)
        else:
            return Proposal(asked.candidate)
        asked.trial.set_user_attr("digest", proposal.candidate.digest)
        return proposal

    def tell(self, asked: Asked, record: TrialRecord) -> None:
        """Store the record, then the score: a trial that counts as finished always has its record."""
        for name, violation in record.constraints.items():
            if violation > 0:
                asked.trial.set_constraint(name, violation)
        asked.trial.set_user_attr("record", record.to_json())
        self._finish(asked.number, record)

    def report(self, asked: Asked, rung: int, validation_score: float) -> float | None:
        """Report a score at a rung; what it would have needed there if the trial is to end, else None."""
        if not self.prunes:
            return None
        factor = self._run.space.ladder.reduction_factor
        step = factor**rung
        asked.trial.report(validation_score, step)
        if not asked.trial.should_prune():
            return None
        reached = sorted(
            (t.intermediate_values[step] for t in self.trials() if step in t.intermediate_values),
            reverse=True,
        )
        return reached[max(0, len(reached) // factor - 1)]

    def duplicate(self, asked: Asked, candidate: Candidate | None = None) -> TrialRecord | None:
        """The result of an earlier trial of the same candidate, waiting for it if it is running now.

        Args:
            asked: the trial.
            candidate: of it, if that is not the one it was asked with.
        """
        digest = (candidate or asked.candidate).digest
        while True:
            earlier = [
                trial
                for trial in self.trials()
                if trial.number < asked.number and trial.user_attrs.get("digest") == digest
            ]
            for trial in earlier:
                if trial.state in _FINISHED and not stale.is_stale(trial):
                    if "record" not in trial.user_attrs:  # its line was damaged
                        continue
                    record = TrialRecord.from_json(trial.user_attrs["record"])
                    if record.outcome.kind not in ("failed", "cut"):  # another time it may get to its end
                        return record
            if not any(trial.state == TrialState.RUNNING for trial in earlier):
                return None
            time.sleep(_POLL_SECONDS)

    # --- after a death -------------------------------------------------------------------------------------

    def fail_stale_trials(self, worker: str | None = None) -> int:
        """Close trials whose worker is gone: adopt a stored record, fail the rest.

        Args:
            worker: whose trials; None for all that run, when no worker is alive.

        Returns:
            How many were failed; they do not count, and what was drawn for them is drawn again.
        """
        failed = 0
        for trial in self.trials(TrialState.RUNNING):
            if worker is not None and trial.user_attrs.get("worker") != worker:
                continue
            stored = trial.user_attrs.get("record")
            if stored is not None and not stale.is_stale(trial):
                self._finish(trial.number, TrialRecord.from_json(stored))
                continue
            stale.fail(self.study, self._storage, trial)
            failed += 1
        return failed

    # --- inside --------------------------------------------------------------------------------------------

    def _finish(self, number: int, record: TrialRecord) -> None:
        state = {"failed": TrialState.FAIL, "infeasible": TrialState.PRUNED, "pruned": TrialState.PRUNED}.get(
            record.outcome.kind, TrialState.COMPLETE
        )
        found = None
        if state == TrialState.COMPLETE:
            found = values(record, self._strategy.objectives, self._run.space)
            if found is None:
                state = TrialState.PRUNED  # such as one reused from an infeasible or pruned trial
        self.study.tell(number, found, state)

    def _warm_start(self, trial: Trial) -> WarmStart | None:
        """The warm start of a trial that has a candidate; None for any other trial."""
        found = self._run.warm_starts.get(str(trial.user_attrs.get("start")))
        return None if found is None or found.candidate is None else found

    def _room(self) -> bool:
        limit = self._run.config.settings.n_trials
        return limit is None or self.n_finished() + len(self.trials(TrialState.RUNNING)) < limit

    def _trial_seed(self, study: optuna.Study, trial: FrozenTrial | Trial) -> int:
        return stale.trial_seed(self._seed, trial.number, self.trials(TrialState.FAIL))

    def _check_fingerprint(self, fingerprint: str) -> None:
        stored = self.study.user_attrs.get("space_fingerprint")
        if stored is None:
            self.study.set_user_attr("space_fingerprint", fingerprint)
        elif stored != fingerprint:
            raise RunError(
                f"The study in '{self._run.path}' was made with another search space: the fingerprint is "
                f"{stored[:12]}. Got {fingerprint[:12]}.",
                fix="give another folder with --run, or the search space it was made with.",
            )
