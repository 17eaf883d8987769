"""A training whose head is fitted: the circuit's weights by the alignment of its kernel, then the head in one go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads import FittedHead
from qcsearch.training.loop.task import Task
from qcsearch.training.parameters import Parameters
from qcsearch.training.shots.perturbation import ShotNoise

__all__ = ["FittedTask"]


@dataclass(frozen=True)
class FittedTask(Task):
    """A task with a head that is fitted to the expectation values of all training samples.

    Its steps train the circuit's weights and the input layer, by `FittedHead.alignment`; the loss of the options plays
    a part in validation only. Each validation fits the head anew. Without weights and layer nothing is trained in
    steps. With finitely many shots the head is fitted to what one measurement of each sample gives; the alignment is of
    exact values.
    """

    _last: dict[bytes, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def n_head(self) -> int:
        """None of them is trained in steps."""
        return 0

    @property
    def fitted_only(self) -> bool:
        """See `Task`."""
        return self.program.n_weights + self.n_input_layer == 0

    def objective(self, theta: Floats, rows: Ints | None, rng: np.random.Generator) -> tuple[float, Floats]:
        """Loss of the kernel and its gradient by weights and input layer, on some rows of the training split."""
        y, weight = self.data.train.y, self.data.weights(self.data.train)
        X, y = (self.inputs, y) if rows is None else (self.inputs[rows], y[rows])
        given = () if weight is None else (weight if rows is None else weight[rows],)
        kept: list[float] = []

        def cotangent(values: Floats) -> Floats:
            loss, dvalues = self._head.alignment(values, y, self.data.target.n_outputs, *given)
            kept.append(loss)
            return dvalues

        slopes = self.gradient(X, super().parameters(theta), cotangent, rng)
        return kept[-1], slopes

    def parameters(self, theta: Floats) -> Parameters:
        """Weights and input layer, and the head fitted to what the circuit says with them."""
        key, unfitted = theta.tobytes(), super().parameters(theta)
        if key not in self._last:
            values = self.values(self.inputs, unfitted)
            if self.shots is not None:  # what is to read measured values learns from measured values
                values = ShotNoise(self.shots).once(values)
            self._last.clear()  # of one at a time: a search trains many
            weight = self.data.weights(self.data.train)
            given = () if weight is None else (weight,)
            self._last[key] = self._head.fit(values, self.data.train.y, self.data.target.n_outputs, *given)
        return replace(unfitted, head=self._last[key])

    @property
    def _head(self) -> FittedHead:
        assert isinstance(self.head, FittedHead)
        return self.head
