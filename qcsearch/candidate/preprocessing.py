"""How raw features become angles: the first part of a candidate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from qcsearch.candidate import checks
from qcsearch.candidate.choice import Choice
from qcsearch.storage.canonical import Json

__all__ = ["Preprocessing"]

SCALINGS = ("minmax", "maxabs", "standard", "none")


@dataclass(frozen=True)
class Preprocessing:
    """How raw features become angles; fitted on the training split only.

    Attributes:
        reduction: `none`, `pool`, `pca`, `lda`, `tsne` or `autoencoder`, with its number of components or size.
        scaling: `minmax`, `maxabs` or `standard`; or `none`, which leaves all features as they are, those that never
            vary too, as the numbers of quantum states must be.
        angle_range: radians, low < high, less than 2π apart; scaled values are clipped into it, never wrapped.

    Raises:
        CandidateError: if the scaling is unknown or does not go with the reduction, or the range is not one.
    """

    reduction: Choice = field(default_factory=lambda: Choice("none"))
    scaling: str = "minmax"
    angle_range: tuple[float, float] = (-math.pi / 2, math.pi / 2)

    def __post_init__(self) -> None:
        if not isinstance(self.reduction, Choice):
            raise checks.refuse("a preprocessing", "reduction", "a Choice", self.reduction)
        checks.one_of("a preprocessing", "scaling", self.scaling, SCALINGS)
        if self.scaling == "none" and self.reduction.name != "none":
            raise checks.refuse(
                "a preprocessing", "scaling", "one that scales, after a reduction", self.scaling
            )
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
        parts = checks.parts("A preprocessing", cls, data)
        if "reduction" in parts:
            parts["reduction"] = Choice.from_json(parts["reduction"])
        return cls(**parts)


def _angle_range(value: Any) -> tuple[float, float]:
    wanted = "two angles, low < high, less than 2π apart, so that no two values mean one rotation"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise checks.refuse("a preprocessing", "angle_range", wanted, value)
    low, high = (checks.number("a preprocessing", "angle_range", angle) for angle in value)
    if not 0 < high - low < 2 * math.pi:
        raise checks.refuse("a preprocessing", "angle_range", wanted, value)
    return low, high
