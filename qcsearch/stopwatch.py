"""A stopwatch that knows in which stage of the work it is: where the time goes, each second counted once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Stopwatch"]


class Stopwatch:
    """Seconds by stage; those of a stage inside another belong to the inner one alone.

    Args:
        clock: seconds since some moment.

    Attributes:
        seconds: by name of the stage, so far.

    Example:
        >>> watch = Stopwatch()
        >>> with watch.stage("train"), watch.stage("compile"):
        ...     pass
        >>> sorted(watch.seconds)
        ['compile', 'train']
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._inside: list[float] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time until its end for the stage `name`, whatever happens in it."""
        started = self._clock()
        self._inside.append(0.0)
        try:
            yield
        finally:
            took = self._clock() - started
            own = took - self._inside.pop()
            self.seconds[name] = self.seconds.get(name, 0.0) + own
            if self._inside:
                self._inside[-1] += took
