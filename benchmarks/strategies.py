"""All strategies on all tasks at equal wall-clock, on one engine, each search on a core of its own.

`python benchmarks/strategies.py` runs what is not stored yet and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from record.critical_difference import draw
from record.readme import put, table
from record.statistics import Ranking, holm, pairs, ranking
from search.contest import Contest, contest
from search.fleet import measure, options
from search.job import Job, job
from search.spaces import DEFAULT, suited
from search.summary import apart, done, failures, noted, number, of, probability, tested, values
from search.tasks import N_TEST, TASKS, marked, notes
from search.variants import BENCHMARK_ONLY

from qcsearch.search.strategies import STRATEGIES

CHAMPION = "auto"
FEWEST = 3
"""Strategies that Friedman's test needs."""

PICTURE = Path(__file__).resolve().parent / "results" / "strategies.svg"

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
        if ranks := _ranking(contest(done(entries), asked.strategies, asked.tasks)):
            draw(ranks, PICTURE)


def render(entries: list[Entry], strategies: list[str], tasks: list[str]) -> str:
    """Accuracies by task, what they cost, and what can be told apart."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    sorted_out = contest(found, strategies, tasks)
    head = ["strategy", *(f"{marked(task)} ({N_TEST[task]:,})" for task in tasks), "mean"]
    costs = table(["strategy, all tasks and seeds", "space", *COSTS], _costs(found, sorted_out))
    lines = [
        noted(found),
        "",
        _settings(found),
        "",
        *table(head, _accuracies(sorted_out)),
        *notes(tasks),
        "",
        *costs,
    ]
    if ranks := _ranking(sorted_out):
        lines += _together(ranks)
    if CHAMPION in sorted_out.complete and len(sorted_out.complete) > 1:
        lines += _one_by_one(sorted_out)
    return "\n".join([*lines, *failures(entries)])


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
        cells = (tested(found.accuracies[strategy][task], N_TEST[task]) for task in found.tasks)
        yield [strategy, *cells, "–" if mean is None else f"{mean:.4f}"]


def _costs(entries: list[Entry], found: Contest) -> Iterator[list[str]]:
    for strategy in found.ranking:
        runs = of(entries, strategy=strategy)
        spaces = sorted({run["settings"]["space"] for run in runs})
        yield [strategy, ", ".join(spaces), *(number(values(runs, *place)) for place in COSTS.values())]


def _ranking(found: Contest) -> Ranking | None:
    """Of all strategies that were run on every task; None if those are too few for a test."""
    return ranking(found.complete) if len(found.complete) >= FEWEST else None


def _together(found: Ranking) -> Iterator[str]:
    """The test of all strategies together, and its picture."""
    pairs_apart = ", ".join(f"`{better}` above `{worse}`" for better, worse in found.apart)
    yield ""
    yield (
        f"All {len(found.ranks)} together on {found.n} tasks: Friedman's χ² = {found.statistic:.1f}, "
        f"{probability(found.p_value)}; Nemenyi's critical difference of mean ranks is "
        f"{found.critical_difference:.2f}. Told apart by it: {pairs_apart or 'none'}. In the picture a bar joins those "
        "that are not."
    )
    yield ""
    yield f"![Mean ranks of the strategies with the critical difference](results/{PICTURE.name})"


def _one_by_one(found: Contest) -> Iterator[str]:
    """The champion against each other strategy."""
    scores = found.complete
    ours = scores.pop(CHAMPION)
    against = {name: pairs(ours, theirs) for name, theirs in scores.items()}
    adjusted = dict(zip(against, holm(one.p_value for one in against.values()), strict=True))
    head = [f"`{CHAMPION}` against", "better, alike, worse", "points on the mean", "Wilcoxon", "Holm", ""]
    rows = (
        [
            name,
            f"{one.better}, {one.alike}, {one.worse}",
            f"{100 * one.mean:+.2f}",
            probability(one.p_value),
            probability(adjusted[name]),
            apart(adjusted[name]),
        ]
        for name, one in sorted(against.items(), key=lambda item: item[1].mean)
    )
    yield ""
    yield (
        f"Wilcoxon's signed ranks over n = {len(found.tasks)} pairs of medians, and Holm's correction for "
        f"{len(against)} tests:"
    )
    yield ""
    yield from table(head, rows)


def _settings(found: list[Entry]) -> str:
    one = found[0]["settings"]
    seeds = len({entry["settings"]["seed"] for entry in found})
    return (
        f"Device {one['device']}; {one['max_seconds']:g} s a search with {one['workers']} worker on one core; seeds: "
        f"{seeds}; median (range) [95 % of the median], test samples behind the task."
    )


if __name__ == "__main__":
    main()
