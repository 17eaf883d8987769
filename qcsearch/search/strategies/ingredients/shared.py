"""Shared weights: many circuits take their angles from one vector, and each training step trains one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qcsearch.search.strategies.ingredients.training_task import TrainingTask
from qcsearch.simulation import Program
from qcsearch.training.expectations import Floats
from qcsearch.training.optimizers import Adam

__all__ = ["SharedWeights", "no_line_search"]

Numbers = NDArray[np.int64]


class SharedWeights:
    """Angles and head parameters that circuits share.

    Args:
        task: what they are to learn.
        n_angles: length of the shared vector.
        init_scale: angles start uniform in ±π × this.
        rng: of the start values.

    Attributes:
        angles: in radians, `(n_angles,)`.
        head: head parameters.
    """

    def __init__(
        self, task: TrainingTask, n_angles: int, init_scale: float, rng: np.random.Generator
    ) -> None:
        self._task = task
        self.angles = rng.uniform(-np.pi * init_scale, np.pi * init_scale, n_angles)
        self.head = task.initial_head(rng)
        self._memory = {name: np.zeros(n_angles + len(self.head)) for name in ("count", "mean", "square")}

    def train(
        self, program: Program, numbers: Numbers, rate: float, batch: int, weight_decay: float = 0.0
    ) -> None:
        """One step of Adam of this circuit's angles and of the head alone.

        Every parameter has a count of its own steps, so that what was seldom trained is corrected for that.

        Args:
            program: of the circuit.
            numbers: of its angles.
            rate: step size.
            batch: number of the batch.
            weight_decay: of all that is stepped.
        """
        theta = self._inherited(numbers)
        gradient = self._task.gradient(program, theta, batch) + weight_decay * theta
        where = np.concatenate([numbers, np.arange(len(self.angles), len(self._memory["mean"]))])
        memory = {name: values[where] for name, values in self._memory.items()}
        after, memory = Adam().step(theta, gradient, memory, np.full(len(theta), rate), no_line_search)
        for name, values in memory.items():
            self._memory[name][where] = values
        self.angles[numbers], self.head = after[: len(numbers)], after[len(numbers) :]

    def loss(self, program: Program, numbers: Numbers, batch: int) -> float:
        """Loss of a circuit as it inherits, on a batch of the training part."""
        return self._task.loss(program, self._inherited(numbers), batch)

    def validate(self, program: Program, numbers: Numbers, n: int | None = None) -> tuple[float, float]:
        """Score and loss of a circuit as it inherits, on the first `n` samples of the validation part."""
        return self._task.validate(program, self._inherited(numbers), n)

    def _inherited(self, numbers: Numbers) -> Floats:
        return np.concatenate([self.angles[numbers], self.head])


def no_line_search(theta: Floats) -> tuple[float, Floats]:
    """What Adam is given for the loss elsewhere, which it does not ask for."""
    raise NotImplementedError("Adam does not look for the loss elsewhere.")
