"""QuantumNAS: a SuperCircuit whose angles all circuits share, evolution under noise, training, pruning."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies.base import STRATEGIES, Proposal, StrategyContext
from qcsearch.search.strategies.ingredients.evolution import Evolution
from qcsearch.search.strategies.ingredients.genes import Gene, LayerSpace, check_layered, check_trained_heads

if TYPE_CHECKING:
    from qcsearch.search.strategies.ingredients.shared import SharedWeights
    from qcsearch.search.strategies.ingredients.training_task import TrainingTask

__all__ = ["QuantumNASSearch"]

_TRAINED, _EVOLVED = 0.4, 0.8
"""Shares of the time, if it is limited, by which the SuperCircuit is trained, and the evolution done."""


@STRATEGIES.register("quantumnas")
@dataclass(frozen=True)
class QuantumNASSearch:
    """Each trial is one whole search by QuantumNAS.

    Wang et al., HPCA 2022 (arXiv 2107.10845). (1) The SuperCircuit is trained without noise: each step samples a
    circuit in its front, at most `max_changes` parts away from the last one, and trains its angles alone; the
    smallest circuits that may be sampled shrink from the whole to single gates over the first half. (2) Evolution of
    circuit and layout, scored by the validation loss under the device's noise with the angles as inherited. (3) The
    best is trained from scratch, and its smallest angles are pruned step by step with fine-tuning; the trial goes on
    from the weights that validate best. `n_layers` is the number of blocks of the SuperCircuit.

    Attributes:
        evolution: its sizes.
        epochs: of the SuperCircuit's training.
        warm_up: epochs over which its step size rises, before it falls like a cosine.
        learning_rate: its largest step size.
        weight_decay: of all parameters in it.
        max_changes: parts of the gene that differ between two steps.
        n_validation: samples that a gene is scored on, at most.
        pruned: shares of the angles that are pruned, one after the other; none turns pruning off.
        tuning_rate: step size of the fine-tuning.
        tuning_steps: its steps after each pruning, as a share of the training's.
    """

    objectives = ("validation_score",)

    evolution: Evolution = field(default_factory=Evolution)
    epochs: NonNegativeInt = 200
    warm_up: NonNegativeInt = 30
    learning_rate: PositiveFloat = 5e-3
    weight_decay: NonNegativeFloat = 1e-4
    max_changes: PositiveInt = 7
    n_validation: PositiveInt = 500
    pruned: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
    tuning_rate: PositiveFloat = 2e-3
    tuning_steps: NonNegativeFloat = 0.25

    def sampler(self, seed: int) -> BaseSampler:
        """What of the space a circuit generator takes is drawn at random."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving of the trainings."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """See `CircuitGenerator`."""
        check_layered("quantumnas", space)
        check_trained_heads("quantumnas", space)

    def propose(self, context: StrategyContext) -> Proposal:
        """The circuit that one search finds, with weights to start from; without any if it breaks a constraint."""
        from qcsearch.search.strategies.ingredients.shared import SharedWeights
        from qcsearch.search.strategies.ingredients.training_task import TrainingTask
        from qcsearch.search.strategies.quantumnas.pruning import train_and_prune

        rng, template = context.rng(), context.template
        regions = context.objective.bound.regions[template.n_qubits]
        space = LayerSpace(template, context.objective.device, regions)
        task = TrainingTask(context.objective, template, int(rng.integers(2**32)))
        shared = SharedWeights(task, space.n_weights, template.training.init_scale, rng)
        self._train(space, task, shared, context, rng)
        gene, loss, n_scored = self._evolve(space, shared, context, rng)
        candidate = space.candidate(gene)
        if not math.isfinite(loss):
            return Proposal(candidate)
        figures = {"inherited_loss": loss, "scored": float(n_scored)}
        trained = train_and_prune(context, candidate, self.pruned, self.tuning_rate, self.tuning_steps, rng)
        return Proposal(trained.candidate, figures, trained.parameters)

    def _train(
        self,
        space: LayerSpace,
        task: TrainingTask,
        shared: SharedWeights,
        context: StrategyContext,
        rng: np.random.Generator,
    ) -> None:
        gene, epoch = space.whole(), task.steps_per_epoch
        total = self.epochs * epoch
        for step in range(total):
            smallest = max(0.0, 1.0 - 2.0 * step / total)
            gene = space.near(gene, space.random(rng, smallest), self.max_changes, rng)
            program = task.program(space.candidate(gene))
            rate = self._rate(step / epoch)
            shared.train(program, space.angles(gene), rate, step, self.weight_decay)
            if context.late(_TRAINED):
                break

    def _evolve(
        self, space: LayerSpace, shared: SharedWeights, context: StrategyContext, rng: np.random.Generator
    ) -> tuple[Gene, float, int]:
        from qcsearch.search.trial.constraints import Infeasible

        def score(gene: Gene) -> float:
            try:
                transpiled, _, _ = context.objective.transpile(space.candidate(gene))
            except Infeasible:
                return math.inf
            return shared.validate(transpiled.compile(noise=True), space.angles(gene), self.n_validation)[1]

        return self.evolution.run(space, score, lambda: context.late(_EVOLVED), rng)

    def _rate(self, epoch: float) -> float:
        """Rises in a straight line over `warm_up` epochs, then half a cosine down to 0."""
        if epoch < self.warm_up:
            return self.learning_rate * (epoch + 1) / (self.warm_up + 1)
        rest = max(1, self.epochs - self.warm_up)
        return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (epoch - self.warm_up) / rest))
