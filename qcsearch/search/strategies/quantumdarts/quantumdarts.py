"""QuantumDARTS: a differentiable search, in which the choice of every gate is trained together with its angle."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies.base import STRATEGIES, Proposal, StrategyContext
from qcsearch.search.strategies.ingredients.genes import check_encodings, check_trained_heads
from qcsearch.search.strategies.quantumdarts.settings import QuantumDARTSSettings

__all__ = ["QuantumDARTSSearch"]


@STRATEGIES.register("quantumdarts")
@dataclass(frozen=True)
class QuantumDARTSSearch(QuantumDARTSSettings):
    """Each trial is one whole differentiable search.

    After Wu et al., *QuantumDARTS*, ICML 2023: each placeholder holds logits over its gates, a Gumbel-softmax sample
    makes the circuit of a step, and logits and angles are trained together, here noise-free. The gradient by a choice
    is straight-through (Jang, Gu, Poole 2017, arXiv 1611.01144): the circuit runs the sampled gates, the logits get
    the gradient of the relaxed choice. The likeliest circuit goes on from its angles to the training; one that breaks a
    constraint is replaced by a sampled one. No code of the authors was found: gates, temperatures and step sizes are
    ours. `n_layers` is the number of layers; everything but the circuit is drawn from the space.
    """

    objectives = ("validation_score",)

    def sampler(self, seed: int) -> BaseSampler:
        """What of the space a circuit generator takes is drawn at random."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving of the trainings."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """See `CircuitGenerator`."""
        check_encodings("quantumdarts", space)
        check_trained_heads("quantumdarts", space)

    def propose(self, context: StrategyContext) -> Proposal:
        """The likeliest circuit after the search, with its angles."""
        from qcsearch.search.strategies.quantumdarts.differentiable import DifferentiableSearch

        search = DifferentiableSearch(self, context)
        for step in range(self.steps):
            search.step(step)
            if context.late():
                break
        return search.proposal()
