"""Drift and transfer: what is left of a search's winner on another day and another device, and what tuning brings back.

`python benchmarks/transfer.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from statistics import fmean, median
from typing import Any

from record.readme import put, table
from record.statistics import difference
from search.fleet import measure, options
from search.job import Job, job
from search.spaces import DEFAULT
from search.summary import done, failures, met, noted, of, tested
from search.tasks import N_TEST, TASKS, marked, notes
from search.tunings import tunings, write_drifted

SOURCE, OTHER, SIGMA = "fake_torino", "fake_fez", 0.2
LOST, SHARE = 2.0, 0.1
"""Points and share of the search's time that were asked for."""

HEAD = [
    "task (test samples)",
    "tuned for",
    "searched and tested on fake_torino",
    "same weights there",
    "tuned",
    "points lost, ≤ 2 asked",
    "share of the search's seconds, ≤ 10 % asked",
    "of the whole process's",
    "runs",
]

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    asked = _options()
    text = render(measure(_jobs(asked), asked, asked.jobs), asked.tasks)
    print(text)
    if asked.readme:
        put("transfer", text)


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    targets = [
        (f"drift {seed}", write_drifted(SOURCE, SIGMA, seed, asked.runs / "inputs"))
        for seed in range(1, asked.drifts + 1)
    ]
    targets.append((OTHER, OTHER))
    for task in asked.tasks:
        for seed in range(asked.seeds):
            yield job(
                task,
                seed,
                space=asked.space or DEFAULT,
                device=SOURCE,
                max_seconds=asked.max_seconds,
                workers=asked.workers,
                alone=False,
                after=partial(tunings, targets=tuple(targets)),
                tuned_for=f"sigma {SIGMA:g}: {', '.join(name for name, _ in targets)}",
            )


def render(entries: list[Entry], tasks: list[str]) -> str:
    """A row for each task and kind of target, what failed below."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    one = found[0]["settings"]
    seeds = len({entry["settings"]["seed"] for entry in found})
    settings = (
        f"Strategy {one['strategy']}, space {one['space']}; {one['max_seconds']:g} s a search with {one['workers']} "
        f"worker; seeds: {seeds}; test accuracy under noise, median (range) "
        "[95 % of the median]."
    )
    broken = [
        f"Failed: {entry['settings']['task']}, seed {entry['settings']['seed']}, {one['target']}: {one['failed']}"
        for entry in found
        for one in entry["after"]["tunings"]
        if "failed" in one
    ]
    lines = [noted(found), "", settings, "", *table(HEAD, _rows(found, tasks)), *notes(tasks), *broken]
    return "\n".join([*lines, *failures(entries)])


def _options() -> argparse.Namespace:
    parser = options(__doc__, "transfer")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=["mnist_4", "vowel_4"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--drifts", type=int, default=3, help="synthetic snapshots of fake_torino")
    parser.add_argument("--max-seconds", type=float, default=120)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a core and a thread each")
    parser.add_argument("--space", help="default: the product's")
    return parser.parse_args()


def _rows(found: list[Entry], tasks: list[str]) -> Iterator[list[str]]:
    kinds = {f"another day (drift model, σ = {SIGMA:g})": "drift", OTHER: OTHER}
    for task in tasks:
        for kind, start in kinds.items():
            pairs = [
                (entry, one)
                for entry in of(found, task=task)
                for one in entry["after"]["tunings"]
                if one["target"].startswith(start) and "failed" not in one
            ]
            if pairs:
                yield [f"{marked(task)} ({N_TEST[task]:,})", kind, *_cells(pairs, N_TEST[task])]


def _cells(pairs: list[tuple[Entry, Entry]], n: int) -> Iterator[str]:
    runs = [one for _, one in pairs]
    for name in ("original", "untuned", "tuned"):
        yield tested([run[name] for run in runs if run[name] is not None], n)
    yield _lost(runs, n)
    shares = [run["share"] for run in runs]
    yield f"{_range(shares)}: {met(max(shares) <= SHARE)}"
    yield _range([one["wall_seconds"] / entry["cost"]["wall_seconds"] for entry, one in pairs])
    yield str(len(runs))


def _lost(runs: list[Entry], n: int) -> str:
    """Points lost, with the error of the run in the middle; the verdict where that and all runs are on one side."""
    by_loss = sorted(runs, key=lambda run: float(run["original"] - run["tuned"]))
    middle = by_loss[(len(runs) - 1) // 2 : len(runs) // 2 + 1]  # two of an even number
    error = difference(*(fmean(run[name] for run in middle) for name in ("original", "tuned")), n)
    lost = [100 * (run["original"] - run["tuned"]) for run in by_loss]
    low, high = min(100 * error.low, lost[0]), max(100 * error.high, lost[-1])
    verdict = "within the error" if low <= LOST < high else met(high <= LOST)
    return (
        f"{median(lost):+.1f} ({lost[0]:+.1f} – {lost[-1]:+.1f}) [{100 * error.low:+.1f} – {100 * error.high:+.1f}]: "
        f"{verdict}"
    )


def _range(shares: list[float]) -> str:
    return f"{100 * median(shares):.1f} % ({100 * min(shares):.1f} – {100 * max(shares):.1f})"


if __name__ == "__main__":
    main()
