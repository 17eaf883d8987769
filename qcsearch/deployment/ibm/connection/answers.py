"""What the service says, read with care: a figure that can be used, or none."""

from __future__ import annotations

import re
from typing import Any

from qcsearch.deployment.ibm.options import LONGEST_JOB
from qcsearch.errors import ServiceError

__all__ = ["accrued_seconds", "charged_seconds", "checked_id", "limit_reached", "plausible_seconds"]


def charged_seconds(metrics: object, most: float = LONGEST_JOB) -> float | None:
    """QPU seconds that a job cost; None while that is pending, or what is said of it cannot be.

    Args:
        metrics: answer of the service to a question for the metrics of a job, whatever it is.
        most: seconds above which a job cannot have cost; the service ends every job after three hours.
    """
    usage = metrics.get("usage") if isinstance(metrics, dict) else None
    status = usage.get("status") if isinstance(usage, dict) else None
    if not isinstance(usage, dict) or not isinstance(status, str) or status.lower() == "pending":
        return None
    return plausible_seconds(usage.get("qpu_charge_time_seconds"), most)


def accrued_seconds(metrics: object, most: float = LONGEST_JOB) -> float:
    """QPU seconds that a job has cost at least, pending or not; 0 if what is said of it cannot be."""
    usage = metrics.get("usage") if isinstance(metrics, dict) else None
    found = usage.get("qpu_charge_time_seconds") if isinstance(usage, dict) else None
    return plausible_seconds(found, most) or 0.0


def plausible_seconds(value: object, most: float = float("inf")) -> float | None:
    """A finite number in [0, `most`]; None for anything else, such as NaN, text, true or 1e308."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        return None
    return float(value) if value < 1e300 else None


def checked_id(value: object) -> str:
    """The id of a job or a session.

    Raises:
        ServiceError: if it is none that could be asked for.
    """
    if (
        not isinstance(value, str)
        or not re.fullmatch(r"[\w.-]{1,128}", value, re.ASCII)
        or value.startswith(".")
    ):
        raise ServiceError(f"The service must name what it made by an id. It says {str(value)[:40]!r}.")
    return value


def limit_reached(usage: dict[str, Any]) -> bool:
    """Whether an instance has no seconds left.

    Raises:
        ServiceError: if its usage does not say so by yes or no.
    """
    reached = usage.get("usage_limit_reached")
    if reached is not None and not isinstance(reached, bool):
        raise ServiceError(
            f"The service must say by true or false whether the limit is reached. It says {str(reached)[:40]!r}."
        )
    return bool(reached)
