"""How many QPU seconds a deployment may cost, and has cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qcsearch.errors import CeilingError, InputError

__all__ = ["Budget"]


@dataclass
class Budget:
    """The ceiling of a deployment.

    Attributes:
        max_seconds: QPU seconds that all its jobs together may cost, > 0.
        spent: says what they have cost so far.
        slowness: says by what factor they cost more than was estimated, ≥ 1.
        reserved: estimated seconds of what has to follow.
        settle: finds out what is still open of the bill, as far as that can be known by now.
    """

    max_seconds: float
    spent: Callable[[], float]
    slowness: Callable[[], float] = lambda: 1.0
    reserved: float = 0.0
    settle: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        if not 0 < self.max_seconds < float("inf"):
            raise InputError(f"The 'max_qpu_seconds' must be a number > 0. Got {self.max_seconds!r}.")

    @property
    def left(self) -> float:
        """Seconds that may still be spent, ≥ 0."""
        return max(0.0, self.max_seconds - self.spent())

    def bill(self) -> float:
        """What all jobs have cost when no more are to come for now."""
        self.settle()
        return self.spent()

    def allows(self, seconds: float) -> bool:
        """Whether work of so many estimated seconds fits under the ceiling, with what is reserved."""
        return self.spent() + self.slowness() * (seconds + self.reserved) <= self.max_seconds

    def check(self, seconds: float) -> None:
        """Refuse a job of so many estimated seconds if it does not fit.

        Raises:
            CeilingError: if it does not.
        """
        seconds *= self.slowness()
        if self.spent() + seconds > self.max_seconds:
            raise CeilingError(
                f"All jobs together may cost {self.max_seconds:g} QPU seconds. They have cost "
                f"{self.spent():.1f}, and the next takes about {seconds:.1f}.",
                fix="run the same command with a higher --max-qpu-seconds; it resumes where it stopped.",
            )
