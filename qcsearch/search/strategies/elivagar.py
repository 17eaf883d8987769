"""Élivágar: many circuits drawn from the calibration, scored without training; the best of a pool is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy.special import softmax

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.input_layers import make_input_layer
from qcsearch.devices.selection.regions import topology
from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies.base import STRATEGIES, Proposal, Share, StrategyContext
from qcsearch.search.strategies.ingredients.native import (
    NativeGates,
    choose_measured,
    draw_gates,
    draw_regions,
    embed,
)
from qcsearch.training.heads import n_head_parameters

if TYPE_CHECKING:
    from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["Elivagar"]

_WEIGHTS_PER_QUBIT = 2
"""Trainable angles of a qubit in each of the space's layers."""


@STRATEGIES.register("elivagar")
@dataclass(frozen=True)
class Elivagar:
    """Each trial draws a pool of circuits, rejects the noise-prone, and trains the one that promises most.

    Anagolum et al., ASPLOS 2024 (arXiv 2401.09393): `score = CNR^0.25 · RepCap`, the second factor for the better
    part by the first alone. Region, gates, places of the data and measured qubits are its own; of the space it takes
    preprocessing, head, training, constraints, the scheme of observables, how many qubits and how many of them are
    measured (five at most: RepCap looks at their joint state), and the number of weights: two on each qubit for each
    of `n_layers`, no more than `max_circuit_parameters` and `max_parameters` leave.

    Attributes:
        pool: circuits of a trial.
        subgraphs: connected groups that regions are drawn from.
        temperature: of every draw by softmax.
        keep: share of the pool, the most resilient, whose RepCap is computed.
        min_cnr: below it a circuit is rejected, unless all are.
        cnr_power: of CNR in the score.
    """

    objectives = ("validation_score",)

    pool: PositiveInt = 100
    subgraphs: PositiveInt = 100
    temperature: PositiveFloat = 0.5
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5
    min_cnr: Share = 0.7
    cnr_power: NonNegativeFloat = 0.25

    def sampler(self, seed: int) -> BaseSampler:
        """What of the space a circuit generator takes is drawn at random."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving of the trainings."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """Any space will do."""

    def propose(self, context: StrategyContext) -> Proposal:
        """The best circuit of a pool, with its figures; where none keeps all constraints, any one."""
        from qcsearch.search.predictors.repcap import RepresentationalCapacity

        repcap = RepresentationalCapacity()
        scored = self._resilient(context)
        best: tuple[float, Proposal] | None = None
        for cnr, transpiled in scored:
            figure = repcap(context.objective.predictor_input(transpiled))
            score = cnr**self.cnr_power * figure
            if best is None or score > best[0]:
                figures = {"cnr": cnr, "repcap": figure, "score": score}
                best = score, Proposal(transpiled.candidate, figures)
            if context.late():
                break
        return Proposal(self._circuits(context).draw()) if best is None else best[1]

    def _resilient(self, context: StrategyContext) -> list[tuple[float, TranspiledCandidate]]:
        """The more resilient part of a pool, most resilient first; circuits that break a constraint are not in it."""
        from qcsearch.search.predictors.cnr import CliffordNoiseResilience
        from qcsearch.search.trial.constraints import Infeasible

        cnr, circuits = CliffordNoiseResilience(), self._circuits(context)
        found: list[tuple[float, TranspiledCandidate]] = []
        for _ in range(self.pool):
            try:
                transpiled, _, _ = context.objective.transpile(circuits.draw())
            except Infeasible:
                continue
            found.append((cnr(context.objective.predictor_input(transpiled)), transpiled))
            if context.late(share=0.6):
                break
        found.sort(key=lambda pair: -pair[0])
        kept = found[: math.ceil(self.keep * len(found))]
        return [pair for pair in kept if pair[0] >= self.min_cnr] or kept

    def _circuits(self, context: StrategyContext) -> _Circuits:
        return _Circuits(self, context)


class _Circuits:
    """The circuits of one trial, one after the other."""

    def __init__(self, settings: Elivagar, context: StrategyContext) -> None:
        objective, template = context.objective, context.template
        self._settings, self._context, self._rng = settings, context, context.rng()
        self._n_qubits = template.n_qubits
        n_features = objective.features.n_components(template.preprocessing)
        layer = make_input_layer(template)
        self._n_data = layer.n_outputs(n_features, self._n_qubits)
        self._n_input_layer = layer.n_parameters(n_features, self._n_qubits)
        self._limits = objective.space.file.constraints
        self._n_measured = self._measured(objective.features.target.n_outputs)
        self._regions, self._qualities = draw_regions(
            objective.device, self._n_qubits, self._n_measured, settings.subgraphs, self._rng
        )

    def draw(self) -> Candidate:
        """The next circuit."""
        from qcsearch.search.space.bound import observable_labels

        device, rng, temperature = self._context.objective.device, self._rng, self._settings.temperature
        odds = softmax(np.asarray(self._qualities) / temperature)
        qubits = self._regions[rng.choice(len(self._regions), p=odds)]
        n_angles = self._n_data + self._n_weights()
        most = n_angles if self._limits.max_two_qubit_gates is None else self._limits.max_two_qubit_gates
        native = NativeGates.of(device, qubits)
        gates = embed(draw_gates(native, self._n_qubits, n_angles, most, temperature, rng), self._n_data, rng)
        measured = choose_measured(device, qubits, self._n_measured, temperature, rng)
        scheme = str(self._context.params["observables"])
        return replace(
            self._context.template,
            encoding=Choice("none"),
            ansatz=Choice("gates", {"gates": [gate.to_json() for gate in gates]}),
            qubits=qubits,
            observables=observable_labels(scheme, measured, topology(device, qubits)),
        )

    def _n_weights(self) -> int:
        wanted = _WEIGHTS_PER_QUBIT * self._n_qubits * int(self._context.params["n_layers"])
        limits = [self._limits.max_circuit_parameters]
        if self._limits.max_parameters is not None:
            target = self._context.objective.features.target
            classical = n_head_parameters(self._context.template, target) + self._n_input_layer
            limits.append(self._limits.max_parameters - classical)
        return min(wanted, *(max(limit, 1) for limit in limits if limit is not None), wanted)

    def _measured(self, n_classes: int) -> int:
        """As the space says; if it says all, as many as the bits of a class where a bit is what is read out."""
        from qcsearch.simulation.states import MAX_STATE_QUBITS

        asked, head = self._context.params["measured"], self._context.template.head.name
        bits = max(1, (n_classes - 1).bit_length())
        wanted = int(asked) if asked != "all" else bits if head == "none" else self._n_qubits
        return min(wanted, self._n_qubits, MAX_STATE_QUBITS)
