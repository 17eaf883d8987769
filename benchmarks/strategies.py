"""All strategies on all tasks at equal wall-clock, on one engine, each search on a core of its own.

`python benchmarks/strategies.py` runs what is not stored yet and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from record.readme import put, table
from search.contest import Contest, contest
from search.fleet import measure, options
from search.job import Job, job
from search.spaces import DEFAULT, suited
from search.summary import accuracy, done, failures, met, noted, number, of, values
from search.tasks import TASKS
from search.variants import BENCHMARK_ONLY

from qcsearch.search.strategies import STRATEGIES

CHAMPION = "auto"
ENOUGH = 7 / 9
"""Share of the tasks on which it was asked to be the best or within the spread of the best."""

COSTS = {
    "trials": ("cost", "trials"),
    "candidates looked at": ("cost", "candidates"),
    "circuit evaluations under noise": ("cost", "noisy_evaluations"),
    "without noise": ("cost", "noiseless_evaluations"),
    "weights": ("model", "n_weights"),
    "two-qubit gates": ("model", "two_qubit_gates"),
}

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    asked = _options()
    entries = measure(_jobs(asked), asked, asked.jobs)
    text = render(entries, asked.strategies, asked.tasks)
    print(text)
    if asked.readme:
        put("strategies", text)


def render(entries: list[Entry], strategies: list[str], tasks: list[str]) -> str:
    """Accuracies by task, what they cost, and who wins."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    sorted_out = contest(found, strategies, tasks)
    head = ["strategy", *tasks, "mean"]
    costs = table(["strategy, all tasks and seeds", "space", *COSTS], _costs(found, sorted_out))
    lines = [noted(found), "", _settings(found), "", *table(head, _accuracies(sorted_out)), "", *costs]
    return "\n".join([*lines, *_verdict(sorted_out), *failures(entries)])


def _options() -> argparse.Namespace:
    parser = options(__doc__, "strategies")
    names = [name for name in STRATEGIES.names() if name not in BENCHMARK_ONLY]
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument(
        "--strategies", nargs="+", choices=names, default=names, help="default: all there are"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--max-seconds", type=float, default=30)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a core and a thread each")
    parser.add_argument("--space", help="default: the product's")
    return parser.parse_args()


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    """Seed by seed, so that a call that was stopped has compared like with like."""
    folder: Path = asked.runs / "spaces"
    for seed in range(asked.seeds):
        for task in asked.tasks:
            space = asked.space or DEFAULT
            for strategy in asked.strategies:
                yield job(
                    task,
                    seed,
                    strategy=strategy,
                    space=suited(strategy, space, folder),
                    max_seconds=asked.max_seconds,
                    workers=asked.workers,
                    alone=False,
                )


def _accuracies(found: Contest) -> Iterator[list[str]]:
    for strategy in found.ranking:
        mean = found.mean(strategy)
        cells = (_marked(found, strategy, task) for task in found.tasks)
        yield [strategy, *cells, "–" if mean is None else f"{mean:.4f}"]


def _marked(found: Contest, strategy: str, task: str) -> str:
    values, best = found.accuracies[strategy][task], found.best(task)
    first = best is not None and values and median(values) == median(found.accuracies[best][task])
    return f"**{accuracy(values)}**" if first else accuracy(values)


def _costs(entries: list[Entry], found: Contest) -> Iterator[list[str]]:
    for strategy in found.ranking:
        runs = of(entries, strategy=strategy)
        spaces = sorted({run["settings"]["space"] for run in runs})
        yield [strategy, ", ".join(spaces), *(number(values(runs, *place)) for place in COSTS.values())]


def _verdict(found: Contest) -> list[str]:
    mine = found.mean(CHAMPION) if CHAMPION in found.accuracies else None
    rivals = {
        name: mean for name in found.ranking if name != CHAMPION and (mean := found.mean(name)) is not None
    }
    if mine is None or not rivals:
        return []
    held = [task for task in found.tasks if found.holds(CHAMPION, task)]
    rival = max(rivals, key=lambda name: rivals[name])
    return [
        "",
        f"`{CHAMPION}` is the best or within the spread of the best (its median is not below the worst seed of the "
        f"best) on {len(held)} of {len(found.tasks)} tasks ({', '.join(held) or 'none'}): "
        f"{met(len(held) >= ENOUGH * len(found.tasks))}. Its mean is {mine:.4f}, that of the best other, `{rival}`, "
        f"{rivals[rival]:.4f}: {met(mine >= rivals[rival])}.",
    ]


def _settings(found: list[Entry]) -> str:
    one = found[0]["settings"]
    seeds = len({entry["settings"]["seed"] for entry in found})
    return (
        f"Device {one['device']}; {one['max_seconds']:g} s a search with {one['workers']} worker on one core; seeds: "
        f"{seeds}; median (range); bold is the best of a column."
    )


if __name__ == "__main__":
    main()
