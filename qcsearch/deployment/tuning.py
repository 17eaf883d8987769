"""The last training steps: the loop of the simulator, asking a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.data.split import Part
from qcsearch.deployment.deployment import Tuning
from qcsearch.deployment.measurement import Estimates
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.score import Score, measured_score
from qcsearch.errors import InputError
from qcsearch.training.expectations import Floats
from qcsearch.training.gradients import GradientEstimator, ParameterShift, Spsa
from qcsearch.training.losses import LOSSES
from qcsearch.training.model import TrainedModel
from qcsearch.training.trainer import fit

__all__ = ["StepDone", "TuningOptions", "tune"]

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


def tune(
    model: TrainedModel,
    program: BackendProgram,
    train: Part,
    validation: Part,
    steps: int,
    rng: np.random.Generator,
    options: TuningOptions,
    checkpoint: Path | None,
    step_done: StepDone,
) -> tuple[Tuning, TrainedModel]:
    """Take `steps` on the backend, and keep them if the validation samples, measured there, say so.

    The new weights are kept if more validation samples are right than before, or as many at a lower loss.

    Args:
        model: the start.
        program: the model's circuit on the backend.
        train: what the steps are taken on.
        validation: what the decision is made on; measured twice.
        steps: ≥ 0.
        rng: of batches and directions.
        options: see there.
        checkpoint: file to go on from if it is there.
        step_done: called as the work goes on.

    Returns:
        What happened, and the model with the weights kept.
    """
    judge = _Judge(model, program, validation, rng)
    step_done("before", 0, len(validation))
    before = judge.measure(model)
    step_done("before", len(validation), len(validation))
    method = f"{options.gradient}, {options.optimizer}"
    if steps == 0:
        return Tuning(method, (), judge.score(model, before), None, 0.0, 0.0, "before"), model
    losses, tuned = _steps(model, program, train, steps, rng, options, checkpoint, step_done)
    step_done("after", 0, len(validation))
    after = judge.measure(tuned)
    step_done("after", len(validation), len(validation))
    right_before, loss_before = judge.right(model, before)
    right_after, loss_after = judge.right(tuned, after)
    gains = right_after.astype(float) - right_before
    better = (gains.sum(), -loss_after) > (0.0, -loss_before)
    tuning = Tuning(
        method=method,
        losses=losses,
        before=judge.score(model, before),
        after=judge.score(tuned, after),
        gain=float(gains.mean()),
        gain_error=float(gains.std() / np.sqrt(max(1, len(gains) - 1))),
        kept="after" if better else "before",
    )
    return tuning, tuned if better else model


def _steps(
    model: TrainedModel,
    program: BackendProgram,
    train: Part,
    steps: int,
    rng: np.random.Generator,
    options: TuningOptions,
    checkpoint: Path | None,
    step_done: StepDone,
) -> tuple[tuple[float, ...], TrainedModel]:
    """The loss of each step, and the model after the last."""
    found = fit(
        program,
        model.features(train.X),
        train.y,
        None,
        None,
        model.head,
        options.training(model, steps),
        model.n_classes,
        rng,
        model.weights,
        head0=model.head_parameters,
        estimator=_estimator(model, program, options),
        on_step=lambda step, _: step_done("tuning", step, steps),
        checkpoint=checkpoint,
    )
    losses = tuple(record.loss for record in found.history if record.loss is not None)
    return losses, replace(model, weights=found.weights, head_parameters=found.head_parameters)


def _estimator(model: TrainedModel, program: BackendProgram, options: TuningOptions) -> GradientEstimator:
    if options.gradient == "spsa" or not program.n_weights:
        return Spsa(program, size=options.perturbation)
    rule = model.assembly.occurrences
    return ParameterShift(program.with_circuit(rule.circuit, [*program.weights, *rule.shifts]), rule)


class _Judge:
    """Measures a model on the validation samples."""

    def __init__(
        self, model: TrainedModel, program: BackendProgram, part: Part, rng: np.random.Generator
    ) -> None:
        self.program, self.y, self.rng = program, part.y, rng
        self.features = model.features(part.X)

    def measure(self, model: TrainedModel) -> Estimates:
        return self.program.measure(self.features, model.weights)

    def score(self, model: TrainedModel, found: Estimates) -> Score:
        return measured_score(found, self.y, model.head, model.head_parameters, model.n_classes, self.rng)

    def right(self, model: TrainedModel, found: Estimates) -> tuple[NDArray[np.bool_], float]:
        """Which samples are right, and the loss."""
        logits: Floats = model.head.logits(found.values, model.head_parameters, model.n_classes)
        loss = LOSSES.create(model.candidate.training.loss)
        value, _ = loss(logits, self.y, model.head.targets(model.n_classes))
        return np.argmax(logits, axis=1) == self.y, value
