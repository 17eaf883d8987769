"""From stored trainings to the cells of the map, and to what all cells of a kind say together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record.statistics import Gain, gain

from noise.cells import ARMS, decoded
from noise.tasks import TASKS

__all__ = ["BANDS", "OVER", "SEEDS", "Cell", "band", "cells", "together"]

Entry = dict[str, Any]

OVER = ("unaware", "refitted")
"""What noise-awareness is compared with."""

SEEDS = 3
"""Of a cell that is shown: with fewer, what seeds do is not known at all."""

BANDS = ((0.8, 1.0), (0.5, 0.8), (0.2, 0.5), (0.05, 0.2), (0.0, 0.05))
"""Of the estimated success probability: from, and below."""


@dataclass(frozen=True, eq=False)
class Cell:
    """One point of the map.

    Attributes:
        task: its name.
        gates: about how many two-qubit gates were asked for.
        factor: of the noise.
        shots: of each measurement basis, `infinite` or a number.
        two_qubit_gates: of the mapped circuit.
        success: its estimated success probability.
        seeds: how many trainings.
        right: by arm, of each seed and test row how often it was right, `(n_seeds, n_test)`.
    """

    task: str
    gates: int
    factor: float
    shots: str
    two_qubit_gates: int
    success: float
    seeds: int
    right: dict[str, NDArray[np.float64]]

    def accuracy(self, arm: str) -> float:
        """On the mean of its seeds."""
        return float(self.right[arm].mean())

    def differences(self, over: str) -> NDArray[np.float64]:
        """Of `aware` to another arm, `(n_seeds, n_test)`."""
        return self.right["aware"] - self.right[over]

    def gain(self, over: str) -> Gain:
        """Of `aware` over another arm."""
        return gain(self.differences(over))


def cells(entries: Iterable[Entry]) -> list[Cell]:
    """The cells of `SEEDS` or more, in the order of the tasks, gates, factors and shots."""
    alike: dict[tuple[str, int, float], list[Entry]] = defaultdict(list)
    for entry in entries:
        asked = entry["settings"]
        alike[asked["task"], asked["gates"], asked["factor"]].append(entry)
    return [
        cell for task in TASKS for key in sorted(alike) if key[0] == task for cell in _of(key, alike[key])
    ]


def _of(key: tuple[str, int, float], found: list[Entry]) -> Iterator[Cell]:
    if len(found) < SEEDS:
        return
    for shots in found[0]["cells"]:
        right = {arm: np.array([decoded(one["cells"][shots]["right"][arm]) for one in found]) for arm in ARMS}
        success = mean(one["success"] for one in found)
        yield Cell(*key, shots, found[0]["two_qubit_gates"], success, len(found), right)


def band(cell: Cell) -> int:
    """Which of `BANDS` it is in."""
    return next(number for number, (low, _) in enumerate(BANDS) if cell.success >= low)


def together(some: list[Cell], over: str) -> Gain:
    """The gain on the mean of several cells of one task: they share their test rows, and seeds by number."""
    seeds = min(cell.seeds for cell in some)
    return gain(np.mean([cell.differences(over)[:seeds] for cell in some], axis=0))
