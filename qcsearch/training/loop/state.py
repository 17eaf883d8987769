"""What changes during a training: all that a checkpoint holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qcsearch.errors import CandidateError, RunError
from qcsearch.training.expectations import Floats
from qcsearch.training.loop.checkpoint import read_checkpoint, write_checkpoint
from qcsearch.training.loop.fit import Record
from qcsearch.training.loop.task import Task
from qcsearch.training.optimizers import OPTIMIZERS, State
from qcsearch.training.parameters import Parameters

__all__ = ["TrainingState", "begin", "load_state", "save_state", "steps_done"]


@dataclass
class TrainingState:
    """What changes during a training, and all that a checkpoint holds.

    Attributes:
        theta: all parameters, in the order of `Parameters.vector`.
        memory: what the optimizer remembers.
        seed: batches and directions follow from it and the number of the step, so no generator is kept.
        step: optimizer steps done.
        loss: training loss at the last step, None before the first.
        best: `theta` of the best validation so far.
        best_score: its validation accuracy, None without validation data.
        best_loss: its validation loss, None without validation data, or if it was not finite.
        stale: validations since the best one, for the option `patience`.
        converged: whether the last step of an exact optimizer changed nothing.
        history: the validations in order.
    """

    theta: Floats
    memory: State
    seed: int
    step: int = 0
    loss: float | None = None
    best: Floats = field(default_factory=lambda: np.zeros(0))
    best_score: float | None = None
    best_loss: float | None = None
    stale: int = 0
    converged: bool = False
    history: list[Record] = field(default_factory=list)


_PLAIN = ("seed", "step", "loss", "best_score", "best_loss", "stale", "converged")


def begin(task: Task, rng: np.random.Generator, start: Parameters) -> TrainingState:
    """The state before the first step.

    Args:
        task: what is trained.
        rng: of what is drawn, and of the seed of all that follows.
        start: an empty part of it is drawn, but for the input layer.

    Raises:
        CandidateError: if start values have the wrong length or are not finite.
    """
    n_weights, weights, head = task.program.n_weights, start.weights, start.head
    if not np.size(weights):
        weights = rng.uniform(-1.0, 1.0, n_weights) * np.pi * task.options.init_scale
    if not np.size(head):
        head = task.head.initial(task.program.n_observables, task.data.target.n_outputs, rng)
    parts = {"weights": (weights, n_weights), "input_layer": (start.input_layer, task.n_input_layer)}
    for name, (got, wanted) in (parts | {"head": (head, task.n_head)}).items():
        if np.shape(got) != (wanted,) or not np.all(np.isfinite(got)):
            raise CandidateError(
                f"The '{name}' that a training starts from must be {wanted} finite numbers. Got shape {np.shape(got)}."
            )
    theta = Parameters(weights, head, start.input_layer).vector.astype(np.float64)
    memory = OPTIMIZERS.create(task.options.optimizer).initial(len(theta))
    return TrainingState(theta, memory, int(rng.integers(2**63)), best=theta)


def save_state(path: Path, task: Task, state: TrainingState) -> None:
    """Write a checkpoint."""
    arrays = {"theta": state.theta, "best": state.best} | {f"memory.{k}": v for k, v in state.memory.items()}
    meta = {name: getattr(state, name) for name in _PLAIN}
    write_checkpoint(
        path, arrays, meta | {"history": [r.to_json() for r in state.history], "task": task.digest}
    )


def steps_done(path: Path) -> int:
    """How many steps a checkpoint is after; 0 if there is none.

    Raises:
        RunError: if it cannot be read.
    """
    return int(read_checkpoint(path)[1]["step"]) if path.exists() else 0


def load_state(path: Path, task: Task, fresh: TrainingState) -> TrainingState:
    """Read a checkpoint of the same task; `fresh` says which arrays the optimizer has.

    Raises:
        RunError: if it is from another training, or cannot be read.
    """
    arrays, meta = read_checkpoint(path)
    if not isinstance(meta, dict) or meta.get("task") != task.digest:
        raise RunError(
            f"The checkpoint {path} is from another training: another circuit, other data, head or options.",
            fix="give another path, or delete it to train from the beginning.",
        )
    memory: State = {name: arrays[f"memory.{name}"] for name in fresh.memory}
    plain: dict[str, Any] = {name: meta[name] for name in _PLAIN}
    history = [Record(**record) for record in meta["history"]]
    return TrainingState(arrays["theta"], memory, best=arrays["best"], history=history, **plain)
