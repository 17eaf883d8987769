"""The default: a forest grown on all trials so far says which candidate is to be expected the best."""

from __future__ import annotations

from dataclasses import dataclass, field

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.search_space import IntersectionSearchSpace
from pydantic import NonNegativeInt

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.strategies.auto.forest import ForestSampler
from qcsearch.search.strategies.base import STRATEGIES, Share

__all__ = ["Auto"]


@STRATEGIES.register("auto")
@dataclass(frozen=True)
class Auto:
    """Model-based search: see `ForestSampler`. Trials are stopped early by successive halving, as those of `random`.

    Attributes:
        n_startup_trials: before them trials are drawn at random.
        parents: of how many of the best the neighbours are asked about.
        at_random: share of the trials that are drawn at random all the same, should the forest be wrong.
    """

    objectives = ("validation_score",)

    n_startup_trials: NonNegativeInt = 10
    parents: NonNegativeInt = 6
    at_random: Share = 0.15
    _common: IntersectionSearchSpace = field(
        default_factory=lambda: IntersectionSearchSpace(include_pruned=True),
        init=False,
        repr=False,
        compare=False,
    )

    def sampler(self, seed: int) -> BaseSampler:
        """See `ForestSampler`."""
        return ForestSampler(seed, self._common, self.n_startup_trials, self.parents, self.at_random)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving."""
        return ladder.pruner()
