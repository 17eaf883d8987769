"""The last training steps: the loop of the simulator, asking a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.data.split import Part
from qcsearch.deployment.deployment import Tuning
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.schedule import ShotsSchedule, StepShots
from qcsearch.deployment.score import Score, measured_score
from qcsearch.errors import InputError
from qcsearch.training.gradients import ParameterShift, Spsa
from qcsearch.training.losses import LOSSES
from qcsearch.training.model import TrainedModel
from qcsearch.training.state import steps_done
from qcsearch.training.trainer import fit

__all__ = ["StepDone", "Tuner", "TuningOptions"]

StepDone: TypeAlias = Callable[[str, int, int], None]
"""Called with the stage, what is done of it, and how much it is."""


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


@dataclass(frozen=True, eq=False)
class Tuner:
    """Takes training steps on a backend, and keeps them only if validation samples measured there say so.

    Attributes:
        model: the start.
        program: the model's circuit on the backend.
        train: what the steps are taken on.
        validation: what the decision is made on; measured twice.
        options: how the steps are taken.
        rng: of batches, directions and error bars.
        step_done: called as the work goes on.
    """

    model: TrainedModel
    program: BackendProgram
    train: Part
    validation: Part
    options: TuningOptions
    rng: np.random.Generator
    step_done: StepDone

    def run(
        self, steps: int, checkpoint: Path | None = None, may_step: Callable[[int], bool] = lambda _: True
    ) -> tuple[Tuning, TrainedModel]:
        """Take `steps`; return what happened, and the model with the weights kept.

        The new weights are kept if more validation samples are right than before, or as many at a lower loss.

        Args:
            steps: how many, ≥ 0.
            checkpoint: written after each step, and gone on from.
            may_step: asked before each step, counted from 0; False ends them.
        """
        method = f"{self.options.gradient}, {self.options.optimizer}"
        before = self._measure("before", self.model)
        losses, tuned = self._steps(steps, checkpoint, may_step) if steps else ((), self.model)
        if not losses:
            return Tuning(method, (), before.score, None, 0.0, 0.0, "before"), self.model
        after = self._measure("after", tuned)
        gains = after.right.astype(np.float64) - before.right
        better = (gains.sum(), -after.loss) > (0.0, -before.loss)
        tuning = Tuning(
            method=method,
            losses=losses,
            before=before.score,
            after=after.score,
            gain=float(gains.mean()),
            gain_error=float(gains.std() / np.sqrt(max(1, len(gains) - 1))),
            shots=tuple(self.estimator(steps).shots(step) for step in range(len(losses))),
            kept="after" if better else "before",
        )
        return tuning, tuned if better else self.model

    def step_work(self, step: int, steps: int) -> tuple[BackendProgram, int]:
        """What a training step measures: a program, and how many sets of features and weights."""
        rows = min(self.options.batch_size, len(self.train))
        stepwise = self.estimator(steps)
        rule = stepwise.estimator
        evaluations = 2 if isinstance(rule, Spsa) else 2 * len(rule.rule.shifts) + 1
        return stepwise.program.with_shots(stepwise.shots(step)), rows * evaluations

    def _steps(
        self, steps: int, checkpoint: Path | None, may_step: Callable[[int], bool]
    ) -> tuple[tuple[float, ...], TrainedModel]:
        """The loss of each step, and the model after the last."""
        model, done = self.model, 0 if checkpoint is None else steps_done(checkpoint)
        may_begin = done >= steps or may_step(done)

        def stop(step: int, _: float | None) -> bool:
            self.step_done("tuning", step, steps)
            return step < steps and not may_step(step)

        found = fit(
            self.program,
            model.features(self.train.X),
            self.train.y,
            None,
            None,
            model.head,
            self.options.training(model, steps),
            model.n_classes,
            self.rng,
            model.weights,
            head0=model.head_parameters,
            estimator=self.estimator(steps),
            deadline=None if may_begin else 0.0,  # past: a checkpoint is read, and no step is taken
            on_step=stop,
            checkpoint=checkpoint,
        )
        losses = tuple(record.loss for record in found.history if record.loss is not None)
        return losses, replace(model, weights=found.weights, head_parameters=found.head_parameters)

    def estimator(self, steps: int) -> StepShots:
        """The gradient, with the shots of each of so many steps."""
        estimator, program = self._estimator
        return StepShots(estimator, program, self.options.schedule, steps)

    @cached_property
    def _estimator(self) -> tuple[Spsa | ParameterShift, BackendProgram]:
        if self.options.gradient == "spsa" or not self.program.n_weights:
            return Spsa(self.program, size=self.options.perturbation), self.program
        rule = self.model.assembly.occurrences
        shifted = self.program.with_circuit(rule.circuit, [*self.program.weights, *rule.shifts])
        shifted.check()
        return ParameterShift(shifted, rule), shifted

    def _measure(self, stage: str, model: TrainedModel) -> _Judgement:
        y, total = self.validation.y, len(self.validation)
        self.step_done(stage, 0, total)
        found = self.program.measure(model.features(self.validation.X), model.weights)
        self.step_done(stage, total, total)
        head, parameters, n_classes = model.head, model.head_parameters, model.n_classes
        logits = head.logits(found.values, parameters, n_classes)
        loss, _ = LOSSES.create(model.candidate.training.loss)(logits, y, head.targets(n_classes))
        score = measured_score(found, y, head, parameters, n_classes, self.rng)
        return _Judgement(score, np.argmax(logits, axis=1) == y, loss)


@dataclass(frozen=True, eq=False)
class _Judgement:
    """Score and loss on the validation samples, and which of them are right."""

    score: Score
    right: NDArray[np.bool_]
    loss: float
