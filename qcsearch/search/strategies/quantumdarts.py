"""QuantumDARTS: a differentiable search, in which the choice of every gate is trained together with its angle."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler
from pydantic import NonNegativeInt, PositiveFloat

from qcsearch.search.ladder import Ladder
from qcsearch.search.space import SearchSpace
from qcsearch.search.strategies.base import STRATEGIES, Brief, Proposal
from qcsearch.search.strategies.genes import check_encodings

__all__ = ["QuantumDARTSSearch"]


@STRATEGIES.register("quantumdarts")
@dataclass(frozen=True)
class QuantumDARTSSearch:
    """Each trial is one whole differentiable search.

    After Wu et al., *QuantumDARTS*, ICML 2023: each placeholder holds logits over its gates, a Gumbel-softmax sample
    makes the circuit of a step, and logits and angles are trained together, here noise-free. The gradient by a choice
    is straight-through (Jang, Gu, Poole 2017, arXiv 1611.01144): the circuit runs the sampled gates, the logits get
    the gradient of the relaxed choice. The likeliest circuit goes on from its angles to the training; one that breaks a
    constraint is replaced by a sampled one. No code of the authors was found: gates, temperatures and step sizes are
    ours. `n_layers` is the number of layers; everything but the circuit is drawn from the space.

    Attributes:
        steps: of the search.
        angle_rate: Adam's step size of angles and head.
        logit_rate: of logits.
        temperatures: of the softmax, first and last step; falls exponentially.
        micro: one cell, chosen once and repeated in every layer with angles of its own, instead of the whole circuit.
    """

    objectives = ("validation_accuracy",)

    steps: NonNegativeInt = 600
    angle_rate: PositiveFloat = 0.05
    logit_rate: PositiveFloat = 0.1
    temperatures: tuple[PositiveFloat, PositiveFloat] = (2.0, 0.2)
    micro: bool = False

    def sampler(self, seed: int) -> BaseSampler:
        """What of the space a maker takes is drawn at random."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving of the trainings."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """See `Maker`."""
        check_encodings("quantumdarts", space)

    def propose(self, brief: Brief) -> Proposal:
        """The likeliest circuit after the search, with its angles."""
        from qcsearch.search.strategies.differentiable import DifferentiableSearch

        search = DifferentiableSearch(self, brief)
        for step in range(self.steps):
            search.step(step)
            if brief.late():
                break
        return search.proposal()
