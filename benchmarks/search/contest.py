"""Strategies task by task: their medians, their mean, and the scores that tests over data sets compare."""

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
        found = self.complete.get(strategy)
        return fmean(found) if found else None

    @property
    def ranking(self) -> list[str]:
        """All strategies, the best mean first, those without one last."""
        means = {name: self.mean(name) for name in self.accuracies}
        return sorted(means, key=lambda name: (-(means[name] or 0.0), name))

    @property
    def complete(self) -> dict[str, list[float]]:
        """The median over the seeds on each task, of the strategies that have a result on every one."""
        return {
            name: [median(found[task]) for task in self.tasks]
            for name, found in self.accuracies.items()
            if all(map(found.get, self.tasks))
        }


def contest(entries: list[Entry], strategies: list[str], tasks: list[str]) -> Contest:
    """Sort results by strategy and task."""
    accuracies = {
        strategy: {
            task: values(of(entries, strategy=strategy, task=task), "scores", "noisy") for task in tasks
        }
        for strategy in strategies
    }
    return Contest(accuracies, tuple(tasks))
