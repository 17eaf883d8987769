"""What a candidate with its parameters says of preprocessed samples, and how often it is right."""

from __future__ import annotations

import numpy as np

from qcsearch.data.splitting import Part
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.parameters import Parameters
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["accuracy", "classify"]


def classify(
    transpiled: TranspiledCandidate, parameters: Parameters, Z: Floats, n_classes: int, *, noise: bool = True
) -> Ints:
    """Class numbers `(n_samples,)` of preprocessed samples, by the exact engine.

    Args:
        transpiled: the candidate on its device.
        parameters: of circuit and head.
        Z: outputs of the preprocessing, `(n_samples, n_features)`.
        n_classes: number of classes.
        noise: under the device's noise, or without any.
    """
    values = transpiled.compile(noise).values(transpiled.derive(Z), parameters.weights)
    return BoundHead.of(transpiled.candidate, parameters.head, n_classes).classes(values)


def accuracy(
    transpiled: TranspiledCandidate, parameters: Parameters, part: Part, n_classes: int, *, noise: bool = True
) -> float:
    """Share of preprocessed samples whose class is predicted; arguments as for `classify`."""
    return float(np.mean(classify(transpiled, parameters, part.X, n_classes, noise=noise) == part.y))
