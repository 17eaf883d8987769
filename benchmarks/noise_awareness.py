"""What noise-awareness buys: searches with and without it, tested under the same noise.

`python benchmarks/noise_awareness.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from record.readme import put, table
from record.statistics import difference, pairs
from search.fleet import measure, options
from search.job import Job, job
from search.quiet import on_the_real_device, write_quiet
from search.spaces import DEFAULT, derive
from search.summary import apart, done, failures, noted, of, probability, tested
from search.tasks import N_TEST, TASKS, marked, notes

DEVICES = ("fake_torino", "fake_yorktown", "fake_melbourne")
AWARE, SCORED, REFITTED, UNAWARE = (
    "trained and searched under noise",
    "trained without noise",
    "searched without noise, head refitted under it",
    "searched without noise too",
)

Entry = dict[str, Any]
Cells = dict[tuple[str, str], list[list[float]]]
"""By device and task: the test accuracies of the arms, in the order of `_arms_of`."""


def main() -> None:
    """Measure, store after each search, print."""
    asked = _options()
    text = render(measure(_jobs(asked), asked, asked.jobs), asked.tasks, asked.devices)
    print(text)
    if asked.readme:
        put("noise_awareness", text)


def render(entries: list[Entry], tasks: list[str], devices: list[str]) -> str:
    """A row for each device and task, the gain in points."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    names = _arms_of(found)
    head = [
        "device",
        "task (test samples)",
        *names,
        "gain over the last",
        "the last without noise",
    ]
    cells = {
        (device, task): scores
        for device in devices
        for task in tasks
        if all(scores := [_scores(found, task, device, arm) for arm in names])
    }
    one = found[0]["settings"]
    settings = (
        f"Strategy {one['strategy']}; {one['max_seconds']:g} s a search with {one['workers']} worker on one core; "
        f"seeds: {len({entry['settings']['seed'] for entry in found})}; test accuracy under noise, median (range) "
        "[95 % of the median]."
    )
    lines = [
        noted(found),
        "",
        settings,
        "",
        *table(head, _rows(found, cells)),
        *notes(tasks),
        *_verdict(cells, names),
    ]
    return "\n".join([*lines, *failures(entries)])


def _options() -> argparse.Namespace:
    parser = options(__doc__, "noise_awareness")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=["mnist_4", "vowel_4"])
    parser.add_argument("--devices", nargs="+", default=list(DEVICES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--max-seconds", type=float, default=30)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a core and a thread each")
    parser.add_argument("--strategy", help="default: the product's")
    parser.add_argument("--space", help="default: the product's")
    return parser.parse_args()


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    folder: Path = asked.runs / "inputs"
    for seed in range(asked.seeds):
        for device in asked.devices:
            for task in asked.tasks:
                yield from _arms(asked, task, device, seed, folder)


def _arms(asked: argparse.Namespace, task: str, device: str, seed: int, folder: Path) -> Iterator[Job]:
    space = asked.space or DEFAULT
    silent = derive(
        space, {"training": {"noise": False}}, f"{Path(space).stem}_trained_without_noise", folder
    )
    quiet = write_quiet(device, folder)
    arm = partial(
        job,
        task,
        seed,
        strategy=asked.strategy,
        max_seconds=asked.max_seconds,
        workers=asked.workers,
        alone=False,
        tested_on=device,
    )
    yield arm(space=space, device=device, arm=AWARE)
    yield arm(space=silent, device=device, arm=SCORED)
    after = partial(on_the_real_device, device=device, task=task)
    yield arm(space=silent, device=str(quiet), arm=UNAWARE, after=after)


def _arms_of(found: list[Entry]) -> tuple[str, ...]:
    """The arms that were measured: the refitted head is one of its own only if all searches without noise have it."""
    unaware = of(found, arm=UNAWARE)
    refitted = bool(unaware) and all("refitted" in run["after"] for run in unaware)
    return (AWARE, SCORED, *([REFITTED] if refitted else []), UNAWARE)


def _scores(found: list[Entry], task: str, device: str, arm: str) -> list[float]:
    """Of one arm; the refitted head is of the search without noise."""
    runs = of(found, task=task, tested_on=device, arm=UNAWARE if arm == REFITTED else arm)
    return [float(run["after"]["refitted"]) if arm == REFITTED else _noisy(run) for run in runs]


def _rows(found: list[Entry], cells: Cells) -> Iterator[list[str]]:
    for (device, task), scores in cells.items():
        n = N_TEST[task]
        aware, unaware = median(scores[0]), median(scores[-1])
        error = difference(aware, unaware, n)
        ideal = [run["scores"]["noiseless"] for run in of(found, task=task, tested_on=device, arm=UNAWARE)]
        yield [
            device,
            f"{marked(task)} ({n:,})",
            *(tested(values, n) for values in scores),
            f"{100 * (aware - unaware):+.1f} [{100 * error.low:+.1f} – {100 * error.high:+.1f}] points",
            tested(ideal, n),
        ]


def _verdict(cells: Cells, names: tuple[str, ...]) -> Iterator[str]:
    """What noise-awareness gained over all cells of the table."""
    aware, *rest = ([median(scores[arm]) for scores in cells.values()] for arm in range(len(names)))
    yield ""
    told = []
    for name, others in zip(names[1:], rest, strict=True):
        one = pairs(aware, others)
        told.append(
            f"over *{name}* {100 * one.mean:+.2f} points on the mean, better on {one.better}, alike on {one.alike}, "
            f"worse on {one.worse}: {probability(one.p_value)}, {apart(one.p_value)}"
        )
    yield f"Gain over n = {len(cells)} pairs of medians (Wilcoxon's signed ranks): {'; '.join(told)}."


def _noisy(run: Entry) -> float:
    """Under the noise of the real device."""
    return float(run.get("after", run["scores"])["noisy"])


if __name__ == "__main__":
    main()
