"""What a candidate with its parameters says of preprocessed samples, and how good that is."""

from __future__ import annotations

from qcsearch.data.splitting import Part
from qcsearch.data.targets import Target
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
    target: Target,
    *,
    noise: bool = True,
    temperature: float = 1.0,
) -> Predictions:
    """Answers and probabilities of preprocessed samples, by the exact engine.

    Args:
        transpiled: the candidate on its device.
        parameters: of circuit and head.
        Z: outputs of the preprocessing, `(n_samples, n_features)`.
        target: what is asked.
        noise: under the device's noise, or without any.
        temperature: what logits are divided by to be probabilities.
    """
    return Predictions.of_outputs(target, logits(transpiled, parameters, Z, target, noise=noise), temperature)


def logits(
    transpiled: TranspiledCandidate, parameters: Parameters, Z: Floats, target: Target, *, noise: bool = True
) -> Floats:
    """Outputs `(n_samples, n_outputs)` of preprocessed samples; arguments as for `classify`."""
    values = transpiled.compile(noise).values(transpiled.derive(Z, parameters), parameters.weights)
    return BoundHead.of(transpiled.candidate, parameters.head, target).logits(values)


def accuracy(
    transpiled: TranspiledCandidate, parameters: Parameters, part: Part, target: Target, *, noise: bool = True
) -> float:
    """Score of the answers to preprocessed samples, see `Target.score`; arguments as for `classify`."""
    return target.score(part.y, classify(transpiled, parameters, part.X, target, noise=noise).answers)


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
    y, X = data.validation.y, transpiled.derive(data.validation.X, parameters)
    values = transpiled.compile(noise).values(X, parameters.weights)
    if shots is not None:
        values, y = ShotNoise(shots).repeated(values, y)
    head = BoundHead.of(transpiled.candidate, parameters.head, data.target)
    return data.metric(y, Predictions.of_outputs(data.target, head.logits(values)), data.validation.weight)
