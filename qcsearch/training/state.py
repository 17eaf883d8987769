"""What changes during a training: all that a checkpoint holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qcsearch.errors import CandidateError, RunError
from qcsearch.training.checkpoint import read_checkpoint, write_checkpoint
from qcsearch.training.expectations import Floats
from qcsearch.training.fit import Record
from qcsearch.training.optimisers import OPTIMISERS, State
from qcsearch.training.task import Task

__all__ = ["TrainingState", "begin", "load_state", "save_state", "steps_done"]


@dataclass
class TrainingState:
    """What changes during a training, and all that a checkpoint holds."""

    theta: Floats
    memory: State
    seed: int
    step: int = 0
    loss: float | None = None
    best: Floats = field(default_factory=lambda: np.zeros(0))
    best_accuracy: float | None = None
    best_loss: float | None = None
    stale: int = 0
    converged: bool = False
    history: list[Record] = field(default_factory=list)


_PLAIN = ("seed", "step", "loss", "best_accuracy", "best_loss", "stale", "converged")


def begin(
    task: Task, rng: np.random.Generator, weights0: Floats | None, head0: Floats | None
) -> TrainingState:
    """The state before the first step.

    Raises:
        CandidateError: if start values have the wrong length or are not finite.
    """
    n_weights = task.program.n_weights
    if weights0 is None:
        weights0 = rng.uniform(-1.0, 1.0, n_weights) * np.pi * task.options.init_scale
    if head0 is None:
        head0 = task.head.initial(task.program.n_observables, task.n_classes, rng)
    for name, got, wanted in (("weights0", weights0, n_weights), ("head0", head0, task.n_head)):
        if np.shape(got) != (wanted,) or not np.all(np.isfinite(got)):
            raise CandidateError(
                f"The '{name}' parameter of fit must be {wanted} finite numbers. Got shape {np.shape(got)}."
            )
    theta = np.concatenate([weights0, head0]).astype(np.float64)
    memory = OPTIMISERS.create(task.options.optimizer).initial(len(theta))
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
    """Read a checkpoint of the same task; `fresh` says which arrays the optimiser has.

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
