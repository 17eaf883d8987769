"""The study: exact totals, orphans swept, and a record for every trial before its score is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from qcsearch.canonical import Json
from qcsearch.circuits.candidate import Candidate
from qcsearch.errors import QCSearchError, RunError
from qcsearch.locks import locked
from qcsearch.search.journal import open_storage, repair
from qcsearch.search.objectives import values
from qcsearch.search.planted import Planted
from qcsearch.search.record import Outcome, TrialRecord
from qcsearch.search.run_folder import RunFolder
from qcsearch.search.seeded import SeededSampler
from qcsearch.search.strategies import create_strategy
from qcsearch.search.strategies.base import Brief, Maker, Proposal

if TYPE_CHECKING:
    from qcsearch.search.bound import BoundSpace
    from qcsearch.search.objective import Objective

__all__ = ["Asked", "SearchStudy", "quiet"]

WORKER_DIED = "worker died"
ATTEMPTS = 3
"""How often a trial may take its worker with it before something else is tried in its place."""

_NAME = "search"
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_EXHAUSTED_AFTER = 40
_HOPELESS_AFTER = 200
_TWIN_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Asked:
    """A trial to run.

    Attributes:
        trial: Optuna's, to report to.
        params: every parameter, those with one value included.
        candidate: what they mean; a strategy that makes candidates starts from it.
        worker: who asked.
        planted: the candidate of another run to evaluate instead, if it is one.
    """

    trial: Trial
    params: Mapping[str, Json]
    candidate: Candidate
    worker: str
    planted: Planted | None = None

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from logging that a study was made; its level is the user's own."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


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
        self._seed = config.seed
        self._strategy = create_strategy(config.strategy, config.strategy_options)
        self._read: dict[int, TrialRecord] = {}
        storage = open_storage(run.journal)
        sampler = SeededSampler(self._sampler, self._trial_seed)
        pruner = self._strategy.pruner(run.space.ladder)
        if create:
            costs = [StudyDirection.MINIMIZE for _ in self._strategy.objectives[1:]]
            with quiet():
                self.study = optuna.create_study(
                    study_name=_NAME,
                    storage=storage,
                    directions=[StudyDirection.MAXIMIZE, *costs],
                    sampler=sampler,
                    pruner=pruner,
                    load_if_exists=True,
                )
        else:
            self.study = optuna.load_study(study_name=_NAME, storage=storage, sampler=sampler, pruner=pruner)
        self._check_fingerprint(config.space_fingerprint)

    @classmethod
    def of(cls, run: RunFolder) -> tuple[SearchStudy, str | None]:
        """The study of a run that is begun or gone on with, and a sentence if its journal had to be repaired.

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
        notice = repair(run.journal, _NAME)
        return cls(run, create=True), notice

    @property
    def prunes(self) -> bool:
        """Whether trials may be stopped early; those of several objectives may not, nor those of a tuning."""
        return len(self._strategy.objectives) == 1 and not self._run.config.tuned

    # --- what there is -------------------------------------------------------------------------------------

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """The trials in these states, all without any; do not change them."""
        return self.study.get_trials(deepcopy=False, states=states or None)

    def records(self, skip: Container[int] = ()) -> list[TrialRecord]:
        """The records of all finished trials but those in `skip`, orphans left out, by number."""
        return [
            self._record(trial)
            for trial in self.trials(*_FINISHED)
            if trial.number not in skip and "record" in trial.user_attrs and "orphan" not in trial.user_attrs
        ]

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        """The record of a finished trial, which does not change any more."""
        if trial.number not in self._read:
            self._read[trial.number] = TrialRecord.from_json(trial.user_attrs["record"])
        return self._read[trial.number]

    def n_finished(self) -> int:
        """Number of finished trials; those whose worker died do not count."""
        return sum("orphan" not in trial.user_attrs for trial in self.trials(*_FINISHED))

    def ended(self) -> str | None:
        """Why there is no use in another trial, None if there is."""
        limit = self._run.config.n_trials
        if limit is not None and self.n_finished() >= limit:
            return "trials"
        kinds = [
            trial.user_attrs["record"]["outcome"]["kind"]
            for trial in self.trials(*_FINISHED)
            if "record" in trial.user_attrs and "orphan" not in trial.user_attrs
        ]
        if len(kinds) >= _HOPELESS_AFTER and set(kinds) <= {"infeasible", "failed", "reused"}:
            return "hopeless"
        last = kinds[-_EXHAUSTED_AFTER:]
        return "exhausted" if len(last) == _EXHAUSTED_AFTER and set(last) == {"reused"} else None

    # --- asking and telling --------------------------------------------------------------------------------

    def enqueue_starts(self, bound: Callable[[], BoundSpace]) -> None:
        """Put what is planted, then the space's start points, into the queue, each once in the life of the study.

        A tuning tries what is planted and nothing else.

        Args:
            bound: called if there is one to put.
        """
        known = {trial.user_attrs.get("start") for trial in self.trials()}
        points: dict[str | int, Mapping[str, Json]]
        points = {key: planted.params for key, planted in self._run.planted.items()}
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
            candidate, planted = bound.candidate(params), self._planted(trial)
            if planted is None and not isinstance(self._strategy, Maker):
                trial.set_user_attr("digest", candidate.digest)
            return Asked(trial, params, candidate, worker, planted)

    def propose(self, asked: Asked, objective: Objective, until: float | None = None) -> Proposal:
        """What to train in a trial: the candidate that was drawn or planted, or what the strategy makes of it.

        Args:
            asked: the trial.
            objective: for the strategy to look at candidates with.
            until: in seconds of `time.monotonic`, when a strategy that makes candidates must be done.
        """
        if asked.planted is not None:
            from qcsearch.search.moving import grow

            proposal = grow(asked.planted, objective)
        elif isinstance(self._strategy, Maker) and objective.can_prepare(asked.candidate):
            seed = self._trial_seed(self.study, asked.trial)
            brief = Brief(objective, asked.params, asked.candidate, seed, until, self.records)
            proposal = self._strategy.propose(brief)
        else:
            return Proposal(asked.candidate)
        asked.trial.set_user_attr("digest", proposal.candidate.digest)
        return proposal

    def tell(self, asked: Asked, record: TrialRecord) -> None:
        """Store the record, then the score: a trial that counts as finished always has its record."""
        for name, amount in record.constraints.items():
            if amount > 0:
                asked.trial.set_constraint(name, amount)
        asked.trial.set_user_attr("record", record.to_json())
        self._finish(asked.number, record)

    def report(self, asked: Asked, rung: int, validation_accuracy: float) -> float | None:
        """Report an accuracy at a rung; what it would have needed there if the trial is to end, else None."""
        if not self.prunes:
            return None
        factor = self._run.space.ladder.reduction_factor
        step = factor**rung
        asked.trial.report(validation_accuracy, step)
        if not asked.trial.should_prune():
            return None
        reached = sorted(
            (t.intermediate_values[step] for t in self.trials() if step in t.intermediate_values),
            reverse=True,
        )
        return reached[max(0, len(reached) // factor - 1)]

    def twin(self, asked: Asked, candidate: Candidate | None = None) -> TrialRecord | None:
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
                if trial.state in _FINISHED and "orphan" not in trial.user_attrs:
                    if "record" not in trial.user_attrs:  # its line was damaged
                        continue
                    record = TrialRecord.from_json(trial.user_attrs["record"])
                    if record.outcome.kind not in ("failed", "cut"):  # another time it may get to its end
                        return record
            if not any(trial.state == TrialState.RUNNING for trial in earlier):
                return None
            time.sleep(_TWIN_POLL_SECONDS)

    # --- after a death -------------------------------------------------------------------------------------

    def sweep(self, worker: str | None = None) -> int:
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
            if stored is not None and "orphan" not in trial.user_attrs:
                self._finish(trial.number, TrialRecord.from_json(stored))
                continue
            self._fail_orphan(trial)
            failed += 1
        return failed

    def _fail_orphan(self, trial: FrozenTrial) -> None:
        """Fail a trial; a start point goes back into the queue, once."""
        start, attempt = trial.user_attrs.get("start"), trial.user_attrs.get("attempt", 1)
        retried = {other.user_attrs.get("retry_of") for other in self.trials()}
        if start is not None and trial.number not in retried and attempt < ATTEMPTS:
            self.study.enqueue_trial(
                trial.system_attrs["fixed_params"],
                user_attrs={"start": start, "retry_of": trial.number, "attempt": attempt + 1},
            )
        worker = str(trial.user_attrs.get("worker", ""))
        outcome = Outcome(
            "failed", f"The process that ran it ended before it did: {WORKER_DIED}.", error=WORKER_DIED
        )
        record = TrialRecord(trial.number, None, dict(trial.params), outcome, worker=worker)
        storage = self.study._storage  # a trial of a dead worker has no Trial object any more
        storage.set_trial_user_attr(trial._trial_id, "orphan", True)
        storage.set_trial_user_attr(trial._trial_id, "record", record.to_json())
        self.study.tell(trial.number, state=TrialState.FAIL)

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

    def _planted(self, trial: Trial) -> Planted | None:
        """The candidate that was planted for a trial, if one was."""
        found = self._run.planted.get(str(trial.user_attrs.get("start")))
        return None if found is None or found.candidate is None else found

    def _room(self) -> bool:
        limit = self._run.config.n_trials
        return limit is None or self.n_finished() + len(self.trials(TrialState.RUNNING)) < limit

    def _sampler(self, seed: int) -> BaseSampler:
        return self._strategy.sampler(seed)

    def _trial_seed(self, study: optuna.Study, trial: FrozenTrial | Trial) -> int:
        """The strategy's seed for a trial: by its place among those that count, not by its number.

        An orphan gives its place to the next trial, which draws the same, so that a serial search tries the
        same candidates with and without interruptions; after some attempts at one place it draws something
        else, for that candidate may be what kills the workers.
        """
        orphans = sorted(t.number for t in self.trials(TrialState.FAIL) if "orphan" in t.user_attrs)
        before = [number for number in orphans if number < trial.number]
        attempts = 0
        while before and before[-1] == trial.number - attempts - 1:
            before.pop()
            attempts += 1
        place = trial.number - len([number for number in orphans if number < trial.number])
        words = [self._seed, place, attempts // ATTEMPTS]
        return int(np.random.SeedSequence(words).generate_state(1)[0])

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
