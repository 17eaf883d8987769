"""A sampler that asks a forest, grown on all trials so far, which of many candidates promises most.

Sequential model-based search with a random forest, for spaces of mostly categories: F. Hutter, H. Hoos, K.
Leyton-Brown, *Sequential Model-Based Optimization for General Algorithm Configuration*, LION 5 (2011), 507. How far a
trial was trained is one more column, so that those which ended at a rung teach the forest too; it is asked for
trainings to the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from qcsearch.search.strategies.auto.seen import Seen

__all__ = ["ForestSampler"]

Floats = NDArray[np.float64]
Params = dict[str, Any]
Space = dict[str, BaseDistribution]

_TREES = 30
_DRAWN = 300
"""Candidates that are drawn at random to be asked about."""

_NEAR = 20
"""Neighbours of each parent that are asked about."""

_HOPE = 0.5
"""Standard deviations over the trees by which a candidate may be better than their mean."""


class ForestSampler(BaseSampler):
    """Draws at random, or takes the candidate with the lowest confidence bound.

    Args:
        seed: of the trial.
        common: the parameters of all trials of the study, kept up to date.
        n_startup_trials: finished trials before the forest is asked.
        parents: of how many of the best neighbours are asked about too.
        at_random: share of the trials that are drawn at random all the same.
    """

    def __init__(
        self,
        seed: int,
        common: IntersectionSearchSpace,
        n_startup_trials: int,
        parents: int,
        at_random: float,
    ) -> None:
        self._rng, self._seed = np.random.default_rng(seed), seed
        self._common, self._random = common, RandomSampler(seed=seed)
        self._n_startup, self._parents, self._at_random = n_startup_trials, parents, at_random

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> Space:
        """All parameters that have more than one value."""
        common = self._common.calculate(study, use_cache=True)
        return {name: values for name, values in common.items() if not values.single()}

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: Space) -> Params:
        """The candidate of which the forest expects most; nothing, so that all is drawn, for some of the trials."""
        if not search_space or self._rng.random() < self._at_random:
            return {}
        seen = Seen.of(study.get_trials(deepcopy=False), search_space)
        if seen.n_finished < self._n_startup:
            return {}
        return self._most_promising(seen, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A random value."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Nothing: what is known is in the study."""

    def _most_promising(self, seen: Seen, space: Space) -> Params:
        from sklearn.ensemble import ExtraTreesRegressor

        forest = ExtraTreesRegressor(_TREES, min_samples_leaf=2, random_state=self._seed % 2**32)
        forest.fit(_encoded(seen.params, seen.progress, space), seen.ranks)
        asked = [self._drawn(space) for _ in range(_DRAWN)]
        for parent in seen.best(self._parents):
            asked += [self._changed(parent, space) for _ in range(_NEAR)]
        tried = {tuple(params.values()) for params in seen.params}
        asked = [params for params in asked if tuple(params[name] for name in space) not in tried] or asked
        rows = _encoded(asked, np.ones(len(asked)), space).astype(np.float32)  # as the trees keep them
        said = np.array([tree.predict(rows) for tree in forest.estimators_])
        return asked[int(np.argmin(said.mean(axis=0) - _HOPE * said.std(axis=0)))]

    def _drawn(self, space: Space) -> Params:
        return {name: self._value(values) for name, values in space.items()}

    def _value(self, distribution: BaseDistribution) -> Any:
        if isinstance(distribution, CategoricalDistribution):
            return distribution.choices[self._rng.integers(len(distribution.choices))]
        if isinstance(distribution, IntDistribution):
            steps = (distribution.high - distribution.low) // distribution.step
            return distribution.low + distribution.step * int(self._rng.integers(steps + 1))
        assert isinstance(distribution, FloatDistribution)
        low, high = distribution.low, distribution.high
        if distribution.log:
            drawn = math.exp(self._rng.uniform(math.log(low), math.log(high)))
            return min(max(drawn, low), high)
        return float(self._rng.uniform(low, high))

    def _changed(self, params: Params, space: Space) -> Params:
        """One parameter or two, seldom three, changed."""
        count = min(len(space), 1 + int(self._rng.binomial(2, 1 / 3)))
        changed = {name: params[name] for name in space}
        for name in self._rng.choice(list(space), size=count, replace=False).tolist():
            changed[name] = self._step(params[name], space[name])
        return changed

    def _step(self, value: Any, distribution: BaseDistribution) -> Any:
        """Another choice; a whole number one or two steps away; a number up to a factor of about two away."""
        if isinstance(distribution, CategoricalDistribution):
            others = [choice for choice in distribution.choices if choice != value]
            return others[self._rng.integers(len(others))]
        if isinstance(distribution, IntDistribution):
            away = int(self._rng.choice([-2, -1, 1, 2], p=[0.15, 0.35, 0.35, 0.15])) * distribution.step
            moved = min(max(value + away, distribution.low), distribution.high)
            return moved if moved != value else min(max(value - away, distribution.low), distribution.high)
        assert isinstance(distribution, FloatDistribution)
        moved = float(value) * math.exp(self._rng.normal(scale=0.5))
        return min(max(moved, distribution.low), distribution.high)


def _encoded(params: Sequence[Params], progress: Floats, space: Space) -> Floats:
    """A row each: how far it was trained, a one for each choice, numbers as they were drawn."""
    columns: list[Any] = [np.log(progress)]
    for name, distribution in space.items():
        values = [one[name] for one in params]
        if isinstance(distribution, CategoricalDistribution):
            columns += [[float(value == choice) for value in values] for choice in distribution.choices]
        else:
            log = isinstance(distribution, FloatDistribution) and distribution.log
            columns.append(np.log(values) if log else np.array(values, float))
    return np.column_stack(columns)
