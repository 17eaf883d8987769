"""A table of the page, and the shares in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from qcsearch import wording

__all__ = ["Table", "percent", "score"]


@dataclass(frozen=True)
class Table:
    """What a table says.

    Attributes:
        columns: the headings.
        rows: one sequence of cells a row; floats get four digits, None is a dash.
        right: columns of numbers, set to the right.
        marks: CSS class of each of the first rows, for those that stand out; the rest have none.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    right: Collection[int]
    marks: Sequence[str | None] = ()

    def mark(self, row: int) -> str | None:
        """The CSS class of one row."""
        return self.marks[row] if row < len(self.marks) else None


def score(value: float | None, metric: str) -> str:
    """A score as `wording.score` writes it, that no line break parts."""
    return wording.score(value, metric).replace(" ", "\N{NO-BREAK SPACE}")


def percent(share: float | None) -> str:
    """A share in [0, 1] as `97.9 %` that no line break parts."""
    return wording.percent(share).replace(" ", "\N{NO-BREAK SPACE}")
