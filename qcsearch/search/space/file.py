"""The search-space file as pydantic reads it: all its keys and their limits."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from qcsearch.candidate import checks
from qcsearch.candidate.choice import Choice
from qcsearch.storage import canonical

__all__ = ["STATE", "IntRange", "LogRange", "Part", "SpaceFile"]

_PAULIS = "XYZ"

STATE = "state"
"""The scheme of all Pauli strings of the measured qubits: their whole state."""


class Part(BaseModel):
    """A part of the file: unknown keys are refused, numbers are not made of strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Alternative(Part):
    """One alternative of a choice; the bare name stands for a name without settings."""

    name: str
    settings: dict[str, Any] = {}

    @field_validator("settings")
    @classmethod
    def _json(cls, settings: dict[str, Any]) -> dict[str, Any]:
        try:
            canonical.dumps(settings).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"settings are text, numbers, truth values and lists of them: {error}") from None
        return settings

    @property
    def choice(self) -> Choice:
        """The candidate's form of it."""
        return Choice.from_json({"name": self.name, "settings": self.settings})

    @property
    def label(self) -> str:
        """How a trial and a start point name it: `pca(n_components=8)`."""
        if not self.settings:
            return self.name
        values = ",".join(f"{key}={_plain(value)}" for key, value in sorted(self.settings.items()))
        return f"{self.name}({values})"


class IntRange(Part):
    """Whole numbers from `min` to `max`, both included, every `step`-th."""

    min: int
    max: int
    step: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> IntRange:
        if self.min > self.max:
            raise ValueError("'min' must not be above 'max'")
        return self


class LogRange(Part):
    """Numbers from `min` to `max`, drawn evenly in their logarithm."""

    min: float = Field(gt=0)
    max: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> LogRange:
        if self.min > self.max:
            raise ValueError("'min' must not be above 'max'")
        return self


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "+".join(_plain(item) for item in value)
    return value if isinstance(value, str) else canonical.dumps(value)


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _one_int(value: Any) -> Any:
    fixed = isinstance(value, int) and not isinstance(value, bool)
    return {"min": value, "max": value} if fixed else value


def _one_number(value: Any) -> Any:
    fixed = isinstance(value, int | float) and not isinstance(value, bool)
    return {"min": value, "max": value} if fixed else value


Named = Annotated[Alternative, BeforeValidator(_named)]
Alternatives = Annotated[tuple[Named, ...], Field(min_length=1, strict=False)]
Ints = Annotated[IntRange, BeforeValidator(_one_int)]
Rate = Annotated[LogRange, BeforeValidator(_one_number)]
Names = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
Numbers = Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1, strict=False)]
Counts = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, strict=False)]
Interval = Annotated[tuple[float, float], Field(strict=False)]


class PreprocessingPart(Part):
    """From raw features to angles."""

    reductions: Alternatives = (Alternative(name="none"),)
    scalings: Names = ("minmax",)
    angle_ranges_pi: Annotated[tuple[Interval, ...], Field(min_length=1, strict=False)] = ((-0.5, 0.5),)

    @model_validator(mode="after")
    def _inside(self) -> PreprocessingPart:
        for low, high in self.angle_ranges_pi:
            if not (math.isfinite(low) and math.isfinite(high) and low < high < low + 2):
                raise ValueError(
                    f"'angle_ranges_pi' holds [low, high] in units of π, low < high < low + 2, "
                    f"not [{low:g}, {high:g}]"
                )
        return self


class CircuitPart(Part):
    """From angles to measured values."""

    n_qubits: Ints
    n_layers: Ints
    encodings: Alternatives
    ansatze: Alternatives
    regions: int = Field(default=3, ge=1, le=100)
    shape: Literal["any", "line"] = "any"
    observables: Names = ("Z",)
    measured: Annotated[tuple[str | int, ...], Field(min_length=1, strict=False)] = ("all",)
    heads: Alternatives = (Alternative(name="linear"),)
    input_layers: Alternatives = (Alternative(name="none"),)

    @model_validator(mode="after")
    def _sensible(self) -> CircuitPart:
        if self.n_qubits.min < 1 or self.n_layers.min < 1:
            raise ValueError("'n_qubits' and 'n_layers' begin at 1 or above")
        if self.n_layers.max > checks.MAX_LAYERS:
            raise ValueError(f"'n_layers' ends at {checks.MAX_LAYERS} or below")
        for scheme in self.observables:
            terms = scheme.split("+")
            if scheme != STATE and not all(
                len(term) in (1, 2) and set(term) <= set(_PAULIS) for term in terms
            ):
                raise ValueError(
                    "'observables' are Paulis joined by +, such as 'Z', 'Z+X' or 'Z+ZZ', or 'state', "
                    f"not {scheme!r}"
                )
        for count in self.measured:
            if count != "all" and not (isinstance(count, int) and count >= 1):
                raise ValueError(f"'measured' holds \"all\" or numbers of qubits ≥ 1, not {count!r}")
        return self


class TrainingPart(Part):
    """How each candidate is trained."""

    optimizers: Names = ("adam",)
    learning_rate: Rate = LogRange(min=0.01, max=0.2)
    head_rate: Rate = LogRange(min=1.0, max=1.0)
    steps: Ints = IntRange(min=200, max=200)
    batch_sizes: Counts = (128,)
    losses: Names = ("cross_entropy",)
    init_scales: Numbers = (0.3,)
    weight_decays: Numbers = (0.0,)
    noise: bool = True
    schedule: str = "cosine"
    validate_every: int = Field(default=10, ge=1)
    patience: int | None = Field(default=None, ge=1)
    target_accuracy: float | None = Field(default=None, gt=0, le=1)
    max_seconds: float | None = Field(default=None, gt=0)


class ConstraintsPart(Part):
    """What a candidate's mapped circuit may cost at most; None is no limit."""

    max_two_qubit_gates: int | None = Field(default=None, ge=0)
    max_depth: int | None = Field(default=None, ge=1)
    max_parameters: int | None = Field(default=None, ge=0)
    max_circuit_parameters: int | None = Field(default=None, ge=0)
    max_feature_map_parameters: int | None = Field(default=None, ge=0)
    max_input_layer_parameters: int | None = Field(default=None, ge=0)
    max_head_parameters: int | None = Field(default=None, ge=0)
    max_duration_us: float | None = Field(default=None, gt=0)
    max_duration_over_t2: float | None = Field(default=None, gt=0)
    min_estimated_success_probability: float | None = Field(default=None, gt=0, lt=1)


class PredictorPart(Alternative):
    """A training-free figure of every candidate; beyond a limit it is not trained."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> PredictorPart:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("'min' must not be above 'max'")
        return self

    @property
    def limits(self) -> str:
        """In words, for a person."""
        shown = [f"{sign} {x:g}" for sign, x in (("≥", self.min), ("≤", self.max)) if x is not None]
        return ", ".join(shown) or "recorded"


class LadderPart(Part):
    """Successive halving: see `strategies.base.Ladder`."""

    rungs: int = Field(default=2, ge=0, le=8)
    reduction_factor: int = Field(default=3, ge=2, le=16)


class RefitPart(Part):
    """How the best are trained again before one is chosen."""

    top: int = Field(default=3, ge=1, le=50)
    seeds: int = Field(default=3, ge=1, le=50)
    steps_factor: float = Field(default=2.0, gt=0, le=1000)


class SmallPart(Part):
    """What holds of small data, where one validation part has too few samples to choose by."""

    below: int = Field(default=80, ge=0)
    folds: int = Field(default=5, ge=2, le=20)
    top: int = Field(default=4, ge=1, le=50)
    repeats: int = Field(default=2, ge=1, le=50)
    steps: Ints | None = None
    weight_decays: Numbers | None = None


class SpaceFile(Part):
    """A whole file."""

    description: str
    preprocessing: PreprocessingPart = PreprocessingPart()
    circuit: CircuitPart
    training: TrainingPart = TrainingPart()
    constraints: ConstraintsPart = ConstraintsPart()
    predictors: Annotated[tuple[PredictorPart, ...], Field(strict=False)] = ()
    ladder: LadderPart = LadderPart()
    refit: RefitPart = RefitPart()
    small: SmallPart = SmallPart()
    start: Annotated[tuple[dict[str, str | int | float], ...], Field(strict=False)] = ()

    @property
    def of_small(self) -> SpaceFile:
        """The same for small data."""
        own = {"steps": self.small.steps, "weight_decays": self.small.weight_decays}
        training = self.training.model_copy(update={key: value for key, value in own.items() if value})
        return self.model_copy(update={"training": training})
