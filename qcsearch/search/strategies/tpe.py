"""Tree-structured Parzen estimator: candidates where the good trials so far are denser than the bad ones."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial
from pydantic import NonNegativeInt, PositiveInt

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.strategies.base import STRATEGIES

__all__ = ["TPE"]


@STRATEGIES.register("tpe")
class TPE:
    """Multivariate TPE, constraints taken into account, with successive halving.

    Args:
        n_startup_trials: random trials before the first estimate.
        n_ei_candidates: samples of which the most promising is taken.
    """

    objectives = ("validation_score",)

    def __init__(self, n_startup_trials: NonNegativeInt = 10, n_ei_candidates: PositiveInt = 24) -> None:
        self.n_startup_trials = n_startup_trials
        self.n_ei_candidates = n_ei_candidates
        self._common = IntersectionSearchSpace(include_pruned=True)

    def sampler(self, seed: int) -> BaseSampler:
        """Optuna's sampler with every argument that matters written out."""
        return _Sampler(
            self._common,
            n_startup_trials=self.n_startup_trials,
            n_ei_candidates=self.n_ei_candidates,
            multivariate=True,
            group=False,
            constant_liar=True,
            seed=seed,
        )

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving."""
        return ladder.pruner()


class _Sampler(TPESampler):
    """Optuna's sampler of one trial; what all trials of the study have in common outlives it.

    Compared anew for each of a thousand trials, their parameters would take longer than all else it does.

    Args:
        common: the parameters of all trials of the study, kept up to date.
        settings: of Optuna's sampler.
    """

    def __init__(self, common: IntersectionSearchSpace, **settings: Any) -> None:
        super().__init__(**settings)
        self._common = common

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that are drawn together: those of all trials that have more than one value."""
        common = self._common.calculate(study, use_cache=True)
        return {name: values for name, values in common.items() if not values.single()}
