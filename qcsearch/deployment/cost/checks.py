"""What is refused before any job: numbers out of range, ceilings under which there is no result."""

from __future__ import annotations

from qcsearch.deployment.cost.budget import Budget
from qcsearch.deployment.values import Cost
from qcsearch.errors import InputError

__all__ = ["check_ceiling", "check_number"]


def check_number(owner: str, name: str, value: object, low: int, high: int) -> None:
    """Refuse what is no int in [low, high].

    Raises:
        InputError: naming the parameter and whose it is.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(
            f"The '{name}' parameter of {owner} must be an int in [{low}, {high:_}]. Got {value!r}."
        )


def check_ceiling(budget: Budget, least: Cost, what: str) -> None:
    """Refuse a ceiling under which there can be no result.

    Args:
        budget: the budget with the ceiling.
        least: cost of the least that gives a result.
        what: name of that result, for the message.

    Raises:
        InputError: if it does not fit.
    """
    if least.seconds > budget.max_seconds:
        raise InputError(
            f"The ceiling must allow {what}, {least.seconds:.0f} QPU seconds. It is {budget.max_seconds:g}.",
            fix="raise --max-qpu-seconds, or take fewer --shots.",
        )
