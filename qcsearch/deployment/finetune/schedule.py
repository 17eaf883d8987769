"""The gradient of each training step, with the shots of that step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qcsearch.deployment.finetune.options import ShotsSchedule
from qcsearch.deployment.program import BackendProgram
from qcsearch.training.expectations import Cotangent, Floats
from qcsearch.training.gradients import GradientEstimator, ParameterShift, Spsa

__all__ = ["StepShots"]


@dataclass(frozen=True)
class StepShots:
    """A gradient estimator with the shots of each step.

    Attributes:
        estimator: the estimator, with the shots of the last step.
        program: the program that the estimator asks.
        schedule: the shots from step to step.
        steps: number of steps.
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
