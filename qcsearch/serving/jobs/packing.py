"""Which samples go into one job of the backend, and who pays how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

__all__ = ["WINDOW_ROWS", "Part", "pack", "shares", "touched"]

WINDOW_ROWS = 256
"""Samples that are not waited with, whatever the window."""


@dataclass(frozen=True)
class Part:
    """Samples of one job in one batch.

    Attributes:
        job: id of the job.
        first: the first of its samples.
        rows: how many.
    """

    job: str
    first: int
    rows: int


def pack(waiting: Sequence[Part], most: int) -> list[Part]:
    """The next batch: as many samples as it may have, the oldest first; the last part may be cut.

    Args:
        waiting: for each job the samples that wait, oldest first.
        most: samples of a batch.
    """
    packed: list[Part] = []
    for part in waiting:
        rows = min(part.rows, most)
        if rows == 0:
            break
        packed.append(Part(part.job, part.first, rows))
        most -= rows
    return packed


def shares(bill: int, rows: Sequence[int]) -> list[int]:
    """A bill in whole numbers, split by samples: each share is exact to one, and all together are the bill."""
    total = sum(rows)
    ends = [bill * end // total for end in accumulate(rows, initial=0)]
    return [end - start for start, end in pairwise(ends)]


def touched(rows: int, most: int) -> int:
    """In how many batches of `most` samples so many may come to lie."""
    return (rows + most - 2) // most + 1
