"""The training loop, one for exact engines and machines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from qcsearch.errors import CandidateError
from qcsearch.training.expectations import Floats
from qcsearch.training.gradients import Stepwise
from qcsearch.training.loop.fit import Fit, Record, Stop
from qcsearch.training.loop.state import TrainingState, begin, load_state, save_state
from qcsearch.training.loop.task import Task, batch_rows, random_at
from qcsearch.training.optimizers import OPTIMIZERS
from qcsearch.training.options import check_options
from qcsearch.training.parameters import DRAWN, Parameters

__all__ = ["UNCONTROLLED", "OnStep", "TrainingControl", "fit"]

OnStep: TypeAlias = Callable[[int, float | None], bool | None]
"""Called after each validation with steps done and validation score; True ends the training."""


@dataclass(frozen=True)
class TrainingControl:
    """Deadline, callback and checkpoint of a training.

    Attributes:
        deadline: in seconds of `time.monotonic`; passed by the first step at most, no other is begun that would.
        on_step: see `OnStep`.
        checkpoint: file to write at each validation, and to resume from if it is there; then start values and
            seed are those it was begun with.
        last: hand back the last weights, not those of the best validation: with few validation samples the best of
            many validations is mostly luck.
    """

    deadline: float | None = None
    on_step: OnStep | None = None
    checkpoint: str | Path | None = None
    last: bool = False


UNCONTROLLED = TrainingControl()
"""No deadline, no callback, no checkpoint."""


def fit(
    task: Task,
    rng: np.random.Generator,
    *,
    start: Parameters = DRAWN,
    control: TrainingControl = UNCONTROLLED,
) -> Fit:
    """Train circuit weights and head parameters together; keep those with the best validation.

    All randomness after the start is a function of one seed and the number of the step, so a training that
    resumes from a checkpoint ends, bit for bit, where an unbroken one does.

    Args:
        task: what is trained on what.
        rng: start values and the seed of everything else come from it.
        start: where to start; an empty part is drawn, weights uniformly in ±π · `init_scale`, the rest by the head.
        control: deadline, callback and checkpoint.

    Raises:
        CandidateError: on a bad option, or start values of the wrong length.
        RunError: if the checkpoint is from other data or options, or cannot be read.
    """
    options, estimator = task.options, task.estimator
    check_options(options)
    if OPTIMIZERS.create(options.optimizer).exact and not estimator.exact:
        raise CandidateError(
            f"The optimizer '{options.optimizer}' needs exact gradients. Got {type(estimator).__name__}.",
            fix="take the optimizer 'adam'.",
        )
    loop = _Loop(task, begin(task, rng, start), control)
    loop.load()
    return loop.run()


class _Loop:
    """Steps, validations and the reasons to stop."""

    def __init__(self, task: Task, state: TrainingState, control: TrainingControl) -> None:
        self.task, self.state = task, state
        self.deadline, self.on_step = control.deadline, control.on_step
        self.checkpoint = None if control.checkpoint is None else Path(control.checkpoint)
        self.last = control.last
        self.optimizer = OPTIMIZERS.create(task.options.optimizer)
        self.stepwise = task.estimator if isinstance(task.estimator, Stepwise) else None
        self.validation_seconds = self.step_seconds = 0.0
        self.idle = random_at(state.seed, 0)  # never drawn from

    def load(self) -> None:
        """Resume from the checkpoint, if it is there."""
        if self.checkpoint is not None and self.checkpoint.exists():
            self.state = load_state(self.checkpoint, self.task, self.state)

    def run(self) -> Fit:
        # Numbers that are not finite are looked for where they matter, and end the training with a reason.
        with np.errstate(all="ignore"):
            return self._run()

    def _run(self) -> Fit:
        state = self.state
        if not state.history:
            self.validate()
        while (stop := self.reason()) is None:
            if not self.advance():
                stop = Stop.DIVERGED
                break
            if state.step % self.task.options.validate_every == 0:
                self.validate()
                self.save()
                if self.on_step is not None and self.on_step(state.step, state.history[-1].validation_score):
                    stop = Stop.PRUNED
                    break
        self.save()  # before a validation that an unbroken training would not have made
        if state.history[-1].step < state.step:
            self.validate()
        history = tuple(state.history)
        kept = (state.best, state.best_score, state.best_loss)
        if self.last:
            kept = (state.theta, history[-1].validation_score, history[-1].validation_loss)
        return Fit(self.task.parameters(kept[0]), history, stop, state.step, *kept[1:])

    def reason(self) -> Stop | None:
        """Why the next step is not done, None if it is."""
        state, options = self.state, self.task.options
        if self.task.fitted_only:
            return Stop.FITTED
        if _reached(state.best_score, options.target_accuracy):
            return Stop.TARGET_ACCURACY
        if state.loss is not None and options.target_loss is not None and state.loss <= options.target_loss:
            return Stop.TARGET_LOSS
        if options.patience is not None and state.stale >= options.patience:
            return Stop.PLATEAU
        if state.converged:
            return Stop.CONVERGED
        if state.step >= options.steps:
            return Stop.STEPS
        # A validation still owed is paid for before the deadline, not after it, and a step as long as the last fits in.
        owed = self.validation_seconds if state.history[-1].step < state.step else 0.0
        if self.deadline is not None and time.monotonic() + self.step_seconds + owed >= self.deadline:
            return Stop.BUDGET
        return None

    def advance(self) -> bool:
        """One optimizer step; False, with nothing changed, if it led to a number that is not finite."""
        started = time.monotonic()
        moved = self._step()
        self.step_seconds = time.monotonic() - started
        return moved

    def _step(self) -> bool:
        state, task = self.state, self.task
        if self.stepwise is not None:
            task = replace(task, estimator=self.stepwise.at(state.step))
        size = None if self.optimizer.exact else task.options.batch_size
        rows = batch_rows(len(task.data.train), size, state.step, state.seed)

        def objective(theta: Floats) -> tuple[float, Floats]:
            return task.objective(theta, rows, self.generator())

        loss, gradient = objective(state.theta)
        if not (np.isfinite(loss) and np.all(np.isfinite(gradient))):
            return False
        rates = task.rates(state.step)
        theta, memory = self.optimizer.step(state.theta, gradient, state.memory, rates, objective)
        # Decoupled from the gradient: Loshchilov and Hutter 2019 (arXiv 1711.05101).
        decay = 0.0 if self.optimizer.exact else task.options.weight_decay
        theta = theta - decay * rates * state.theta
        if not np.all(np.isfinite(theta)):
            return False
        state.converged = self.optimizer.exact and bool(np.array_equal(theta, state.theta))
        state.theta, state.memory, state.loss, state.step = theta, memory, loss, state.step + 1
        return True

    def generator(self) -> np.random.Generator:
        """That of this step; where nothing is drawn any one will do: a new one costs time.

        An optimizer for exact gradients sees the same draw of shots at every step: it needs one function to minimise.
        """
        if self.task.estimator.exact and self.task.shots is None:
            return self.idle
        return random_at(self.state.seed, 0 if self.optimizer.exact else self.state.step)

    def validate(self) -> None:
        """Measure the present parameters; keep them if they are the best."""
        state, started = self.state, time.monotonic()
        score, loss = self.task.validate(state.theta)
        self.validation_seconds = time.monotonic() - started
        state.history.append(Record(state.step, state.loss, score, loss))
        if len(state.history) == 1 or _better(score, loss, state.best_score, state.best_loss):
            state.best, state.best_score, state.best_loss = state.theta, score, loss
            state.stale = 0
        else:
            state.stale += 1

    def save(self) -> None:
        if self.checkpoint is not None:
            save_state(self.checkpoint, self.task, self.state)


def _better(
    score: float | None, loss: float | None, best_score: float | None, best_loss: float | None
) -> bool:
    """A higher score wins, then a lower loss; without validation the newest wins."""
    if score is None or best_score is None:
        return True
    lower = loss is not None and (best_loss is None or loss < best_loss)
    return score > best_score or (score == best_score and lower)


def _reached(value: float | None, target: float | None) -> bool:
    return value is not None and target is not None and value >= target
