"""What a candidate with its parameters says of preprocessed samples, and how good that is."""

from __future__ import annotations

import numpy as np

from qcsearch.data.splitting import Part
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.data import TrainingData
from qcsearch.training.expectations import Floats
from qcsearch.training.parameters import Parameters
from qcsearch.training.predictions import Predictions
from qcsearch.training.shots.perturbation import ShotNoise
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["accuracy", "classify", "logits", "validation_score"]


def classify(
    transpiled: TranspiledCandidate,
    parameters: Parameters,
    Z: Floats,
    n_classes: int,
    *,
    noise: bool = True,
    temperature: float = 1.0,
) -> Predictions:
    """Classes and probabilities of preprocessed samples, by the exact engine.

    Args:
        transpiled: the candidate on its device.
        parameters: of circuit and head.
        Z: outputs of the preprocessing, `(n_samples, n_features)`.
        n_classes: number of classes.
        noise: under the device's noise, or without any.
        temperature: what logits are divided by to be probabilities.
    """
    return Predictions.of_logits(logits(transpiled, parameters, Z, n_classes, noise=noise), temperature)


def logits(
    transpiled: TranspiledCandidate, parameters: Parameters, Z: Floats, n_classes: int, *, noise: bool = True
) -> Floats:
    """Logits `(n_samples, n_classes)` of preprocessed samples; arguments as for `classify`."""
    values = transpiled.compile(noise).values(transpiled.derive(Z), parameters.weights)
    return BoundHead.of(transpiled.candidate, parameters.head, n_classes).logits(values)


def accuracy(
    transpiled: TranspiledCandidate, parameters: Parameters, part: Part, n_classes: int, *, noise: bool = True
) -> float:
    """Share of preprocessed samples whose class is predicted; arguments as for `classify`."""
    return float(np.mean(classify(transpiled, parameters, part.X, n_classes, noise=noise).classes == part.y))


def validation_score(
    transpiled: TranspiledCandidate,
    parameters: Parameters,
    data: TrainingData,
    *,
    noise: bool = True,
    shots: int | None = None,
) -> float:
    """The score of the validation part in the metric of the data.

    Args:
        transpiled: the candidate on its device.
        parameters: of circuit and head.
        data: its outputs of the preprocessing.
        noise: under the device's noise, or without any.
        shots: of each measurement basis; the score is then that of several measurements together, as in the validation
            of a training. None for infinitely many.
    """
    y, X = data.validation.y, transpiled.derive(data.validation.X)
    values = transpiled.compile(noise).values(X, parameters.weights)
    if shots is not None:
        values, y = ShotNoise(shots).validation(values, y)
    head = BoundHead.of(transpiled.candidate, parameters.head, data.n_classes)
    return data.metric(y, Predictions.of_logits(head.logits(values)))
