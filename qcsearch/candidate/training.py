"""Hyper-parameters of the training: the last part of a candidate."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from qcsearch.candidate import checks
from qcsearch.storage.canonical import Json

__all__ = ["TrainingOptions"]

GRADIENTS = ("adjoint", "parameter_shift", "finite_difference", "spsa")
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class TrainingOptions:
    """Hyper-parameters of one training.

    Names of optimizers and losses are looked up when the training starts, since plugins may add to them.

    Attributes:
        optimizer: `adam`, `amsgrad`, `sgd` or `lbfgs`.
        learning_rate: step size of the circuit's weights, > 0 (L-BFGS ignores it).
        head_rate: the head's step size as a multiple of `learning_rate`, > 0.
        schedule: `cosine` lowers the step size to 2 % over `steps`; `constant`.
        steps: upper bound on optimizer steps, ≥ 0.
        validate_every: steps between two validations, ≥ 1.
        batch_size: samples a step; None for the whole training split.
        loss: `cross_entropy`, `smoothed_cross_entropy` or `mse`; of numbers `squared_error`, `huber` or `quantile`; of
            several labels `binary_cross_entropy`.
        gradient: `adjoint`, `parameter_shift`, `finite_difference` or `spsa`.
        noise: train under the device's noise (True) or without (False).
        init_scale: weights start uniform in ±π × `init_scale`.
        weight_decay: a step shrinks each parameter, of circuit and head, by its step size times this, ≥ 0
            (L-BFGS ignores it).
        patience: stop after so many validations without improvement; None never stops early.
        target_accuracy: stop once the validation score, see `training.metrics`, reaches it; None for never.
        target_loss: stop once the training loss falls to it; None for never.

    Raises:
        CandidateError: if an option is out of its range or of the wrong type.
    """

    optimizer: str = "adam"
    learning_rate: float = 0.1
    head_rate: float = 3.0
    schedule: str = "cosine"
    steps: int = 300
    validate_every: int = 20
    batch_size: int | None = 128
    loss: str = "cross_entropy"
    gradient: str = "adjoint"
    noise: bool = True
    init_scale: float = 0.3
    weight_decay: float = 0.0
    patience: int | None = None
    target_accuracy: float | None = None
    target_loss: float | None = None

    def __post_init__(self) -> None:
        owner = "TrainingOptions"
        for name in ("optimizer", "loss"):
            checks.text(owner, name, getattr(self, name))
        checks.one_of(owner, "gradient", self.gradient, GRADIENTS)
        checks.one_of(owner, "schedule", self.schedule, SCHEDULES)
        checks.flag(owner, "noise", self.noise)
        clean: dict[str, float | int | None] = {}
        for name in ("learning_rate", "head_rate"):
            clean[name] = checks.number(owner, name, getattr(self, name), 0.0, above=True)
        for name in ("init_scale", "weight_decay"):
            clean[name] = checks.number(owner, name, getattr(self, name), 0.0)
        for name, low in {"steps": 0, "validate_every": 1}.items():
            clean[name] = checks.integer(owner, name, getattr(self, name), low)
        for name in ("batch_size", "patience"):
            clean[name] = checks.integer(owner, name, getattr(self, name), 1, optional=True)
        for name in ("target_accuracy", "target_loss"):
            clean[name] = checks.number(owner, name, getattr(self, name), optional=True)
        for name, value in clean.items():
            object.__setattr__(self, name, value)

    def to_json(self) -> dict[str, Json]:
        """Return the options as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> TrainingOptions:
        """Rebuild from `to_json`'s answer; what is missing has its default.

        Raises:
            CandidateError: if an option is unknown or wrong.
        """
        return cls(**checks.parts("The training", cls, data))
