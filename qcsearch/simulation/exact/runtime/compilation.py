"""Compilation of the kernels, once a machine: said when it begins, and timed."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import Any

from numba.core import event

__all__ = ["SENTENCE", "seconds", "watch"]

SENTENCE = "Compiling the engine's kernels, once on this machine: about a minute."

_logger = logging.getLogger("qcsearch.simulation")


class _Watcher(event.Listener):
    """Hears of every function that Numba compiles in this process, also for others; what it loads from disk is none.

    Attributes:
        seconds: spent on ours so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0  # a kernel compiles those that it calls
        self._began = 0.0

    def on_start(self, happening: Any) -> None:
        if not _is_ours(happening):
            return
        if self._depth == 0:
            self._began = time.monotonic()
            if self.seconds == 0.0:
                _logger.warning(SENTENCE)
        self._depth += 1

    def on_end(self, happening: Any) -> None:
        if not _is_ours(happening):
            return
        self._depth -= 1
        if self._depth == 0:
            self.seconds += time.monotonic() - self._began


def _is_ours(happening: Any) -> bool:
    return str(happening.data["dispatcher"].py_func.__module__).startswith("qcsearch.")


@cache
def watch() -> _Watcher:
    """Begin to watch, once a process."""
    watcher = _Watcher()
    register: Any = event.register
    register("numba:compile", watcher)
    return watcher


def seconds() -> float:
    """Spent on compilation in this process so far."""
    return watch().seconds
