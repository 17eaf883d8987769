"""One linear layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qcsearch.data.targets.base import TASKS
from qcsearch.training.expectations import Floats
from qcsearch.training.heads.base import HEADS

__all__ = ["Linear", "split_layer"]


@HEADS.register("linear")
@dataclass(frozen=True)
class Linear:
    """`logits = values @ W + b`; parameters are `W` row by row, then `b`.

    Expectation values under noise spread by a few tenths, so a good `W` has entries of several units. It
    starts small, normal with standard deviation `gain / √n_observables`, lest a wrong guess must be
    unlearned, and grows at `TrainingOptions.head_rate` times the step size of the circuit's weights.

    Attributes:
        gain: scale of the first `W`, > 0.
    """

    tasks: ClassVar[tuple[str, ...]] = TASKS

    gain: float = 1.0

    def __post_init__(self) -> None:
        if not self.gain > 0:
            raise ValueError(f"gain must be > 0, got {self.gain}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        return (n_observables + 1) * n_classes

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        W = rng.normal(scale=self.gain / np.sqrt(n_observables), size=n_observables * n_classes)
        return np.concatenate([W, np.zeros(n_classes)])

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        W, b = split_layer(parameters, values.shape[1], n_classes)
        return values @ W + b

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        W, _ = split_layer(parameters, values.shape[1], dlogits.shape[1])
        return dlogits @ W.T, np.concatenate([(values.T @ dlogits).ravel(), dlogits.sum(axis=0)])

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        return np.eye(n_classes)


def split_layer(parameters: Floats, rows: int, columns: int) -> tuple[Floats, Floats]:
    """The matrix and the bias that stand first in `parameters`."""
    n = rows * columns
    return parameters[:n].reshape(rows, columns), parameters[n : n + columns]
