"""Training of a circuit just as the winner was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qcsearch.search.finish.baselines.base import TrainedCircuit, Unmeasured
from qcsearch.search.trial.seeds import PRECISION, seed_words
from qcsearch.training.loop.fit import Fit, Stop
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.single import fit_candidate

if TYPE_CHECKING:
    from qcsearch.candidate.training import TrainingOptions
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective
    from qcsearch.training.data import TrainingData
    from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["alike", "finished", "options_alike", "train_alike"]


def train_alike(
    objective: Objective, winner: Finalist, transpiled: TranspiledCandidate, deadline: float | None
) -> TrainedCircuit:
    """Train another circuit to its end, on the samples that the winner's weights are of, and from the same seed.

    Where the winner's last training had fewer steps than its others, so has this one.

    Raises:
        Unmeasured: if it was stopped early.
    """
    data, rng = alike(objective, winner, transpiled)
    options = options_alike(winner, transpiled)
    control, shots = TrainingControl(deadline), objective.shots
    found = fit_candidate(
        transpiled, data, rng, options=options, control=control, dtype=PRECISION, shots=shots
    )
    found = finished(found)
    return TrainedCircuit(transpiled, found.parameters)


def alike(
    objective: Objective, winner: Finalist, transpiled: TranspiledCandidate
) -> tuple[TrainingData, np.random.Generator]:
    """What a circuit learns from, and what its start and its batches are drawn from, if it is treated as the winner.

    The training and validation parts together if the winner's weights are of both; else the training part, with the
    other to choose its best weights by.
    """
    candidate = transpiled.candidate
    data = objective.features.prepare(candidate.preprocessing).data
    words = seed_words(objective.seed, candidate, winner.chosen.seed_index)
    return (data if winner.whole is None else data.whole()), np.random.default_rng(words)


def options_alike(winner: Finalist, transpiled: TranspiledCandidate) -> TrainingOptions:
    """How a circuit is trained, if it is treated as the winner."""
    options = transpiled.candidate.training
    return options if winner.whole is None else winner.last_options(options)


def finished(found: Fit) -> Fit:
    """The same training, if it went to its end.

    Raises:
        Unmeasured: if it did not.
    """
    if found.stopped in (Stop.BUDGET, Stop.DIVERGED):
        raise Unmeasured(f"Its training was stopped early: {found.stopped.sentence}")
    return found
