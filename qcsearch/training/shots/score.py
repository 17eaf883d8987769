"""How often a model is right with finitely many shots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets import Target
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Floats
from qcsearch.training.parameters import Parameters
from qcsearch.training.shots.sampling import sampled_values
from qcsearch.training.statistics import Interval, measured_interval
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["DRAWS", "TOLD_SHOTS", "ShotScore", "answers_at_shots", "shot_score"]

DRAWS = 32
"""Measurements behind a score: their mean is then known to 18 % of its spread over them, 1/√32."""

TOLD_SHOTS = 1_024
"""Shots of each basis that scores are told at where nobody asks for another number."""


@dataclass(frozen=True)
class ShotScore:
    """An accuracy, or what else a target is scored by, at finitely many shots, simulated.

    Attributes:
        shots: of each measurement basis of a prediction.
        accuracy: expected share of samples whose class is predicted: the mean over `DRAWS` measurements of all of them.
        spread: standard deviation over these: how far one measurement of all samples is off for its shots.
        interval: 95 % interval of `accuracy` for the finite number of samples, see
            `training.statistics.measured_interval`. It is a little too wide: a sample that is right now and then varies
            less than one that is either.
    """

    shots: int
    accuracy: float
    spread: float
    interval: Interval


def answers_at_shots(
    transpiled: TranspiledCandidate, parameters: Parameters, Z: Floats, target: Target, shots: int, seed: int
) -> NDArray[Any]:
    """Answers to preprocessed samples, measured again and again under the device's noise: `(DRAWS, n_samples, …)`.

    Args:
        transpiled: the candidate on its device.
        parameters: of circuit and head.
        Z: outputs of the preprocessing, `(n_samples, n_features)`.
        target: what is asked.
        shots: of each measurement basis.
        seed: of the draws.
    """
    head = BoundHead.of(transpiled.candidate, parameters.head, target)
    rng = np.random.default_rng([seed, shots])
    X = transpiled.derive(Z, parameters)
    drawn = sampled_values(transpiled, parameters.weights, X, shots, rng, DRAWS)
    return np.stack([head.answers(values) for values in drawn])


def shot_score(target: Target, answers: NDArray[Any], y: NDArray[Any], shots: int) -> ShotScore:
    """The score of answers `(n_draws, n_samples, …)` that were measured with so many shots, against the true ones."""
    scores = np.array([target.score(y, drawn) for drawn in answers])
    mean = float(np.mean(scores))
    error = 0.0 if target.has_accuracy else target.score_error(y, answers[0])
    ends = measured_interval(mean, len(y), error, target.has_accuracy)
    return ShotScore(shots, mean, float(np.std(scores, ddof=1)), ends)
