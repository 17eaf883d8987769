"""What a request uses, in whole numbers, so that sums are exact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from qcsearch.serving.access.quota import Quota

__all__ = ["MEASURES", "NONE", "Amounts", "most"]

_MILLION = 10**6


@dataclass(frozen=True)
class Amounts:
    """What was used, or may be.

    Attributes:
        rows: samples.
        qpu_microseconds: of a quantum processor.
        microdollars: millionths of a US dollar.
    """

    rows: int = 0
    qpu_microseconds: int = 0
    microdollars: int = 0

    @classmethod
    def of(cls, rows: int = 0, qpu_seconds: float = 0.0, dollars: float = 0.0) -> Amounts:
        """From what a backend bills; parts of a millionth count as a whole one."""
        return cls(rows, _up(qpu_seconds), _up(dollars))

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    @property
    def parts(self) -> tuple[int, int, int]:
        """The three numbers."""
        return self.rows, self.qpu_microseconds, self.microdollars

    @property
    def qpu_seconds(self) -> float:
        """Seconds of a quantum processor."""
        return self.qpu_microseconds / _MILLION

    @property
    def dollars(self) -> float:
        """US dollars."""
        return self.microdollars / _MILLION

    @property
    def billed(self) -> bool:
        """Whether somebody is to be paid."""
        return self.qpu_microseconds > 0 or self.microdollars > 0


NONE = Amounts()

MEASURES = (("samples", 1), ("QPU seconds", _MILLION), ("dollars", _MILLION))
"""Names of the parts of `Amounts`, and how many of each are one."""


def most(quota: Quota) -> tuple[int | None, ...]:
    """What a quota allows of each part of `Amounts` a day; None for any number."""
    bounds = (quota.rows_per_day, quota.qpu_seconds_per_day, quota.dollars_per_day)
    return tuple(
        None if bound is None else math.floor(_exact(bound) * scale)
        for bound, (_, scale) in zip(bounds, MEASURES, strict=True)
    )


def _up(value: float) -> int:
    if not 0 <= value < math.inf:
        raise ValueError(f"what is used must be a number of at least 0, not {value!r}")
    return math.ceil(_exact(value) * _MILLION)


def _exact(value: float) -> Fraction:
    """The decimal number that a person wrote: 0.1 is a tenth, not the nearest double above it."""
    return Fraction(repr(float(value)))
