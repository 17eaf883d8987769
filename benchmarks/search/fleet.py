"""Many searches, one after the other or side by side with a core each; each is stored as soon as it is done."""

from __future__ import annotations

import argparse
import os
import queue
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from record.store import Store

from search.job import Job, job
from search.spaces import DEFAULT

__all__ = ["beside", "cells", "jobs", "measure", "options", "searches"]

Cell = tuple[str, int]
"""A data set and a seed."""

T = TypeVar("T")

_BENCHMARKS = Path(__file__).resolve().parents[1]


def options(text: str, store: str) -> argparse.ArgumentParser:
    """The options that all benchmarks of searches have.

    Args:
        text: what the script says of itself.
        store: name of its file of results.
    """
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--store", type=Path, default=_BENCHMARKS / "results" / f"{store}.json")
    parser.add_argument(
        "--runs",
        type=Path,
        default=_BENCHMARKS.parent / "runs" / store,
        help="where the run folders are kept; a search that was broken off goes on in its own",
    )
    parser.add_argument(
        "--again", action="store_true", help="measure anew what is stored; else it is not run again"
    )
    parser.add_argument(
        "--stored",
        action="store_true",
        help="measure nothing: what is stored of these searches, whatever version of the product it was measured with",
    )
    parser.add_argument("--readme", action="store_true", help="put the tables into benchmarks/README.md")
    return parser


def searches(text: str, store: str, *, seeds: int, max_seconds: float) -> argparse.ArgumentParser:
    """The options of a benchmark that searches each data set from several seeds, as a user would.

    Args:
        text: what the script says of itself.
        store: name of its file of results.
        seeds: how many, if nothing else is said.
        max_seconds: of a search.
    """
    parser = options(text, store)
    parser.add_argument("--seeds", type=int, default=seeds, help=f"how many, {seeds} if it is not said")
    parser.add_argument("--max-seconds", type=float, default=max_seconds)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a core and a thread each")
    parser.add_argument("--strategy", help="default: the product's")
    parser.add_argument("--space", help="default: the product's")
    return parser


def cells(names: Iterable[str], seeds: int) -> list[Cell]:
    """All data sets of a seed, then those of the next: a benchmark that is broken off holds whole seeds."""
    names = list(names)
    return [(name, seed) for seed in range(seeds) for name in names]


def jobs(
    asked: argparse.Namespace,
    wanted: Iterable[Cell],
    data: Callable[[str, int], Path],
    after: Callable[[Path, Path], dict[str, Any]] | None = None,
) -> Iterator[Job]:
    """The searches that the options of `searches` ask for.

    Args:
        asked: those options.
        wanted: a search each.
        data: the archive of a cell.
        after: what else is found out about a run folder, from it and the archive; see `Job`.
    """
    for name, seed in wanted:
        file = data(name, seed)
        yield job(
            name,
            seed,
            strategy=asked.strategy,
            space=asked.space or DEFAULT,
            max_seconds=asked.max_seconds,
            workers=asked.workers,
            alone=asked.jobs == 1,
            data=file,
            after=None if after is None else partial(after, data=file),
        )


def beside(work: Callable[[T, int | None], None], items: Iterable[T], side_by_side: int) -> None:
    """Do something for each item, so many at once, each with a core of its own; None is all cores, of the only one."""
    cores: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    free = sorted(os.sched_getaffinity(0))
    for number in range(min(side_by_side, len(free))):
        cores.put(free[number % len(free)] if side_by_side > 1 else None)

    def one(item: T) -> None:
        core = cores.get()
        try:
            work(item, core)
        finally:
            cores.put(core)

    with ThreadPoolExecutor(cores.qsize()) as pool:
        list(pool.map(one, items))


def measure(jobs: Iterable[Job], asked: argparse.Namespace, side_by_side: int = 1) -> list[dict[str, Any]]:
    """Run what is not stored yet, or nothing with `--stored`; return the runs of all jobs, in their order.

    Args:
        jobs: what to run.
        asked: `store`, `runs`, `again` and `stored` of `options`.
        side_by_side: how many at once, each with a core of its own.
    """
    store, jobs = Store(asked.store), list(jobs)
    if asked.stored:
        return [entry for job in jobs if (entry := store.find(job.settings, any_version=True)) is not None]
    open_jobs = [one for one in jobs if asked.again or "scores" not in (store.find(one.settings) or {})]
    if open_jobs:
        _compile_kernels()

    def one(job: Job, core: int | None) -> None:
        store.add(job.run(asked.runs, core, again=asked.again))
        print(_line(job, store.find(job.settings) or {}), file=sys.stderr, flush=True)

    beside(one, open_jobs, side_by_side)
    return [entry for job in jobs if (entry := store.find(job.settings)) is not None]


def _compile_kernels() -> None:
    """Once a machine, so that no search pays for it."""
    from qcsearch.simulation import warm_up

    warm_up()


def _line(job: Job, entry: dict[str, Any]) -> str:
    which = ", ".join(str(job.settings[key]) for key in ("task", "strategy", "device", "seed"))
    if "failed" in entry:
        return f"{which}: failed: {entry['failed']}"
    cost = entry["cost"]
    return (
        f"{which}: {entry['scores']['noisy']:.4f} after {cost['trials']} trials, {cost['wall_seconds']:.0f} s"
    )
