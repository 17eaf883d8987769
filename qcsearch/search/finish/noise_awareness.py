"""The winner's circuit trained without noise, as it is and with its head refitted under noise: what noise adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.search.finish.baselines.base import NOISELESS, NONE, REFITTED, TrainedCircuit, Unmeasured
from qcsearch.search.finish.baselines.training import alike, finished, options_alike
from qcsearch.search.trial.seeds import PRECISION
from qcsearch.training.heads import FittedHead, make_head
from qcsearch.training.loop.head import converged_head
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.parameters import Parameters
from qcsearch.training.scoring import validation_score
from qcsearch.training.shots.perturbation import ShotNoise
from qcsearch.training.single import fit_candidate

if TYPE_CHECKING:
    from qcsearch.data.splitting import Part
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective
    from qcsearch.training.data import TrainingData
    from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["HeadRefitted", "TrainedNoiseless", "refitted"]

_PENALTIES = (0.0, 1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class TrainedNoiseless:
    """The winner's circuit and head, trained as the winner was but without noise and at infinitely many shots.

    From the same seed, on the same samples, on the same qubits. It is tested under noise, as all circuits are.
    """

    name: str = NOISELESS

    def train(
        self,
        objective: Objective,
        winner: Finalist,
        deadline: float | None,
        trained: Mapping[str, TrainedCircuit] = NONE,
    ) -> TrainedCircuit:
        """See `Quantum`."""
        circuit = winner.transpiled
        options = options_alike(winner, circuit)
        if not options.noise:
            raise Unmeasured("The winner was trained without noise itself.")
        data, rng = alike(objective, winner, circuit)
        found = fit_candidate(
            circuit,
            data,
            rng,
            options=replace(options, noise=False),
            control=TrainingControl(deadline),
            dtype=PRECISION,
        )
        return TrainedCircuit(circuit, finished(found).parameters)


@dataclass(frozen=True)
class HeadRefitted:
    """The circuit of `TrainedNoiseless` with its weights, and a head that knows the noise.

    Noise mostly shrinks expectation values and moves them a little: a linear head can take much of that back. So this
    is what noise-aware training of the *circuit* has to be better than.
    """

    name: str = REFITTED

    def train(
        self,
        objective: Objective,
        winner: Finalist,
        deadline: float | None,
        trained: Mapping[str, TrainedCircuit] = NONE,
    ) -> TrainedCircuit:
        """See `Quantum`."""
        if NOISELESS not in trained:
            raise Unmeasured(f"There is no '{NOISELESS}', whose head it has.")
        before = trained[NOISELESS]
        data = objective.features.prepare(before.transpiled.candidate.preprocessing).data
        whole = winner.whole is not None
        found = refitted(before.transpiled, before.parameters, data, whole=whole, shots=objective.shots)
        return TrainedCircuit(before.transpiled, found)


def refitted(
    circuit: TranspiledCandidate,
    parameters: Parameters,
    data: TrainingData,
    *,
    whole: bool,
    shots: int | None = None,
) -> Parameters:
    """The same weights with a head that is trained to its end under noise.

    Of some penalties of its size, see `converged_head`, the one that does best on the validation part is taken.

    Args:
        circuit: on the device whose noise it is.
        parameters: that it has.
        data: what is learnt from, outputs of the preprocessing.
        whole: whether the head is then trained on both parts, not on the training part alone.
        shots: of each measurement basis, which the head is to read; None for infinitely many.
    """
    candidate = circuit.candidate
    rows = data.whole().train if whole else data.train
    head = make_head(candidate)

    def fit(part: Part, penalty: float) -> Parameters:
        values, y = circuit.compile().values(circuit.derive(part.X, parameters), parameters.weights), part.y
        if shots is not None and isinstance(head, FittedHead):
            values = ShotNoise(shots).once(values)
        elif shots is not None:
            values, y = ShotNoise(shots).repeated(values, y)
        found = converged_head(
            head,
            values,
            y,
            data.target.n_outputs,
            loss=candidate.training.loss,
            start=parameters.head,
            penalty=penalty,
            weight=None if (weight := data.weights(part)) is None else np.resize(weight, len(y)),
        )
        return replace(parameters, head=found)

    def score(penalty: float) -> float:
        return validation_score(circuit, fit(data.train, penalty), data, shots=shots)

    return fit(rows, max(_PENALTIES, key=score))
