"""Quantum architecture search with supernets: random circuits that share angles, then a ranking of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler
from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.ansatze.base import pairs
from qcsearch.devices.selection.regions import topology
from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies.base import STRATEGIES, Proposal, StrategyContext
from qcsearch.search.strategies.ingredients.genes import check_encodings, check_trained_heads

if TYPE_CHECKING:
    from qcsearch.search.strategies.ingredients.shared import SharedWeights
    from qcsearch.simulation import Program

__all__ = ["Architecture", "ArchitectureSpace", "SupernetSearch"]

_AXES = ("rx", "ry", "rz")
_TRAINED = 0.5
"""Share of the time, if it is limited, by which the supernets are trained."""


@dataclass(frozen=True)
class Architecture:
    """One circuit, layer by layer.

    Attributes:
        axes: of each layer the axis of the rotation on each qubit, 0 1 2 for x y z.
        entanglers: of each layer whether the cx on each coupling is there.
    """

    axes: tuple[tuple[int, ...], ...]
    entanglers: tuple[tuple[bool, ...], ...]


class ArchitectureSpace:
    """Layers of one rotation on each qubit and a subset of the couplings' cx, behind a template's encoding.

    An angle is shared by all circuits with the same axes on all qubits of the layer: its number follows from layer,
    axes and qubit.

    Args:
        template: everything but the ansatz.
        couplings: its logical qubits and their couplings.
        n_layers: how many.
    """

    def __init__(self, template: Candidate, couplings: Topology, n_layers: int) -> None:
        self._template, self._n_qubits, self._n_layers = template, couplings.n_qubits, n_layers
        self._pairs = pairs(couplings, ring=False)

    @property
    def n_angles(self) -> int:
        """Angles that all circuits share."""
        return int(self._n_layers * len(_AXES) ** self._n_qubits * self._n_qubits)

    def random(self, rng: np.random.Generator) -> Architecture:
        """A circuit, evenly."""
        axes = rng.integers(len(_AXES), size=(self._n_layers, self._n_qubits))
        entanglers = rng.integers(2, size=(self._n_layers, len(self._pairs))).astype(bool)
        return Architecture(tuple(map(tuple, axes.tolist())), tuple(map(tuple, entanglers.tolist())))

    def candidate(self, architecture: Architecture) -> Candidate:
        """The circuit as a candidate."""
        gates = [gate.to_json() for gate in self._gates(architecture)]
        return replace(self._template, ansatz=Choice("gates", {"gates": gates}))

    def numbers(self, architecture: Architecture) -> NDArray[np.int64]:
        """For each weight of the circuit the number of its shared angle."""
        base = len(_AXES)
        words = [sum(axis * base**q for q, axis in enumerate(axes)) for axes in architecture.axes]
        firsts = [(layer * base**self._n_qubits + word) * self._n_qubits for layer, word in enumerate(words)]
        return (np.array(firsts, dtype=np.int64)[:, None] + np.arange(self._n_qubits)).ravel()

    def _gates(self, architecture: Architecture) -> Iterator[Gate]:
        for layer, (axes, there) in enumerate(zip(architecture.axes, architecture.entanglers, strict=True)):
            for q, axis in enumerate(axes):
                yield Gate(_AXES[axis], (q,), Angle(weight=layer * self._n_qubits + q))
            for pair, present in zip(self._pairs, there, strict=True):
                if present:
                    yield Gate("cx", pair)


@STRATEGIES.register("supernet")
@dataclass(frozen=True)
class SupernetSearch:
    """Each trial is one whole search with supernets.

    Du et al., npj Quantum Inf. 8, 62 (2022). In each step a random circuit is drawn and its angles are trained, in the
    first half those of a random supernet, then those of the one with the least loss. Random circuits are then ranked
    by the validation score of their best supernet, and the first is trained from scratch. Training and ranking are
    under the device's noise, if the training of the space is. Circuits are `n_layers` layers of an rx, ry or rz on
    each qubit and a subset of the couplings' cx; everything else is drawn from the space.

    Attributes:
        supernets: sets of shared angles.
        steps: of their training.
        learning_rate: of Adam.
        ranked: circuits that are ranked.
    """

    objectives = ("validation_score",)

    supernets: PositiveInt = 5
    steps: NonNegativeInt = 400
    learning_rate: PositiveFloat = 0.05
    ranked: PositiveInt = 500

    def sampler(self, seed: int) -> BaseSampler:
        """What of the space a circuit generator takes is drawn at random."""
        return RandomSampler(seed=seed)

    def pruner(self, ladder: Ladder) -> BasePruner:
        """Successive halving of the trainings."""
        return ladder.pruner()

    def check(self, space: SearchSpace) -> None:
        """See `CircuitGenerator`."""
        check_encodings("supernet", space)
        check_trained_heads("supernet", space)

    def propose(self, context: StrategyContext) -> Proposal:
        """The circuit ranked first; where none keeps all constraints, any one."""
        rng = context.rng()
        search = _Search(self, context, rng)
        for step in range(self.steps):
            search.train(step)
            if context.late(_TRAINED):
                break
        best: tuple[float, Proposal] | None = None
        for _ in range(self.ranked):
            found = search.rank()
            if found is not None and (best is None or found[0] > best[0]):
                best = found[0], Proposal(found[1], {"inherited_score": found[0]})
            if context.late():
                break
        return Proposal(search.any()) if best is None else best[1]


class _Search:
    """The supernets of one trial."""

    def __init__(self, settings: SupernetSearch, context: StrategyContext, rng: np.random.Generator) -> None:
        from qcsearch.search.strategies.ingredients.shared import SharedWeights
        from qcsearch.search.strategies.ingredients.training_task import TrainingTask

        self._settings, self._objective, self._rng = settings, context.objective, rng
        couplings = topology(context.objective.device, context.template.qubits)
        n_layers = int(context.params["n_layers"])
        self._space = ArchitectureSpace(context.template, couplings, n_layers)
        task = TrainingTask(context.objective, context.template, int(rng.integers(2**32)))
        scale = context.template.training.init_scale
        self._supernets = [
            SharedWeights(task, self._space.n_angles, scale, rng) for _ in range(settings.supernets)
        ]

    def any(self) -> Candidate:
        """A random circuit."""
        return self._space.candidate(self._space.random(self._rng))

    def train(self, step: int) -> None:
        """One step on a random circuit; none if it breaks a constraint."""
        architecture = self._space.random(self._rng)
        program = self._program(self._space.candidate(architecture))
        if program is None:
            return
        numbers = self._space.numbers(architecture)
        self._chosen(step, program, numbers).train(program, numbers, self._settings.learning_rate, step)

    def rank(self) -> tuple[float, Candidate] | None:
        """A random circuit and its best validation score; None if it breaks a constraint."""
        architecture = self._space.random(self._rng)
        candidate, numbers = self._space.candidate(architecture), self._space.numbers(architecture)
        program = self._program(candidate)
        if program is None:
            return None
        return max(supernet.validate(program, numbers)[0] for supernet in self._supernets), candidate

    def _chosen(self, step: int, program: Program, numbers: NDArray[np.int64]) -> SharedWeights:
        if step < self._settings.steps // 2:
            return self._supernets[self._rng.integers(len(self._supernets))]
        return min(self._supernets, key=lambda supernet: supernet.loss(program, numbers, step))

    def _program(self, candidate: Candidate) -> Program | None:
        from qcsearch.search.trial.constraints import Infeasible

        try:
            transpiled, _, _ = self._objective.transpile(candidate)
        except Infeasible:
            return None
        return transpiled.compile(candidate.training.noise)
