"""Pruning: rotations whose trained angle is close to none are taken out, and the others tuned again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.candidate.training import TrainingOptions
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.lowering import make_encoding
from qcsearch.devices.selection.regions import topology
from qcsearch.search.strategies.base import StrategyContext
from qcsearch.search.trial.objective import Objective
from qcsearch.storage.canonical import Json
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.loop.fit import Fit
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.parameters import DRAWN, Parameters
from qcsearch.training.single import fit_candidate

__all__ = ["Trained", "smallest", "train_and_prune", "without"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A candidate with weights.

    Attributes:
        candidate: the circuit.
        parameters: of circuit and head.
        validation_score: under noise, if it is trained so.
    """

    candidate: Candidate
    parameters: Parameters
    validation_score: float


def train_and_prune(
    context: StrategyContext,
    candidate: Candidate,
    shares: Iterable[float],
    tuning_rate: float,
    tuning_steps: float,
    rng: np.random.Generator,
) -> Trained:
    """Train a candidate from scratch, then prune growing shares of its angles; return the best of the stages.

    Of equals the one with fewer angles. A circuit whose encoding takes turns with its layers is not pruned.

    Args:
        context: of the trial; when its time is used up, the best so far is the answer.
        candidate: its ansatz holds all weights.
        shares: of all angles, rising.
        tuning_rate: step size after each pruning.
        tuning_steps: their number as a share of the candidate's.
        rng: of start values and batches.
    """
    objective = context.objective
    found = _fit(objective, candidate, candidate.training, rng, context)
    best = stage = found
    whole = len(found.parameters.weights)
    options = replace(
        candidate.training,
        learning_rate=tuning_rate,
        schedule="constant",
        steps=max(1, round(tuning_steps * candidate.training.steps)),
    )
    couplings = topology(objective.device, candidate.qubits)
    for share in shares if _encodes_once(objective, candidate, couplings) else ():
        gone = smallest(
            stage.parameters.weights, round(share * whole) - (whole - len(stage.parameters.weights))
        )
        if context.late() or not 0 < len(gone) < len(stage.parameters.weights):
            continue
        kept = replace(stage.parameters, weights=np.delete(stage.parameters.weights, gone))
        stage = _fit(objective, without(stage.candidate, couplings, gone), options, rng, context, kept)
        if stage.validation_score >= best.validation_score:
            best = stage
    return best


def smallest(angles: Floats, n: int) -> Ints:
    """Numbers of the `n` angles closest to a multiple of 2π, rising."""
    size = np.abs((angles + np.pi) % (2 * np.pi) - np.pi)
    return np.sort(np.argsort(size, kind="stable")[: max(0, n)])


def without(candidate: Candidate, couplings: Topology, gone: Ints) -> Candidate:
    """The candidate gate by gate, those whose angle holds one of these weights left out, the others renumbered."""
    ansatz = ANSATZE.create(candidate.ansatz.name, candidate.ansatz.settings)
    dropped = set(gone.tolist())
    gates: list[Json] = []
    for gate in (gate for layer in ansatz.layers(couplings) for gate in layer):
        angle = gate.angle
        if angle is None or angle.weight is None:
            gates.append(gate.to_json())
        elif angle.weight not in dropped:
            number = angle.weight - int(np.searchsorted(gone, angle.weight))
            gates.append(replace(gate, angle=replace(angle, weight=number)).to_json())
    return replace(candidate, ansatz=Choice("gates", {"gates": gates}))


def _encodes_once(objective: Objective, candidate: Candidate, couplings: Topology) -> bool:
    n_features = objective.features.n_components(candidate.preprocessing)
    return len(make_encoding(candidate).layers(n_features, couplings, 2)) == 1


def _fit(
    objective: Objective,
    candidate: Candidate,
    options: TrainingOptions,
    rng: np.random.Generator,
    context: StrategyContext,
    start: Parameters = DRAWN,
) -> Trained:
    data = objective.features.prepare(candidate.preprocessing).data
    transpiled, _, _ = objective.transpile(candidate)
    fit: Fit = fit_candidate(
        transpiled, data, rng, options=options, start=start, control=TrainingControl(context.until)
    )
    assert fit.validation_score is not None
    return Trained(candidate, fit.parameters, fit.validation_score)
