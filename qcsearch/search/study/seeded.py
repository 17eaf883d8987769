"""A sampler with a seed of its own for every trial: a resumed study draws what an unbroken one draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

__all__ = ["SeededSampler"]


class SeededSampler(BaseSampler):
    """Hands each trial to a fresh sampler.

    Args:
        build: from a seed to a sampler.
        seed_of: from a study and one of its trials to that trial's seed.
    """

    def __init__(
        self, build: Callable[[int], BaseSampler], seed_of: Callable[[Study, FrozenTrial], int]
    ) -> None:
        self._build = build
        self._seed_of = seed_of
        self._sampler = build(0)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Build this trial's sampler."""
        self._sampler = self._build(self._seed_of(study, trial))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Ask this trial's sampler."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Ask this trial's sampler."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Ask this trial's sampler."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Tell this trial's sampler."""
        self._sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Leave the seeds as they are: they belong to the trials."""
