"""How many shots a training step takes: all alike, or few at first and more from step to step.

Far from the goal a rough gradient points the right way; near it the noise of few shots is all that is left of it. With
a sample that grows by the same factor from step to step a gradient method needs a total of O(1/ε) samples for an error
ε, like one with all of them in each step needs steps (Byrd, Chin, Nocedal and Wu, Math. Program. 134, 127, 2012). Here
the sample is the shots. That fewer shots cost little in the training of quantum classifiers was measured by Phalak and
Ghosh (arXiv 2304.12950): 1 to 4 % of accuracy on MNIST for a tenth to a hundredth of them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from qcsearch.deployment.program import BackendProgram
from qcsearch.errors import InputError
from qcsearch.training.expectations import Cotangent, Floats
from qcsearch.training.gradients import GradientEstimator, ParameterShift, Spsa

__all__ = ["ShotsSchedule", "StepShots"]


@dataclass(frozen=True)
class ShotsSchedule:
    """The shots of each training step.

    Attributes:
        first: of the first step; None is as many as all else has.
    """

    first: int | None = None

    @classmethod
    def parse(cls, text: str) -> ShotsSchedule:
        """From `constant`, or `geometric:N` with the shots N of the first step.

        Raises:
            InputError: if it is neither.
        """
        if text == "constant":
            return cls()
        found = re.fullmatch(r"geometric:([1-9][0-9]{0,6})", text)
        if found is None:
            raise InputError(f"The 'shots_schedule' must be constant or geometric:N, N ≥ 1. Got {text!r}.")
        return cls(int(found[1]))

    def check(self, last: int) -> None:
        """Refuse a schedule that would shrink.

        Raises:
            InputError: if the first step has more shots than the last.
        """
        if self.first is not None and self.first > last:
            raise InputError(
                f"The shots of the first step must be at most those of the last, {last}. Got {self.first}."
            )

    def shots(self, step: int, steps: int, last: int) -> int:
        """Of step `step`, counted from 0, of `steps`: from `first` to `last` by a constant factor."""
        if self.first is None:
            return last
        share = step / (steps - 1) if steps > 1 else 1.0
        return round(self.first * math.pow(last / self.first, share))


@dataclass(frozen=True)
class StepShots:
    """A gradient estimator with the shots of each step.

    Attributes:
        estimator: with the shots of the last step.
        program: that it asks.
        schedule: of the steps.
        steps: how many there are.
    """

    estimator: Spsa | ParameterShift
    program: BackendProgram
    schedule: ShotsSchedule
    steps: int

    @property
    def exact(self) -> bool:
        """As the estimator."""
        return self.estimator.exact

    def at(self, step: int) -> GradientEstimator:
        """The estimator of one step."""
        return replace(self.estimator, program=self.program.with_shots(self.shots(step)))

    def shots(self, step: int) -> int:
        """Of one step."""
        return self.schedule.shots(step, self.steps, self.program.shots)

    def __call__(
        self, X: Floats, w: Floats, cotangent: Cotangent, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """With the shots of the last step."""
        return self.estimator(X, w, cotangent, rng)
