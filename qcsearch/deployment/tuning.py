"""The last training steps: the loop of the simulator, asking a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.data.split import Part
from qcsearch.deployment.deployment import Tuning
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.score import Score, measured_score
from qcsearch.errors import InputError
from qcsearch.training.gradients import ParameterShift, Spsa
from qcsearch.training.losses import LOSSES
from qcsearch.training.model import TrainedModel
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
    """

    gradient: str = "spsa"
    optimizer: str = "adam"
    learning_rate: float = 0.01
    head_rate: float = 4.0
    batch_size: int = 32
    perturbation: float = 0.15

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

    def training(self, model: TrainedModel, steps: int) -> TrainingOptions:
        """Options for the training loop; loss and decay are those the model was trained with."""
        return replace(
            model.candidate.training,
            gradient=self.gradient,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            head_rate=self.head_rate,
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
        self, steps: int, checkpoint: Path | None = None, may_step: Callable[[], bool] = lambda: True
    ) -> tuple[Tuning, TrainedModel]:
        """Take `steps`; return what happened, and the model with the weights kept.

        The new weights are kept if more validation samples are right than before, or as many at a lower loss.

        Args:
            steps: how many, ≥ 0.
            checkpoint: written after each step, and gone on from.
            may_step: asked before each step; False ends them.
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
            kept="after" if better else "before",
        )
        return tuning, tuned if better else self.model

    def step_work(self) -> tuple[BackendProgram, int]:
        """What one training step measures: a program, and how many sets of features and weights."""
        rows = min(self.options.batch_size, len(self.train))
        estimator = self._estimator()
        evaluations = 2 if isinstance(estimator, Spsa) else 2 * len(estimator.rule.shifts) + 1
        return cast(BackendProgram, estimator.program), rows * evaluations

    def _steps(
        self, steps: int, checkpoint: Path | None, may_step: Callable[[], bool]
    ) -> tuple[tuple[float, ...], TrainedModel]:
        """The loss of each step, and the model after the last."""
        model = self.model

        def stop(step: int, _: float | None) -> bool:
            self.step_done("tuning", step, steps)
            return not may_step()

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
            estimator=self._estimator(),
            deadline=None if may_step() else 0.0,  # past: a checkpoint is read, and no step is taken
            on_step=stop,
            checkpoint=checkpoint,
        )
        losses = tuple(record.loss for record in found.history if record.loss is not None)
        return losses, replace(model, weights=found.weights, head_parameters=found.head_parameters)

    def _estimator(self) -> Spsa | ParameterShift:
        if self.options.gradient == "spsa" or not self.program.n_weights:
            return Spsa(self.program, size=self.options.perturbation)
        rule = self.model.assembly.occurrences
        weights = [*self.program.weights, *rule.shifts]
        return ParameterShift(self.program.with_circuit(rule.circuit, weights), rule)

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
