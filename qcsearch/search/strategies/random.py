"""Random search: the baseline that every other strategy has to beat."""

from __future__ import annotations

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.strategies.base import STRATEGIES

__all__ = ["Random"]


@STRATEGIES.register("random")
class Random:
    """Independent draws from the space, with successive halving."""

    objectives = ("validation_score",)

    def sampler(self, seed: int) -> BaseSampler:
        """Optuna's random sampler."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving."""
        return ladder.pruner()
