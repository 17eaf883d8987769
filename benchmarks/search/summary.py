"""Several searches of the same kind as one row: median and range, and the error of a test accuracy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from record.circumstances import sentence
from record.statistics import LEVEL, Interval, wilson

__all__ = [
    "accuracy",
    "apart",
    "between",
    "done",
    "failures",
    "met",
    "noted",
    "number",
    "of",
    "probability",
    "reached",
    "tested",
    "values",
]

Entry = dict[str, Any]

_LEAST_P = 0.001


def done(entries: Iterable[Entry]) -> list[Entry]:
    """Those that have a result."""
    return [entry for entry in entries if "failed" not in entry]


def of(entries: Iterable[Entry], **settings: Any) -> list[Entry]:
    """Those with these settings."""
    return [
        entry for entry in entries if all(entry["settings"][key] == value for key, value in settings.items())
    ]


def values(entries: Iterable[Entry], part: str, name: str) -> list[float]:
    """One figure of each run that has it."""
    found = (entry[part][name] for entry in entries)
    return [value for value in found if value is not None]


def accuracy(found: list[float]) -> str:
    """`0.9525 (0.9450–0.9600)`: median and range; nothing for nothing."""
    return _shown(found, "{:.4f}".format)


def tested(found: list[float], n: int) -> str:
    """`0.9525 (0.9450–0.9600) [0.936–0.965]`: the same of accuracies on a test part, and the median's Wilson interval.

    Args:
        found: one for each search.
        n: samples of the test part.
    """
    return f"{accuracy(found)} {between(wilson(median(found), n))}" if found else "–"


def between(interval: Interval) -> str:
    """`[0.936–0.965]`."""
    return f"[{interval.low:.3f}–{interval.high:.3f}]"


def probability(p_value: float) -> str:
    """A p-value in two digits."""
    return f"p = {p_value:.2g}" if p_value >= _LEAST_P else f"p < {_LEAST_P:g}"


def apart(p_value: float) -> str:
    """What a test at 5 % says of two models."""
    return "told apart" if p_value < LEVEL else "cannot be told apart"


def number(found: list[float]) -> str:
    """The same of a count."""
    return _shown(found, _count)


def failures(entries: Iterable[Entry]) -> list[str]:
    """A paragraph that names the searches without a result; no line if there are none."""
    found = [entry for entry in entries if "failed" in entry]
    named = (
        f"{entry['settings']['task']}, {entry['settings']['strategy']}, seed {entry['settings']['seed']}: "
        f"{entry['failed']}"
        for entry in found
    )
    return ["", "Failed: " + "; ".join(named)] if found else []


def met(reached: bool) -> str:
    """The verdict on what was asked."""
    return "met" if reached else "missed"


def reached(found: list[float], n: int, target: float) -> str:
    """The verdict on a test accuracy, which takes the median's interval and every seed to be on one side.

    Args:
        found: one for each search.
        n: samples of the test part.
        target: that was asked for.
    """
    interval = wilson(median(found), n)
    if target <= min(interval.low, *found):
        return met(True)
    return met(False) if target > max(interval.high, *found) else "within the error"


def noted(entries: list[Entry]) -> str:
    """Under which circumstances, commits last."""
    commits = ", ".join(sorted({entry["commit"] for entry in entries}))
    newest = max(entries, key=lambda entry: str(entry["date"]))
    return f"{sentence(newest)} Commit {commits}."


def _shown(found: list[float], write: Callable[[float], str]) -> str:
    if not found:
        return "–"
    low, high = write(min(found)), write(max(found))
    return write(median(found)) + ("" if low == high else f" ({low}–{high})")


def _count(value: float) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if value >= size:
            scaled = value / (1e3 if unit == " k" else size)
            return f"{scaled:.3g}{unit}" if scaled < 1000 else f"{scaled:.0f}{unit}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
