"""Who wins: strategies compared task by task, and on the mean."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from search.summary import of, values

__all__ = ["Contest", "contest"]

Entry = dict[str, Any]


@dataclass(frozen=True)
class Contest:
    """Test accuracies under noise.

    Attributes:
        accuracies: by strategy, then task, one for each seed that has a result.
        tasks: all that any strategy was run on, in their order.
    """

    accuracies: dict[str, dict[str, list[float]]]
    tasks: tuple[str, ...]

    def mean(self, strategy: str) -> float | None:
        """Mean over the tasks of the median over the seeds; None if a task has no result."""
        found = self.accuracies[strategy]
        return fmean(median(found[task]) for task in self.tasks) if all(map(found.get, self.tasks)) else None

    @property
    def ranking(self) -> list[str]:
        """All strategies, the best mean first, those without one last."""
        means = {name: self.mean(name) for name in self.accuracies}
        return sorted(means, key=lambda name: (-(means[name] or 0.0), name))

    def best(self, task: str) -> str | None:
        """The strategy with the best median on a task, of equals the one with the better worst seed."""
        found = {name: by_task[task] for name, by_task in self.accuracies.items() if by_task.get(task)}
        return max(found, key=lambda name: (median(found[name]), min(found[name])), default=None)

    def holds(self, strategy: str, task: str) -> bool:
        """Whether a strategy is the best on a task or within its spread: its median not below the best's worst seed."""
        best, mine = self.best(task), self.accuracies[strategy].get(task)
        return bool(mine) and best is not None and median(mine or [0.0]) >= min(self.accuracies[best][task])


def contest(entries: list[Entry], strategies: list[str], tasks: list[str]) -> Contest:
    """Sort results by strategy and task."""
    accuracies = {
        strategy: {
            task: values(of(entries, strategy=strategy, task=task), "scores", "noisy") for task in tasks
        }
        for strategy in strategies
    }
    return Contest(accuracies, tuple(tasks))
