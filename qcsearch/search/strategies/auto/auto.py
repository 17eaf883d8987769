"""The default: TPE far and wide, neighbours of the best trials, and the best circuits refined gate by gate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from pydantic import NonNegativeInt, PositiveInt

from qcsearch.errors import SpaceError
from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies.auto.neighbours import NeighbourSampler
from qcsearch.search.strategies.base import STRATEGIES, Proposal, Share, StrategyContext
from qcsearch.search.strategies.tpe import TPE

__all__ = ["Auto"]


@STRATEGIES.register("auto")
@dataclass(frozen=True)
class Auto:
    """Trials of three kinds, mixed: TPE, a good trial with a parameter or two changed, a good circuit refined.

    What was tried already is not tried again: its circuit is written out gate by gate, changed a little
    (`refine`) and trained on from its parent's weights. So a space that holds no gate-by-gate circuits gets some
    near its best ones. All trials are stopped early by successive halving, as those of `tpe` are.

    Attributes:
        n_startup_trials: before them trials are drawn at random.
        parents: how many of the best are changed and refined.
        neighbours: share of the trials that change parameters of a parent.
        repeats: share of the trials that refine a parent's circuit.
    """

    objectives = ("validation_score",)

    n_startup_trials: NonNegativeInt = 10
    parents: PositiveInt = 6
    neighbours: Share = 0.4
    repeats: Share = 0.2

    def __post_init__(self) -> None:
        if self.neighbours + self.repeats > 1:
            raise SpaceError(
                "The options 'neighbours' and 'repeats' of auto must sum to ≤ 1. "
                f"Got {self.neighbours} and {self.repeats}."
            )

    def sampler(self, seed: int) -> BaseSampler:
        """See `NeighbourSampler`."""
        elsewhere = self._tpe.sampler(seed)
        startup, parents = self.n_startup_trials, self.parents
        return NeighbourSampler(seed, elsewhere, startup, parents, self.neighbours, self.repeats)

    @cached_property
    def _tpe(self) -> TPE:
        return TPE(self.n_startup_trials)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """Any space will do."""

    def propose(self, context: StrategyContext) -> Proposal:
        """The candidate that was drawn; if it was tried before, one near the best that came of it."""
        tried = [record for record in context.history() if record.params == context.params and record.trained]
        if not tried:
            return Proposal(context.template)
        from qcsearch.search.strategies.auto.refine import refine

        parent = max(tried, key=lambda record: record.merit)
        return refine(context.objective, parent, context.rng()) or Proposal(context.template)
