"""The nine tasks with few trained parameters: the preset `lean` inside a budget for each task, and the preset `pure`.

`python benchmarks/lean.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from statistics import median
from typing import Any

from record.readme import put, table
from search.fleet import cells, measure, searches
from search.job import Job, job
from search.summary import done, failures, noted, number, of, tested, values
from search.tasks import N_TEST, TASKS, marked, notes

from qcsearch.search.finish.baselines.base import RAW

BUDGETS = {
    "moons": 16,
    "bank": 20,
    "mnist_2": 20,
    "mnist_4": 40,
    "mnist_10": 72,
    "fmnist_2": 32,
    "fmnist_4": 24,
    "vowel_2": 32,
    "vowel_4": 40,
}
"""Weights of the circuits that the literature reports of these tasks; here they are all that is trained."""

HEAD = [
    "task",
    "test samples",
    "preset",
    "budget",
    "under noise, median (range) [95 %]",
    "validation",
    "without two-qubit gates (winner − it)",
    "logistic regression",
    "RBF-SVM",
    "trained",
    "circuit + feature map + head",
    "qubits",
    "two-qubit gates",
    "trials",
]

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    parser = searches(__doc__, "lean", seeds=1, max_seconds=60)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--presets", nargs="+", choices=("lean", "pure"), default=["lean", "pure"])
    asked = parser.parse_args()
    wanted = [
        _job(task, seed, preset, asked)
        for preset in asked.presets
        for task, seed in cells(asked.tasks, asked.seeds)
    ]
    text = render(measure(wanted, asked, asked.jobs))
    print(text)
    if asked.readme:
        put("lean", text)


def _job(task: str, seed: int, preset: str, asked: Any) -> Job:
    limit = {"max_parameters": BUDGETS[task]} if preset == "lean" else {}
    return job(
        task,
        seed,
        strategy=asked.strategy,
        space=preset,
        max_seconds=asked.max_seconds,
        workers=asked.workers,
        alone=asked.jobs == 1,
        after=_load,
        **limit,
    )


def _load(_: Any) -> Entry:
    """What else ran on the machine in the last minute."""
    return {"load": round(os.getloadavg()[0], 1)}


def render(entries: list[Entry]) -> str:
    """A row for each task and preset, what failed below."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    one = found[0]["settings"]
    loads = [entry["after"]["load"] for entry in found]
    settings = (
        f"Strategy {one['strategy']}, device {one['device']}; {one['max_seconds']:g} s a search on one core; seeds a "
        f"task: {len({entry['settings']['seed'] for entry in found})}. Other work ran on the machine: load "
        f"{min(loads):.1f} to {max(loads):.1f} on {found[0]['machine']['cores']} cores."
    )
    tasks = [task for task in TASKS if of(found, task=task)]
    return "\n".join(
        [noted(found), "", settings, "", *table(HEAD, _rows(found)), *notes(tasks), *failures(entries)]
    )


def _rows(found: list[Entry]) -> Iterator[list[str]]:
    for task in TASKS:
        for preset in ("lean", "pure"):
            runs = of(found, task=task, space=preset)
            if not runs:
                continue
            yield [
                marked(task),
                f"{N_TEST[task]:,}",
                preset,
                str(BUDGETS[task]) if preset == "lean" else "–",
                tested(values(runs, "scores", "noisy"), N_TEST[task]),
                " ".join(f"{score:.4f}" for score in values(runs, "scores", "validation")),
                ", ".join(_product(run) for run in runs),
                *(_classical(runs, name) for name in ("logistic regression", "RBF-SVM")),
                number([run["model"]["parameters"]["parameters"] for run in runs]),
                ", ".join(_parts(run["model"]["parameters"]) for run in runs),
                number(values(runs, "model", "n_qubits")),
                number(values(runs, "model", "two_qubit_gates")),
                number(values(runs, "cost", "trials")),
            ]


def _product(run: Entry) -> str:
    """Accuracy of the winner without its two-qubit gates, trained as long, and the paired difference."""
    for row in run["scores"]["baselines"]:
        if row["name"] == "winner without two-qubit gates":
            gap = row["difference"]
            low, high = (f"{100 * gap[end]:+.1f}" for end in ("low", "high"))
            return f"{row['test_accuracy']:.4f} ({100 * gap['value']:+.1f} points, {low} to {high})"
    return "–"


def _classical(runs: list[Entry], name: str) -> str:
    """On all features of the data; nothing where the seconds ended before it was fitted."""
    found = [run["scores"]["classical"].get(name + RAW) for run in runs]
    known = [score for score in found if score is not None]
    return f"{median(known):.4f}" if known else "–"


def _parts(counts: dict[str, int]) -> str:
    return " + ".join(str(counts[f"{part}_parameters"]) for part in ("circuit", "feature_map", "head"))


if __name__ == "__main__":
    main()
