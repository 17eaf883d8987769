"""Stale trials: those whose worker died. They are failed, do not count, and what was drawn for them is drawn again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from qcsearch.search.study.opening import STUDY_NAME
from qcsearch.search.trial.record import Outcome, TrialRecord

__all__ = ["ATTEMPTS", "WORKER_DIED", "fail", "is_stale", "trial_seed"]

WORKER_DIED = "worker died"
ATTEMPTS = 3
"""How often a trial may take its worker with it before something else is tried in its place."""

_MARK = "stale"


def is_stale(trial: FrozenTrial) -> bool:
    """Whether a trial was failed because its worker died."""
    return _MARK in trial.user_attrs


def fail(study: Study, storage: BaseStorage, trial: FrozenTrial) -> None:
    """Fail a running trial whose worker is gone; a start point goes back into the queue, once.

    Args:
        study: of the trial.
        storage: of the study: there is no `Trial` object any more that a record could be set on.
        trial: the stale one.
    """
    start, attempt = trial.user_attrs.get("start"), trial.user_attrs.get("attempt", 1)
    retried = {other.user_attrs.get("retry_of") for other in study.get_trials(deepcopy=False)}
    if start is not None and trial.number not in retried and attempt < ATTEMPTS:
        study.enqueue_trial(
            trial.system_attrs["fixed_params"],
            user_attrs={"start": start, "retry_of": trial.number, "attempt": attempt + 1},
        )
    worker = str(trial.user_attrs.get("worker", ""))
    text = f"The process that ran it ended before it did: {WORKER_DIED}."
    outcome = Outcome("failed", text, error=WORKER_DIED)
    record = TrialRecord(trial.number, None, dict(trial.params), outcome, worker=worker)
    study_id = storage.get_study_id_from_name(STUDY_NAME)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
    storage.set_trial_user_attr(trial_id, _MARK, True)
    storage.set_trial_user_attr(trial_id, "record", record.to_json())
    study.tell(trial.number, state=TrialState.FAIL)


def trial_seed(seed: int, number: int, failed: Iterable[FrozenTrial]) -> int:
    """The strategy's seed for a trial: by its place among those that count, not by its number.

    A stale trial gives its place to the next trial, which draws the same, so that a serial search tries the same
    candidates with and without interruptions; after `ATTEMPTS` at one place it draws something else, for that
    candidate may be what kills the workers.

    Args:
        seed: of the search.
        number: of the trial.
        failed: the failed trials, stale ones among them.
    """
    earlier = sorted(trial.number for trial in failed if is_stale(trial) and trial.number < number)
    just_before = 0
    while just_before < len(earlier) and earlier[-1 - just_before] == number - just_before - 1:
        just_before += 1
    words = [seed, number - len(earlier), just_before // ATTEMPTS]
    return int(np.random.SeedSequence(words).generate_state(1)[0])
