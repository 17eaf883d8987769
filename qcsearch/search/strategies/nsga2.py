"""NSGA-II: a front of candidates between validation accuracy and two-qubit gates."""

from __future__ import annotations

from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler, NSGAIISampler

from qcsearch.search.ladder import Ladder
from qcsearch.search.strategies.base import STRATEGIES

__all__ = ["NSGA2"]


@STRATEGIES.register("nsga2")
class NSGA2:
    """Genetic search of two objectives; every trial is trained to its end.

    Args:
        population_size: trials a generation.
        crossover_prob: probability that a child has two parents.
        swapping_prob: probability to swap each parameter between them.
    """

    objectives = ("validation_accuracy", "two_qubit_gates")

    def __init__(
        self, population_size: int = 20, crossover_prob: float = 0.9, swapping_prob: float = 0.5
    ) -> None:
        self.population_size = population_size
        self.crossover_prob = crossover_prob
        self.swapping_prob = swapping_prob

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
