"""The checks on a candidate's training options: a bad one is refused before any work."""

from __future__ import annotations

import math

from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.errors import CandidateError
from qcsearch.training.gradients import GRADIENTS
from qcsearch.training.losses import LOSSES
from qcsearch.training.optimisers import OPTIMISERS

__all__ = ["check_options"]

SCHEDULES = ("constant", "cosine")


def check_options(options: TrainingOptions) -> None:
    """Check every training option.

    Raises:
        CandidateError: one sentence for the first that is wrong.
    """
    _check_names(options)
    _check_integers(options)
    for name, low in {"learning_rate": 0.0, "head_rate": 0.0, "init_scale": 0.0, "l2": 0.0}.items():
        value = getattr(options, name)
        open_end = name in ("learning_rate", "head_rate")
        if not (_is_number(value) and (value > low if open_end else value >= low)):
            _refuse(name, f"a number {'>' if open_end else '>='} 0", value)
    for name in ("target_accuracy", "target_loss"):
        value = getattr(options, name)
        if value is not None and not _is_number(value):
            _refuse(name, "a number or None", value)
    if not isinstance(options.noise, bool):
        _refuse("noise", "True or False", options.noise)


def _check_names(options: TrainingOptions) -> None:
    OPTIMISERS.get(options.optimizer)
    LOSSES.get(options.loss)
    if options.gradient not in GRADIENTS:
        _refuse("gradient", f"one of {', '.join(GRADIENTS)}", options.gradient)
    if options.schedule not in SCHEDULES:
        _refuse("schedule", f"one of {', '.join(SCHEDULES)}", options.schedule)
    if OPTIMISERS.create(options.optimizer).exact and options.gradient not in ("adjoint", "parameter_shift"):
        raise CandidateError(
            f"The optimizer '{options.optimizer}' needs exact gradients. Got gradient '{options.gradient}'.",
            fix="take the gradient 'adjoint', or the optimizer 'adam'.",
        )


def _check_integers(options: TrainingOptions) -> None:
    for name, low in {"steps": 0, "batch_size": 1, "patience": 1, "validate_every": 1}.items():
        value = getattr(options, name)
        if value is None and name in ("batch_size", "patience"):
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            _refuse(name, f"an int >= {low}", value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(name: str, what: str, value: object) -> None:
    raise CandidateError(f"The '{name}' parameter of TrainingOptions must be {what}. Got {value!r}.")
