"""Pieces of work on one thread or on several; the results come in the order of the pieces."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["Run", "run_in_order", "threaded"]

Work = Callable[[int, int], Any]
Run = Callable[[Work, list[tuple[int, int]]], list[Any]]
"""Runs work on pieces `(start, stop)` and returns the results in their order."""


def run_in_order(work: Work, pieces: list[tuple[int, int]]) -> list[Any]:
    """One after the other."""
    return [work(*piece) for piece in pieces]


def threaded(threads: int) -> Run:
    """On so many threads, which are started when first needed, and again in a process that was forked."""
    pool: ThreadPoolExecutor | None = None
    owner = 0

    def run(work: Work, pieces: list[tuple[int, int]]) -> list[Any]:
        nonlocal pool, owner
        if len(pieces) == 1:
            return run_in_order(work, pieces)
        if pool is None or owner != os.getpid():
            pool, owner = ThreadPoolExecutor(threads, "qcsearch-engine"), os.getpid()
        return list(pool.map(lambda piece: work(*piece), pieces))

    return run
