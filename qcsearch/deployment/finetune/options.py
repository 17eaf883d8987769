"""How the training steps on a backend are taken, and with how many shots: all alike, or few at first and then more.

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

from qcsearch.candidate.training import TrainingOptions
from qcsearch.errors import InputError
from qcsearch.training.model import TrainedModel

__all__ = ["ShotsSchedule", "TuningOptions"]


@dataclass(frozen=True)
class ShotsSchedule:
    """The shots of each training step.

    Attributes:
        first: shots of the first step; None is as many as all else has.
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
class TuningOptions:
    """How the training steps on a backend are taken.

    Attributes:
        gradient: `spsa` (two evaluations a step) or `parameter_shift` (two for each trained angle).
        optimizer: `adam`, `amsgrad` or `sgd`.
        learning_rate: step size of the weights in radians, > 0. The start is good and the gradient noisy, so
            it is smaller than in the simulator.
        head_rate: step size of the head's parameters as a multiple of it, > 0. Their gradient is exact, so
            they may move further.
        batch_size: training samples a step, ≥ 1.
        perturbation: SPSA's move in radians, > 0; large enough that the shots see the difference.
        shots_schedule: `constant`, or `geometric:N`: N shots in the first step, then more by a constant factor up
            to as many as all else has in the last (`schedule`).
    """

    gradient: str = "spsa"
    optimizer: str = "adam"
    learning_rate: float = 0.01
    head_rate: float = 4.0
    batch_size: int = 32
    perturbation: float = 0.15
    shots_schedule: str = "constant"

    def __post_init__(self) -> None:
        if self.gradient not in ("spsa", "parameter_shift"):
            raise InputError(
                f"The 'gradient' on a backend must be spsa or parameter_shift. Got {self.gradient!r}."
            )
        if self.optimizer not in ("adam", "amsgrad", "sgd"):
            raise InputError(
                f"The 'optimizer' on a backend must be adam, amsgrad or sgd. Got {self.optimizer!r}."
            )
        if not 0 < self.perturbation < np.pi:
            raise InputError(f"The 'perturbation' of SPSA must be in (0, π). Got {self.perturbation!r}.")
        _ = self.schedule

    @property
    def schedule(self) -> ShotsSchedule:
        """The shots of each step."""
        return ShotsSchedule.parse(self.shots_schedule)

    def training(self, model: TrainedModel, steps: int) -> TrainingOptions:
        """Options for the training loop; the loss is that of the model's training.

        Nothing decays: a few steps along noisy gradients are to correct trained weights, not to shrink them.
        """
        return replace(
            model.candidate.training,
            gradient=self.gradient,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            head_rate=self.head_rate,
            weight_decay=0.0,
            batch_size=self.batch_size,
            steps=steps,
            schedule="constant",
            validate_every=1,
            patience=None,
            target_accuracy=None,
            target_loss=None,
        )
