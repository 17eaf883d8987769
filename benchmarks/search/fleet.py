"""Many searches, one after the other or side by side with a core each; each is stored as soon as it is done."""

from __future__ import annotations

import argparse
import os
import queue
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from record.store import Store

from search.job import Job

__all__ = ["measure", "options"]

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
    cores: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    free = sorted(os.sched_getaffinity(0))
    for number in range(side_by_side):
        cores.put(free[number % len(free)] if side_by_side > 1 else None)

    def one(job: Job) -> None:
        core = cores.get()
        try:
            store.add(job.run(asked.runs, core, again=asked.again))
        finally:
            cores.put(core)
        print(_line(job, store.find(job.settings) or {}), file=sys.stderr, flush=True)

    with ThreadPoolExecutor(side_by_side) as pool:
        list(pool.map(one, open_jobs))
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
