"""The parts of a candidate: choice, preprocessing, training options; each checked when it is made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from qcsearch import canonical
from qcsearch.canonical import Json
from qcsearch.circuits import checks
from qcsearch.errors import CandidateError
from qcsearch.limits import MAX_DEPTH
from qcsearch.spelling import meant

__all__ = ["Choice", "Preprocessing", "TrainingOptions"]

SCALINGS = ("minmax", "maxabs", "standard")
GRADIENTS = ("adjoint", "parameter_shift", "finite_difference", "spsa")
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class Choice:
    """One alternative of a family, by its registered name, with its settings.

    Equal when the canonical JSON is equal: a tuple and a list of one content are, 1 and 1.0 are not.

    Attributes:
        name: as registered (`angle`, `hardware_efficient`, `linear`, …).
        settings: keyword arguments of the alternative; JSON values.

    Raises:
        CandidateError: if the name is no text, or the settings are not JSON.
    """

    name: str
    settings: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or not isinstance(self.settings, Mapping):
            raise CandidateError(
                "A choice must be a name with settings. "
                f"Got {checks.short(self.name)}, {checks.short(self.settings)}."
            )
        try:
            text = canonical.dumps(dict(self.settings))
            (self.name + text).encode()
            # What is as short as that cannot be nested too deeply, and what was written here needs no other check.
            settings = json.loads(text) if len(text) <= 2 * MAX_DEPTH else canonical.loads(text)
            object.__setattr__(self, "settings", settings)
        except (TypeError, ValueError, RecursionError) as error:
            raise CandidateError(
                f"The settings of {checks.short(self.name)} must be JSON values: {error}."
            ) from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Choice):
            return NotImplemented
        return self.name == other.name and canonical.dumps(self.settings) == canonical.dumps(other.settings)

    def __hash__(self) -> int:
        return hash((self.name, canonical.dumps(self.settings)))

    def to_json(self) -> dict[str, Json]:
        """Return `{"name": …, "settings": {…}}`."""
        return {"name": self.name, "settings": canonical.loads(canonical.dumps(self.settings))}

    @classmethod
    def from_json(cls, data: Json) -> Choice:
        """Rebuild from `to_json`'s answer, or from the bare name.

        Raises:
            CandidateError: if it is neither.
        """
        if isinstance(data, str):
            return cls(data)
        if isinstance(data, dict) and {"name"} <= set(data) <= {"name", "settings"}:
            return cls(data["name"], data.get("settings", {}))
        strange = [key for key in data if key not in ("name", "settings")] if isinstance(data, dict) else []
        raise CandidateError(
            f"A choice must be a name or {{name, settings}}. Got {checks.short(data)}.",
            meant(strange[0], ("name", "settings")) if strange else None,
        )


@dataclass(frozen=True)
class Preprocessing:
    """How raw features become angles; fitted on the training split only.

    Attributes:
        reduction: `none`, `pool`, `pca`, `lda` or `autoencoder`, with its number of components or size.
        scaling: `minmax`, `maxabs` or `standard`.
        angle_range: radians, low < high, less than 2π apart; scaled values are clipped into it, never
        wrapped.

    Raises:
        CandidateError: if the scaling is unknown or the range is not one.
    """

    reduction: Choice = Choice("none")
    scaling: str = "minmax"
    angle_range: tuple[float, float] = (-math.pi / 2, math.pi / 2)

    def __post_init__(self) -> None:
        if not isinstance(self.reduction, Choice):
            raise checks.refuse("a preprocessing", "reduction", "a Choice", self.reduction)
        checks.one_of("a preprocessing", "scaling", self.scaling, SCALINGS)
        object.__setattr__(self, "angle_range", _angle_range(self.angle_range))

    def to_json(self) -> dict[str, Json]:
        """Return the preprocessing as JSON values."""
        return {
            "reduction": self.reduction.to_json(),
            "scaling": self.scaling,
            "angle_range": list(self.angle_range),
        }

    @classmethod
    def from_json(cls, data: Json) -> Preprocessing:
        """Rebuild from `to_json`'s answer; what is missing has its default.

        Raises:
            CandidateError: if a part is unknown or wrong.
        """
        parts = _parts("A preprocessing", cls, data)
        if "reduction" in parts:
            parts["reduction"] = Choice.from_json(parts["reduction"])
        return cls(**parts)


@dataclass(frozen=True)
class TrainingOptions:
    """Hyper-parameters of one training.

    Names of optimisers and losses are looked up when the training starts, since plugins may add to them.

    Attributes:
        optimizer: `adam`, `amsgrad`, `sgd` or `lbfgs`.
        learning_rate: step size of the circuit's weights, > 0 (L-BFGS ignores it).
        head_rate: the head's step size as a multiple of `learning_rate`, > 0.
        schedule: `cosine` lowers the step size to 2 % over `steps`; `constant`.
        steps: upper bound on optimiser steps, ≥ 0.
        validate_every: steps between two validations, ≥ 1.
        batch_size: samples a step; None for the whole training split.
        loss: `cross_entropy`, `smoothed_cross_entropy` or `mse`.
        gradient: `adjoint`, `parameter_shift`, `finite_difference` or `spsa`.
        noise: train under the device's noise (True) or without (False).
        init_scale: weights start uniform in ±π × `init_scale`.
        weight_decay: a step shrinks each parameter, of circuit and head, by its step size times this, ≥ 0
            (L-BFGS ignores it).
        patience: stop after so many validations without improvement; None never stops early.
        target_accuracy: stop once the validation accuracy reaches it; None for never.
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

        The `l2` of earlier runs and bundles, which was of the head alone, is left out: their training is over.

        Raises:
            CandidateError: if an option is unknown or wrong.
        """
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if name != "l2"}
        return cls(**_parts("The training", cls, data))


def _angle_range(value: Any) -> tuple[float, float]:
    wanted = "two angles, low < high, less than 2π apart, so that no two values mean one rotation"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise checks.refuse("a preprocessing", "angle_range", wanted, value)
    low, high = (checks.number("a preprocessing", "angle_range", angle) for angle in value)
    if not 0 < high - low < 2 * math.pi:
        raise checks.refuse("a preprocessing", "angle_range", wanted, value)
    return low, high


def _parts(owner: str, cls: type[Any], data: Json) -> dict[str, Json]:
    """A copy of `data` if it is an object that names only fields of `cls`."""
    if not isinstance(data, dict):
        raise CandidateError(f"{owner} must be an object. Got {checks.short(data)}.")
    known = [f.name for f in fields(cls)]
    if unknown := [key for key in data if key not in known]:
        raise CandidateError(
            f"{owner} has no part {checks.short(unknown[0])}. Known: {', '.join(known)}.",
            meant(unknown[0], known),
        )
    return dict(data)
