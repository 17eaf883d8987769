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
from search.fleet import measure, options
from search.job import Job, job
from search.quiet import on_the_real_device, write_quiet
from search.spaces import DEFAULT, derive
from search.summary import accuracy, done, failures, noted, of
from search.tasks import TASKS

DEVICES = ("fake_torino", "fake_yorktown", "fake_melbourne")
AWARE, SCORED, UNAWARE = (
    "trained and searched under noise",
    "trained without noise",
    "searched without noise too",
)

Entry = dict[str, Any]


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
    head = ["device", "task", AWARE, SCORED, UNAWARE, "gain over the last", "the last without noise"]
    one = found[0]["settings"]
    settings = (
        f"Strategy {one['strategy']}; {one['max_seconds']:g} s a search with {one['workers']} worker on one core; "
        f"seeds: {len({entry['settings']['seed'] for entry in found})}; test accuracy under noise, median (range)."
    )
    lines = [noted(found), "", settings, "", *table(head, _rows(found, tasks, devices)), *failures(entries)]
    return "\n".join(lines)


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


def _rows(found: list[Entry], tasks: list[str], devices: list[str]) -> Iterator[list[str]]:
    for device in devices:
        for task in tasks:
            arms = {
                name: of(found, task=task, tested_on=device, arm=name) for name in (AWARE, SCORED, UNAWARE)
            }
            scores = {name: [_noisy(run) for run in runs] for name, runs in arms.items()}
            if not all(scores.values()):
                continue
            gain = 100 * (median(scores[AWARE]) - median(scores[UNAWARE]))
            ideal = [run["scores"]["noiseless"] for run in arms[UNAWARE]]
            shown = [accuracy(values) for values in scores.values()]
            yield [device, task, *shown, f"{gain:+.1f} points", accuracy(ideal)]


def _noisy(run: Entry) -> float:
    """Under the noise of the real device."""
    return float(run.get("after", run["scores"])["noisy"])


if __name__ == "__main__":
    main()
