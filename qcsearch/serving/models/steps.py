"""The way of samples through a model, step by step."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel

__all__ = ["Steps"]


@dataclass(frozen=True, eq=False)
class Steps:
    """What a model makes of samples, from the preprocessing to the head; an answer has it anyway, and may show it.

    Attributes:
        prepared: what the preprocessing gives, `(n_samples, n_features)` in radians; of quantum states their numbers.
        features: what the circuit's angles read, `(n_samples, n_derived)`.
        values: expectation values, `(n_samples, n_observables)`.
        outputs: of the head, `(n_samples, n_outputs)`.
    """

    prepared: Floats
    features: Floats
    values: Floats
    outputs: Floats

    @classmethod
    def of(cls, model: TrainedModel, X: Floats) -> Steps:
        """On the exact engine, under the noise of the model's device.

        Raises:
            DataError: as `TrainedModel.decision`.
        """
        prepared = model.prepared(X)
        features = model.derived(prepared)
        values = model.transpiled.compile().values(features, model.parameters.weights)
        return cls(prepared, features, values, model.outputs(values))

    def split(self, ends: list[int]) -> list[Steps]:
        """Those of the samples before each of the ends, and of the rest."""
        parts = (np.split(getattr(self, part.name), ends) for part in fields(self))
        return [Steps(*arrays) for arrays in zip(*parts, strict=True)]
