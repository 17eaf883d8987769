"""How often a model is right with finitely many shots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.parameters import Parameters
from qcsearch.training.shots.sampling import sampled_values
from qcsearch.training.statistics import Interval, wilson
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["DRAWS", "TOLD_SHOTS", "ShotScore", "classes_at_shots", "shot_score"]

DRAWS = 32
"""Measurements behind a score: their mean is then known to 18 % of its spread over them, 1/√32."""

TOLD_SHOTS = 1_024
"""Shots of each basis that scores are told at where nobody asks for another number."""


@dataclass(frozen=True)
class ShotScore:
    """An accuracy at finitely many shots, simulated.

    Attributes:
        shots: of each measurement basis of a prediction.
        accuracy: expected share of samples whose class is predicted: the mean over `DRAWS` measurements of all of them.
        spread: standard deviation over these: how far one measurement of all samples is off for its shots.
        interval: 95 % interval of `accuracy` for the finite number of samples, see `training.statistics.wilson`. It is
            a little too wide: a sample that is right now and then varies less than one that is either.
    """

    shots: int
    accuracy: float
    spread: float
    interval: Interval


def classes_at_shots(
    transpiled: TranspiledCandidate, parameters: Parameters, Z: Floats, n_classes: int, shots: int, seed: int
) -> Ints:
    """Class numbers `(DRAWS, n_samples)` of preprocessed samples, measured again and again under the device's noise.

    Args:
        transpiled: the candidate on its device.
        parameters: of circuit and head.
        Z: outputs of the preprocessing, `(n_samples, n_features)`.
        n_classes: number of classes.
        shots: of each measurement basis.
        seed: of the draws.
    """
    head = BoundHead.of(transpiled.candidate, parameters.head, n_classes)
    rng = np.random.default_rng([seed, shots])
    X = transpiled.derive(Z)
    drawn = sampled_values(transpiled, parameters.weights, X, shots, rng, DRAWS)
    return np.stack([head.classes(values) for values in drawn])


def shot_score(predicted: Ints, y: Ints, shots: int) -> ShotScore:
    """The score of classes `(n_draws, n_samples)` that were measured with so many shots, against the true ones."""
    accuracies = np.mean(predicted == y, axis=1)
    mean = float(np.mean(accuracies))
    return ShotScore(shots, mean, float(np.std(accuracies, ddof=1)), wilson(mean, len(y)))
