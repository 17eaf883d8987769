"""Counts what is asked of a backend."""

from __future__ import annotations

from collections import Counter

from qcsearch.deployment.values import Usage

__all__ = ["UsageMeter"]


class UsageMeter:
    """Counts jobs; shared by the programs of one deployment."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._others: Counter[tuple[int, int]] = Counter()

    def count(self, circuits: int, executions: int, *, asked: int, came: int) -> None:
        """One more job, of so many circuits and executions of them together, and how many shots it gave."""
        used = self.usage
        self.usage = Usage(used.jobs + 1, used.circuits + circuits, used.shots + executions)
        if came != asked:
            self._others[asked, came] += 1

    @property
    def notices(self) -> tuple[str, ...]:
        """Which jobs gave another number of shots than they were asked for."""
        return tuple(
            f"{jobs} of {self.usage.jobs} jobs gave {came:,} shots of each circuit where {asked:,} were asked for. "
            "Values and errors are those of the shots that came."
            for (asked, came), jobs in sorted(self._others.items())
        )
