"""The winner's circuit with random weights and a trained head: what the training of the circuit adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.candidate.choice import Choice
from qcsearch.search.finish.baselines.base import RANDOM, TrainedCircuit, Unmeasured
from qcsearch.search.finish.baselines.training import alike, finished
from qcsearch.training.gradients import Adjoint
from qcsearch.training.heads import make_head, n_head_parameters
from qcsearch.training.loop.task import Task
from qcsearch.training.loop.trainer import TrainingControl, fit
from qcsearch.training.parameters import Parameters

if TYPE_CHECKING:
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective
    from qcsearch.training.expectations import Cotangent, Floats

__all__ = ["RandomCircuit"]


@dataclass(frozen=True)
class RandomCircuit:
    """The winner's circuit with the weights that its training began with, and a head trained on what it says.

    A fixed random circuit below a trained linear layer is a quantum extreme learning machine (Mujal et al., Adv.
    Quantum Technol. 4, 2100027 (2021)), the quantum kin of random features (Rahimi and Recht, NeurIPS 2008). The
    weights are drawn as those of every training, from the winner's own seed: what it lacks is their training alone.
    In place of a head with one parameter or none, which could not learn to read a circuit, it has a linear one.
    """

    name: str = RANDOM

    def train(self, objective: Objective, winner: Finalist, deadline: float | None) -> TrainedCircuit:
        """See `Quantum`."""
        circuit = winner.transpiled
        if not circuit.n_weights:
            raise Unmeasured("The winner's circuit has no weights.")
        data, rng = alike(objective, winner, circuit)
        weights = circuit.initial_weights(rng)
        transpiled = replace(circuit, candidate=_with_readout(circuit.candidate, data.n_classes))
        options = transpiled.candidate.training
        program = circuit.compile(options.noise)
        values = data.map(lambda Z: program.values(circuit.derive(Z), weights))
        frozen = _FrozenCircuit(program.n_observables)
        task = Task(frozen, Adjoint(frozen), make_head(transpiled.candidate), options, values)
        found = finished(fit(task, rng, control=TrainingControl(deadline)))
        return TrainedCircuit(transpiled, Parameters(weights, found.parameters.head))


def _with_readout(candidate: Candidate, n_classes: int) -> Candidate:
    """The candidate with a head to train: a linear one in place of signs, or of one common factor."""
    if n_head_parameters(candidate, n_classes) > 1:
        return candidate
    return replace(candidate, head=Choice("linear"))


@dataclass(frozen=True)
class _FrozenCircuit:
    """A circuit without weights, whose features are the values of its observables."""

    n_observables: int
    n_weights: int = 0

    def values(self, X: Floats, w: Floats) -> Floats:
        """The features."""
        return X

    def value_and_gradient(self, X: Floats, w: Floats, cotangent: Cotangent) -> tuple[Floats, Floats]:
        """The features, and the derivative by no weight."""
        cotangent(X)
        return X, np.zeros(0)
