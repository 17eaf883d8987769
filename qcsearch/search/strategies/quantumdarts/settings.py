"""What a person may choose of QuantumDARTS."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import NonNegativeInt, PositiveFloat

__all__ = ["QuantumDARTSSettings"]


@dataclass(frozen=True)
class QuantumDARTSSettings:
    """Options of the strategy, known to it and to the search that it runs.

    Attributes:
        steps: number of steps of the search.
        angle_rate: Adam's step size of angles, in radians, and of the head.
        logit_rate: Adam's step size of logits.
        temperatures: of the softmax, at the first and the last step; it falls exponentially.
        micro: one cell, chosen once and repeated in every layer with angles of its own, instead of the whole circuit.
    """

    steps: NonNegativeInt = 600
    angle_rate: PositiveFloat = 0.05
    logit_rate: PositiveFloat = 0.1
    temperatures: tuple[PositiveFloat, PositiveFloat] = (2.0, 0.2)
    micro: bool = False
