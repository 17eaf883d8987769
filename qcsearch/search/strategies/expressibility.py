"""Expressibility search: a genetic search for circuits whose states are spread most evenly, without training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies.base import STRATEGIES, Proposal, StrategyContext
from qcsearch.search.strategies.ingredients.evolution import Evolution
from qcsearch.search.strategies.ingredients.genes import Gene, LayerSpace, check_layered

__all__ = ["ExpressibilitySearch"]


@STRATEGIES.register("expressibility")
@dataclass(frozen=True)
class ExpressibilitySearch:
    """Each trial is one genetic search for the least expressibility (the divergence from Haar); its best is trained.

    Entropy 28(3), 330 (2026): the genes of QuantumNAS, 1,210 of them, scored by the noise-free expressibility from
    200 pairs of random weights in 75 bins. Genes are numbers of gates and blocks and the layout; `n_layers` is the
    number of blocks at most. Everything else is drawn from the space.

    Attributes:
        evolution: its sizes.
    """

    objectives = ("validation_score",)

    evolution: Evolution = field(default_factory=Evolution)

    def sampler(self, seed: int) -> BaseSampler:
        """What of the space a circuit generator takes is drawn at random."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving of the trainings."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """See `CircuitGenerator`."""
        check_layered("expressibility", space)

    def propose(self, context: StrategyContext) -> Proposal:
        """The circuit of the gene with the least expressibility of those that keep all constraints."""
        from qcsearch.search.predictors.expressibility import Expressibility
        from qcsearch.search.trial.constraints import Infeasible

        objective, expressibility = context.objective, Expressibility()
        regions = objective.bound.regions[context.template.n_qubits]
        space = LayerSpace(context.template, objective.device, regions)

        def score(gene: Gene) -> float:
            try:
                transpiled, _, _ = objective.transpile(space.candidate(gene))
            except Infeasible:
                return math.inf
            return expressibility(objective.predictor_input(transpiled))

        gene, least, _ = self.evolution.run(space, score, context.late, context.rng())
        figures = {"expressibility": least} if math.isfinite(least) else {}
        return Proposal(space.candidate(gene), figures)
