"""A sampler that looks near the best trials: a good one's parameters with a few of them changed by one step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

__all__ = ["NeighbourSampler"]


class NeighbourSampler(BaseSampler):
    """Hands a trial to TPE, or takes one of the best trials and changes some of its parameters, or none of them.

    Args:
        seed: of the trial.
        elsewhere: TPE's sampler of the trial.
        n_startup_trials: finished trials before the first neighbour.
        parents: how many of the best may be taken, all with other parameters.
        neighbours: share of the trials that are a changed parent.
        repeats: share of the trials that are a parent unchanged.
    """

    def __init__(
        self,
        seed: int,
        elsewhere: BaseSampler,
        n_startup_trials: int,
        parents: int,
        neighbours: float,
        repeats: float,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._n_startup, self._parents = n_startup_trials, parents
        self._neighbours, self._repeats = neighbours, repeats
        self._elsewhere = elsewhere

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every parameter that TPE would draw."""
        return self._elsewhere.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """One of the best trials, changed or not; or TPE's answer."""
        best = self._best(study)
        draw = self._rng.random()
        if not search_space or draw >= self._neighbours + self._repeats or len(best) == 0:
            return self._elsewhere.sample_relative(study, trial, search_space)
        parent = best[self._rng.integers(len(best))].params
        if not search_space.keys() <= parent.keys():
            return self._elsewhere.sample_relative(study, trial, search_space)
        known = {name: parent[name] for name in search_space}
        return known if draw < self._repeats else self._changed(known, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """TPE's answer."""
        return self._elsewhere.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Tell TPE, which notes the constraints."""
        self._elsewhere.after_trial(study, trial, state, values)

    def _best(self, study: Study) -> list[FrozenTrial]:
        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(done) < self._n_startup / 2:
            return []
        found: list[FrozenTrial] = []
        for trial in sorted(done, key=_merit):
            if len(found) < self._parents and all(trial.params != other.params for other in found):
                found.append(trial)
        return found

    def _changed(self, params: dict[str, Any], space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """One parameter or two, seldom three, changed."""
        free = [name for name, distribution in space.items() if not distribution.single()]
        count = min(len(free), 1 + int(self._rng.binomial(2, 1 / 3)))
        changed = dict(params)
        for name in self._rng.choice(free, size=count, replace=False).tolist():
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


def _merit(trial: FrozenTrial) -> tuple[float, int, int]:
    """The best trial first; of equals that with fewer two-qubit gates."""
    costs = trial.user_attrs.get("record", {}).get("costs") or {}
    assert trial.value is not None  # it is complete
    return -trial.value, costs.get("two_qubit_gates", 0), trial.number
