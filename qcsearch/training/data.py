"""What a training learns from: preprocessed samples, those to train on and those to validate on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from qcsearch.data.splitting import Part
from qcsearch.data.targets import Target
from qcsearch.training.expectations import Floats
from qcsearch.training.metrics import ACCURACY, Metric

__all__ = ["TrainingData"]


def _nothing() -> Part:
    return Part(np.zeros((0, 0)), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A split whose samples are what a circuit takes: outputs of the preprocessing, or features derived from them.

    Attributes:
        train: `X` of shape `(n_train, n_features)`, angles in radians, and what is learnt of
            each sample, `target.learned(y)`: of classes their numbers `(n_train,)`.
        target: what that is, with what was learnt of it in the training part.
        validation: the same of the samples that the best weights are chosen by; empty if none are to be chosen.
        metric: what they are chosen by.
        class_weights: how much the samples of each class count in what is learnt, on top of their own weights,
            `(n_classes,)`; None if all count alike.
    """

    train: Part
    target: Target
    validation: Part = field(default_factory=_nothing)
    metric: Metric = ACCURACY
    class_weights: Floats | None = None

    def weights(self, part: Part) -> Floats | None:
        """What the losses of samples are multiplied by, about 1 on the mean of the training part; None for nothing."""
        if part.weight is None and self.class_weights is None:
            return None
        mean = 1.0 if self.train.weight is None else self.train.weight.mean()
        weight = np.ones(len(part)) if part.weight is None else part.weight / mean
        return weight if self.class_weights is None else weight * self.class_weights[part.y]

    @property
    def validated(self) -> bool:
        """Whether there is a validation part."""
        return len(self.validation) > 0

    def map(self, features: Callable[[Floats], Floats]) -> TrainingData:
        """The same samples with other features, `(n_samples, n_features)` to `(n_samples, n_others)`."""
        validation = (
            replace(self.validation, X=features(self.validation.X)) if self.validated else self.validation
        )
        return replace(self, train=replace(self.train, X=features(self.train.X)), validation=validation)

    def whole(self) -> TrainingData:
        """Both parts to train on, in this order, and none to validate on."""
        return replace(self, train=self.train.joined(self.validation), validation=_nothing())
