"""What a key may use, a second and a day."""

from __future__ import annotations

from dataclasses import dataclass, fields

from qcsearch.errors import InputError

__all__ = ["UNBOUNDED", "Quota"]

_MOST = 1e12


@dataclass(frozen=True)
class Quota:
    """Of one key; None is no bound. A day is one of UTC.

    Attributes:
        requests_per_second: on average; as many may come at once as in one second.
        rows_per_day: samples that are predicted.
        qpu_seconds_per_day: of a quantum processor, as its backend bills them.
        dollars_per_day: the same in US dollars.
    """

    requests_per_second: float | None = None
    rows_per_day: int | None = None
    qpu_seconds_per_day: float | None = None
    dollars_per_day: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 <= value <= _MOST:
                raise InputError(
                    f"The {field.name.replace('_', ' ')} of a key must be in [0, {_MOST:g}]. Got {value:g}."
                )
        if self.requests_per_second == 0:
            raise InputError("The requests per second of a key must be above 0. Got 0.", "revoke the key.")

    @property
    def daily(self) -> bool:
        """Whether it bounds anything that is summed over a day."""
        return (self.rows_per_day, self.qpu_seconds_per_day, self.dollars_per_day) != (None, None, None)


UNBOUNDED = Quota()
