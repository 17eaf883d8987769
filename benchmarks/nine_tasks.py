"""The nine tasks, each searched as a user would, from several seeds.

`python benchmarks/nine_tasks.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median, stdev
from typing import Any

from record.readme import put, table
from search.fleet import measure, options
from search.job import job
from search.spaces import DEFAULT
from search.summary import accuracy, done, failures, met, noted, number, of, values
from search.tasks import TARGETS, TASKS

FRONT = Path(__file__).resolve().parents[1] / "README.md"
CLASSICAL = ("logistic regression", "RBF-SVM")
HEAD = [
    "task",
    "under noise, median (range)",
    "asked",
    "noiseless",
    "spread of refits",
    *CLASSICAL,
    "without PQC",
    "qubits",
    "weights",
    "two-qubit gates",
    "trials",
    "circuit evaluations",
    "seconds",
]

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    parser = options(__doc__, "nine_tasks")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--max-seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a core and a thread each")
    parser.add_argument("--strategy", help="default: the product's")
    parser.add_argument("--space", help="default: the product's")
    asked = parser.parse_args()
    jobs = [
        job(
            task,
            seed,
            strategy=asked.strategy,
            space=asked.space or DEFAULT,
            max_seconds=asked.max_seconds,
            workers=asked.workers,
            alone=asked.jobs == 1,
        )
        for task in asked.tasks
        for seed in range(asked.seeds)
    ]
    entries = measure(jobs, asked, asked.jobs)
    text = render(entries)
    print(text)
    if asked.readme:
        put("nine_tasks", text)
        put("nine_tasks", front(entries), FRONT)


def render(entries: list[Entry]) -> str:
    """The table, what failed below it."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    return "\n".join([noted(found), "", _settings(found), "", *table(HEAD, _rows(found)), *failures(entries)])


def front(entries: list[Entry]) -> str:
    """The table of the project's own README: tasks from left to right, few rows."""
    found = done(entries)
    tasks = [task for task in TASKS if of(found, task=task)]
    runs = [of(found, task=task) for task in tasks]
    scores = [[run["scores"] for run in of_task] for of_task in runs]
    rows = {
        "**qcsearch, under noise**": [median(one["noisy"] for one in task) for task in scores],
        "without its trained gates": [median(one["without_pqc"] for one in task) for task in scores],
        **{name: [median(one["classical"][name] for one in task) for task in scores] for name in CLASSICAL},
    }
    cells = [[name, *(f"{value:.4f}" for value in values)] for name, values in rows.items()]
    costs = {"qubits": "n_qubits", "two-qubit gates": "two_qubit_gates"}
    cells += [
        [label, *(f"{median(run['model'][name] for run in task):.0f}" for task in runs)]
        for label, name in costs.items()
    ]
    return "\n".join(table(["", *tasks], cells))


def _rows(found: list[Entry]) -> Iterator[list[str]]:
    for task in TASKS:
        runs = of(found, task=task)
        if not runs:
            continue
        noisy = values(runs, "scores", "noisy")
        classical = [run["scores"]["classical"] for run in runs]
        refits = [stdev(run["scores"]["refits"]) for run in runs if len(run["scores"]["refits"]) > 1]
        yield [
            task,
            accuracy(noisy),
            f"≥ {TARGETS[task]:g}: {met(median(noisy) >= TARGETS[task])}",
            accuracy(values(runs, "scores", "noiseless")),
            f"{median(refits):.4f}" if refits else "–",
            *(f"{median(scores[name] for scores in classical):.4f}" for name in CLASSICAL),
            accuracy(values(runs, "scores", "without_pqc")),
            *(number(values(runs, "model", name)) for name in ("n_qubits", "n_weights", "two_qubit_gates")),
            number(values(runs, "cost", "trials")),
            number(values(runs, "cost", "noisy_evaluations")),
            f"{max(values(runs, 'cost', 'wall_seconds')):.0f}",
        ]


def _settings(found: list[Entry]) -> str:
    one = found[0]["settings"]
    spaces = sorted({entry["settings"]["space"] for entry in found})
    seeds = len({entry["settings"]["seed"] for entry in found})
    cores = one["cores"] or one["workers"]
    return (
        f"Strategy {one['strategy']}, device {one['device']}, spaces {', '.join(spaces)}; {one['max_seconds']:g} s a "
        f"search with {one['workers']} worker{'s' * (one['workers'] > 1)} on {cores} core{'s' * (cores > 1)}; seeds a "
        f"task: {seeds}."
    )


if __name__ == "__main__":
    main()
