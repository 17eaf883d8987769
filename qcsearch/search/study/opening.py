"""Optuna's study of a run: made or loaded, without a word on the user's log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

__all__ = ["STUDY_NAME", "open_study", "quiet"]

STUDY_NAME = "search"
"""Of the one study in a run's journal."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from logging that a study was made; its level is the user's own."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


def open_study(
    storage: BaseStorage, n_objectives: int, sampler: BaseSampler, pruner: BasePruner, *, create: bool
) -> optuna.Study:
    """Load a study, or make it if it is not there.

    Args:
        storage: of the run.
        n_objectives: the first is maximised, the others, which are costs, are minimised.
        sampler: of the strategy.
        pruner: of the strategy.
        create: make the study if it is not there (the parent does, workers do not).
    """
    if not create:
        return optuna.load_study(study_name=STUDY_NAME, storage=storage, sampler=sampler, pruner=pruner)
    costs = [StudyDirection.MINIMIZE] * (n_objectives - 1)
    with quiet():
        return optuna.create_study(
            study_name=STUDY_NAME,
            storage=storage,
            directions=[StudyDirection.MAXIMIZE, *costs],
            sampler=sampler,
            pruner=pruner,
            load_if_exists=True,
        )
