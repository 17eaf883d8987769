"""NSGA-II: a front of candidates between validation accuracy and what a prediction costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler, NSGAIISampler
from pydantic import PositiveInt

from qcsearch.errors import SpaceError
from qcsearch.search.space.ladder import Ladder
from qcsearch.search.strategies.base import STRATEGIES, Share

if TYPE_CHECKING:
    from qcsearch.search.space.space import SearchSpace

__all__ = ["NSGA2"]


@STRATEGIES.register("nsga2")
class NSGA2:
    """Genetic search of several objectives; every trial is trained to its end.

    Args:
        population_size: trials a generation.
        crossover_prob: probability that a child has two parents.
        swapping_prob: probability to swap each parameter between them.
        objectives: `validation_score`, which is maximised, then costs, which are minimised: `two_qubit_gates`,
            `parameters`, `qpu_seconds`, `depth`, `duration`, …; and predictors of the space, the better way.

    Raises:
        SpaceError: if the first is another, or one stands twice.
    """

    def __init__(
        self,
        population_size: PositiveInt = 20,
        crossover_prob: Share = 0.9,
        swapping_prob: Share = 0.5,
        objectives: Sequence[str] = ("validation_score", "two_qubit_gates", "qpu_seconds"),
    ) -> None:
        if tuple(objectives[:1]) != ("validation_score",) or len(set(objectives)) < len(objectives):
            raise SpaceError(
                "The 'objectives' of nsga2 must be validation_score and then others, each once. "
                f"Got {list(objectives)}."
            )
        self.objectives = tuple(objectives)
        self.population_size = population_size
        self.crossover_prob = crossover_prob
        self.swapping_prob = swapping_prob

    def check(self, space: SearchSpace) -> None:
        """Refuse objectives that the trials of a space do not have."""
        from qcsearch.search.study.objectives import check_objectives

        check_objectives(self.objectives, space)

    def sampler(self, seed: int) -> BaseSampler:
        """Optuna's sampler; `mutation_prob=None` is one over the number of parameters."""
        return NSGAIISampler(
            population_size=self.population_size,
            mutation_prob=None,
            crossover_prob=self.crossover_prob,
            swapping_prob=self.swapping_prob,
            seed=seed,
        )

    def pruner(self, ladder: Ladder) -> BasePruner:
        """None: Optuna cannot stop the trials of several objectives early."""
        return NopPruner()
