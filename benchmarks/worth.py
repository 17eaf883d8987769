"""Whether the search is worth its time: `auto` against random draws, with no start points to begin from.

`python benchmarks/worth.py` runs what is not stored yet, two searches at a time, and prints the tables; stopped, it
goes on. See `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

from record.circumstances import circumstances, commit
from record.readme import put, table
from record.statistics import pairs
from record.store import Store
from search.fleet import beside, options
from search.job import LIBRARIES, ONE_THREAD
from search.spaces import derive
from search.summary import apart, done, failures, noted, probability
from search.tasks import TASKS
from search.wide import CLASSICAL, QUANTUM, archive, sample_counts

CHAMPION, BASE = "auto", "random"
ARMS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "auto": ("auto", {}, {}),
    "random": ("random", {}, {}),
    "auto without neighbours": ("auto", {"parents": 0}, {}),
    "auto without halving": ("auto", {}, {"ladder": {"rungs": 0}}),
    "random without halving": ("random", {}, {"ladder": {"rungs": 0}}),
    "tpe": ("tpe", {}, {}),
}
"""By name: the strategy, its options, and what of the space is changed."""

DEFAULT_ARMS = (CHAMPION, BASE)
DEVICE = "fake_torino"

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    asked = _options()
    cells = [
        (task, seed, seconds, arm)
        for seconds in asked.seconds
        for seed in asked.seeds
        for task in asked.tasks
        for arm in asked.arms
    ]
    store = Store(asked.store)
    settings = [_settings(*cell) for cell in cells]
    if not asked.stored:
        left = [one for one in settings if asked.again or store.find(one) is None]
        beside(lambda one, core: store.add(_measured(one, asked.runs, core)), left, asked.jobs)
    text = render([entry for one in settings if (entry := store.find(one)) is not None])
    print(text)
    if asked.readme:
        put("worth", text)


def render(entries: list[Entry]) -> str:
    """A table for each budget: the tasks, and the tests over all pairs of searches of one task and one seed."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    lines = [noted(found)]
    for seconds in sorted({entry["settings"]["seconds"] for entry in found}):
        here = [entry for entry in found if entry["settings"]["seconds"] == seconds]
        lines += ["", *_budget(seconds, here)]
    return "\n".join([*lines, *failures(entries)])


def _options() -> argparse.Namespace:
    parser = options(__doc__, "worth")
    parser.add_argument(
        "--tasks", nargs="+", default=[*CLASSICAL, *QUANTUM], choices=[*CLASSICAL, *QUANTUM, *TASKS]
    )
    parser.add_argument("--arms", nargs="+", default=list(DEFAULT_ARMS), choices=ARMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(20, 25)))
    parser.add_argument(
        "--seconds",
        type=float,
        nargs="+",
        default=[60.0, 300.0],
        help="of a core, rising; a search of more goes on where that of fewer ended",
    )
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a thread each")
    return parser.parse_args()


def _settings(task: str, seed: int, seconds: float, arm: str) -> Entry:
    return {"task": task, "seed": seed, "seconds": seconds, "strategy": arm, "device": DEVICE}


def _measured(settings: Entry, runs: Path, core: int | None) -> Entry:
    """One search in a process of its own; it may move between cores, as its seconds are its own."""
    del core
    strategy, chosen, changes = ARMS[settings["strategy"]]
    task, seed = settings["task"], settings["seed"]
    name = settings["strategy"].replace(" ", "_")
    base = "quantum_data" if ":" in task else "default"
    asked = {
        "data": str(archive(task, seed, runs / "data")),
        "device": settings["device"],
        "space": derive(base, {**changes, "start": []}, f"{base}_{name}", runs / "spaces"),
        "run": str(runs / f"{task.replace(':', '_')}-{name}-{seed}"),
        "settings": {
            "strategy": strategy,
            "strategy_options": chosen,
            "seed": seed,
            "max_seconds": settings["seconds"],
        },
    }
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "search.on_cpu", json.dumps(asked)],
        env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    where = {"commit": commit(), **circumstances(LIBRARIES, 1)}
    if ran.returncode:
        return {"settings": settings, "failed": ran.stderr.strip().splitlines()[-1:], **where}
    found = json.loads(ran.stdout.splitlines()[-1])
    print(f"{settings}: {found['scores']['noisy']:.4f}", file=sys.stderr, flush=True)
    return {"settings": settings, **found, **where}


def _budget(seconds: float, found: list[Entry]) -> list[str]:
    tasks = list(dict.fromkeys(entry["settings"]["task"] for entry in found))
    arms = [arm for arm in ARMS if any(entry["settings"]["strategy"] == arm for entry in found)]
    head = [f"{seconds:g} s", *(f"{task} ({sample_counts(task)[1]:,})" for task in tasks), "trials"]
    rows = ([arm, *(_mean(found, arm, task) for task in tasks), _trials(found, arm)] for arm in arms)
    lines = table(head, rows)
    others = [arm for arm in arms if arm != CHAMPION]
    if CHAMPION in arms and others:
        head = [
            f"`{CHAMPION}` against",
            "pairs",
            "better, alike, worse",
            "points of test",
            "Wilcoxon",
            "points of validation",
            "Wilcoxon",
            "by the test",
        ]
        lines += ["", *table(head, (_against(found, other) for other in others))]
    return lines


def _mean(found: list[Entry], arm: str, task: str) -> str:
    scores = list(_scores(found, arm, "noisy", task).values())
    if not scores:
        return "–"
    spread = f" ({min(scores):.4f}–{max(scores):.4f})" if len(scores) > 1 else ""
    return f"{fmean(scores):.4f}{spread}"


def _trials(found: list[Entry], arm: str) -> str:
    return f"{fmean(e['cost']['trials'] for e in found if e['settings']['strategy'] == arm):.0f}"


def _against(found: list[Entry], other: str) -> list[str]:
    row, verdict = [f"`{other}`"], ""
    for score in ("noisy", "validation"):
        ours, theirs = _scores(found, CHAMPION, score), _scores(found, other, score)
        common = [cell for cell in ours if cell in theirs]
        test = pairs([ours[cell] for cell in common], [theirs[cell] for cell in common])
        if score == "noisy":
            row += [str(test.n), f"{test.better}, {test.alike}, {test.worse}"]
            verdict = apart(test.p_value)
        row += [f"{100 * test.mean:+.2f}", probability(test.p_value)]
    return [*row, verdict]


def _scores(
    found: list[Entry], arm: str, score: str, task: str | None = None
) -> dict[tuple[str, int], float]:
    return {
        (entry["settings"]["task"], entry["settings"]["seed"]): entry["scores"][score]
        for entry in found
        if entry["settings"]["strategy"] == arm and task in (None, entry["settings"]["task"])
    }


if __name__ == "__main__":
    main()
