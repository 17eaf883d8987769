"""The last training steps: the loop of the simulator, asking a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np

from qcsearch.data.splitting import Part
from qcsearch.deployment.deployment import Tuning
from qcsearch.deployment.diagnostics.score import Score, measured_score
from qcsearch.deployment.finetune.options import TuningOptions
from qcsearch.deployment.finetune.schedule import StepShots
from qcsearch.deployment.program import BackendProgram
from qcsearch.training.data import TrainingData
from qcsearch.training.expectations import Floats
from qcsearch.training.gradients import ParameterShift, Spsa
from qcsearch.training.heads import make_head
from qcsearch.training.loop.state import steps_done
from qcsearch.training.loop.task import Task
from qcsearch.training.loop.trainer import TrainingControl, fit
from qcsearch.training.losses import LOSSES
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import DRAWN

__all__ = ["StepDone", "Tuner"]

StepDone: TypeAlias = Callable[[str, int, int], None]
"""Called with the stage, what is done of it, and how much it is."""


@dataclass(frozen=True, eq=False)
class Tuner:
    """Takes training steps on a backend, and keeps them only if validation samples measured there say so.

    Attributes:
        model: the start.
        program: the model's circuit on the backend.
        train: the part that the steps are taken on.
        validation: the part that the decision is made on; it is measured twice.
        options: how the steps are taken.
        steps: how many, ≥ 0.
        rng: generator of batches, directions and error bars.
        step_done: called as the work goes on.
    """

    model: TrainedModel
    program: BackendProgram
    train: Part
    validation: Part
    options: TuningOptions
    steps: int
    rng: np.random.Generator
    step_done: StepDone

    def run(
        self, checkpoint: Path | None = None, may_step: Callable[[int], bool] = lambda _: True
    ) -> tuple[Tuning, TrainedModel]:
        """Take the steps; return what happened, and the model with the weights kept.

        The new weights are kept if more validation samples are right than before, or as many at a lower loss; of
        numbers if the mean squared error is lower.

        Args:
            checkpoint: written after each step, and resumed from.
            may_step: asked before each step, counted from 0; False ends them.
        """
        method = f"{self.options.gradient}, {self.options.optimizer}"
        before = self._measure("before", self.model)
        losses, tuned = self._steps(checkpoint, may_step) if self.steps else ((), self.model)
        if not losses:
            return Tuning(method, (), before.score, None, 0.0, 0.0, "before"), self.model
        after = self._measure("after", tuned)
        gains = after.merits - before.merits
        better = (gains.sum(), -after.loss) > (0.0, -before.loss)
        tuning = Tuning(
            method=method,
            losses=losses,
            before=before.score,
            after=after.score,
            gain=float(gains.mean()),
            gain_error=float(gains.std() / np.sqrt(max(1, len(gains) - 1))),
            shots=tuple(self.estimator().shots(step) for step in range(len(losses))),
            kept="after" if better else "before",
        )
        return tuning, tuned if better else self.model

    def step_work(self, step: int) -> tuple[BackendProgram, int]:
        """What a training step measures: a program, and how many sets of features and weights."""
        rows = min(self.options.batch_size, len(self.train))
        stepwise = self.estimator()
        rule = stepwise.estimator
        evaluations = 2 if isinstance(rule, Spsa) else 2 * len(rule.rule.shifts) + 1
        return stepwise.program.with_shots(stepwise.shots(step)), rows * evaluations

    def _steps(
        self, checkpoint: Path | None, may_step: Callable[[int], bool]
    ) -> tuple[tuple[float, ...], TrainedModel]:
        """The loss of each step, and the model after the last."""
        model, steps, done = self.model, self.steps, 0 if checkpoint is None else steps_done(checkpoint)
        may_begin = done >= steps or may_step(done)

        def stop(step: int, _: float | None) -> bool:
            self.step_done("tuning", step, steps)
            return step < steps and not may_step(step)

        task = Task(
            self.program,
            self.estimator(),
            make_head(model.candidate),
            self.options.training(model, steps),
            TrainingData(Part(model.features(self.train.X), self.train.y), model.target),
        )
        past = None if may_begin else 0.0  # a checkpoint is read, and no step is taken
        control = TrainingControl(past, stop, checkpoint)
        # The backend is given the angles that the input layer makes: the layer itself stays as it is.
        layer = model.parameters.input_layer
        start = replace(model.parameters, input_layer=DRAWN.input_layer)
        found = fit(task, self.rng, start=start, control=control)
        losses = tuple(record.loss for record in found.history if record.loss is not None)
        return losses, replace(model, parameters=replace(found.parameters, input_layer=layer))

    def estimator(self) -> StepShots:
        """The gradient, with the shots of each step."""
        estimator, program = self._estimator
        return StepShots(estimator, program, self.options.schedule, self.steps)

    @cached_property
    def _estimator(self) -> tuple[Spsa | ParameterShift, BackendProgram]:
        if self.options.gradient == "spsa" or not self.program.n_weights:
            return Spsa(self.program, size=self.options.perturbation), self.program
        rule = self.model.transpiled.occurrences
        shifted = self.program.with_circuit(rule.circuit, [*self.program.weights, *rule.shifts])
        shifted.check()
        return ParameterShift(shifted, rule), shifted

    def _measure(self, stage: str, model: TrainedModel) -> _ValidationResult:
        y, total = self.validation.y, len(self.validation)
        self.step_done(stage, 0, total)
        found = self.program.measure(model.features(self.validation.X), model.parameters.weights)
        self.step_done(stage, total, total)
        head = model.head
        logits = head.logits(found.values)
        loss, _ = LOSSES.create(model.candidate.training.loss)(logits, y, head.targets())
        score = measured_score(found, y, head, self.rng)
        return _ValidationResult(score, model.target.merits(y, model.target.answers(logits)), loss)


@dataclass(frozen=True, eq=False)
class _ValidationResult:
    """Score and loss on the validation samples, and how good the answer to each is (`Target.merits`)."""

    score: Score
    merits: Floats
    loss: float
