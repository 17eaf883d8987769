"""The nine tasks, each searched as a user would, from several seeds.

`python benchmarks/nine_tasks.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median, stdev
from typing import Any

from record.readme import put, table
from record.statistics import holm, pairs, wilson
from refit import refitted
from search.fleet import cells, jobs, measure, searches
from search.summary import (
    apart,
    between,
    done,
    failures,
    noted,
    number,
    of,
    probability,
    reached,
    tested,
    values,
)
from search.tasks import HARDER, N_TEST, TARGETS, TASKS, data_file, marked, notes

from qcsearch.search.finish.baselines.base import RAW, UNENTANGLED

FRONT = Path(__file__).resolve().parents[1] / "README.md"
CLASSICAL = ("logistic regression", "RBF-SVM", "gradient boosting", "MLP")
"""On the features of the data; see `refit`."""
HEAD = [
    "task",
    "test samples",
    "under noise, median (range) [95 %]",
    "asked",
    "noiseless",
    "at 1,024 shots",
    "without two-qubit gates",
    "spread of refits",
    *CLASSICAL,
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
    parser = searches(__doc__, "nine_tasks", seeds=5, max_seconds=60)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    asked = parser.parse_args()
    wanted = cells(asked.tasks, asked.seeds)
    entries = measure(jobs(asked, wanted, lambda task, _: data_file(task)), asked, asked.jobs)
    if not asked.stored:
        entries = refitted(entries, asked.store)
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
    tasks = _tasks(found)
    lines = [noted(found), "", _settings(found), "", *table(HEAD, _rows(found)), *notes(tasks)]
    told = [_against_classical(found, tasks), *_entanglement(found)]
    return "\n".join([*lines, "", *told, *failures(entries)])


def front(entries: list[Entry]) -> str:
    """The table of the project's own README: few columns, and what they can say below them."""
    found = done(entries)
    tasks = _tasks(found)
    head = ["task", "test samples", "qcsearch, under noise", *CLASSICAL, "qubits", "two-qubit gates"]
    rows = ([marked(task), f"{N_TEST[task]:,}", *_front_cells(task, of(found, task=task))] for task in tasks)
    told = [_against_classical(found, tasks), *_entanglement(found)]
    return "\n".join([*table(head, rows), *notes(tasks), "", *told])


def _front_cells(task: str, runs: list[Entry]) -> Iterator[str]:
    for scores in (values(runs, "scores", "noisy"), *(_classical(runs, name) for name in CLASSICAL)):
        yield f"{median(scores):.4f} {between(wilson(median(scores), N_TEST[task]))}" if scores else "–"
    for name in ("n_qubits", "two_qubit_gates"):
        yield f"{median(values(runs, 'model', name)):.0f}"


def _against_classical(found: list[Entry], tasks: list[str]) -> str:
    """Whether the winners can be told from the classical models, by the medians on the tasks that have both."""
    against = {}
    for name in CLASSICAL:
        runs = [of(found, task=task) for task in tasks]
        both = [(values(one, "scores", "noisy"), theirs) for one in runs if (theirs := _classical(one, name))]
        if both:
            against[name] = pairs(*([median(scores[side]) for scores in both] for side in (0, 1)))
    adjusted = holm(one.p_value for one in against.values())
    told = "; ".join(
        f"{name}, n = {one.n}, {100 * one.mean:+.1f} points on the mean, better on {one.better}, alike on {one.alike}, "
        f"worse on {one.worse}: {probability(p)}, {apart(p)}"
        for (name, one), p in zip(against.items(), adjusted, strict=True)
    )
    if not against:
        return "No classical model was fitted."
    return (
        "The winner against classical models on the features of the data, by medians (Wilcoxon's signed ranks, Holm's "
        f"correction): {told}."
    )


def _classical(runs: list[Entry], name: str) -> list[float]:
    row = name + RAW
    return [run["scores"]["classical"][row] for run in runs if row in run["scores"]["classical"]]


def _tasks(found: list[Entry]) -> list[str]:
    return [task for task in (*TASKS, *HARDER) if of(found, task=task)]


def _rows(found: list[Entry]) -> Iterator[list[str]]:
    for task in _tasks(found):
        runs, n = of(found, task=task), N_TEST[task]
        noisy = values(runs, "scores", "noisy")
        refits = [stdev(run["scores"]["refits"]) for run in runs if len(run["scores"]["refits"]) > 1]
        yield [
            marked(task),
            f"{n:,}",
            tested(noisy, n),
            f"≥ {TARGETS[task]:g}: {reached(noisy, n, TARGETS[task])}" if task in TARGETS else "–",
            tested(values(runs, "scores", "noiseless"), n),
            _at_shots(runs, n),
            _unentangled(runs, n),
            f"{median(refits):.4f}" if refits else "–",
            *(tested(_classical(runs, name), n) for name in CLASSICAL),
            *(number(values(runs, "model", name)) for name in ("n_qubits", "n_weights", "two_qubit_gates")),
            number(values(runs, "cost", "trials")),
            number(values(runs, "cost", "noisy_evaluations")),
            f"{max(values(runs, 'cost', 'wall_seconds')):.0f}",
        ]


def _at_shots(runs: list[Entry], n: int) -> str:
    """Of the same weights; nothing of runs that were stored before it was told."""
    scores = [run["scores"]["at_shots"] for run in runs if "at_shots" in run["scores"]]
    assert {score["shots"] for score in scores} <= {1024}
    return tested([score["accuracy"] for score in scores], n)


def _unentangled(runs: list[Entry], n: int) -> str:
    """Of the winners without their two-qubit gates, trained as long; of how many, where the seconds ended before."""
    scores = [score for _, score in _with_and_without(runs)]
    few = f" ({len(scores)} of {len(runs)} runs)" if 0 < len(scores) < len(runs) else ""
    return tested(scores, n) + few


def _with_and_without(runs: list[Entry]) -> list[tuple[float, float]]:
    """Test accuracies of winners, and of the same without two-qubit gates."""
    return [
        (run["scores"]["noisy"], row["test_accuracy"])
        for run in runs
        for row in run["scores"].get("baselines", ())
        if row["name"] == UNENTANGLED
    ]


def _entanglement(found: list[Entry]) -> list[str]:
    """What two-qubit gates added, over all winners that were trained without them too."""
    both = _with_and_without(found)
    if not both:
        return []
    one = pairs(*([pair[side] for pair in both] for side in (0, 1)))
    return [
        "",
        f"Two-qubit gates added {100 * one.mean:+.2f} points on the mean of {one.n} winners (better on {one.better}, "
        f"alike on {one.alike}, worse on {one.worse}; Wilcoxon's signed ranks): {probability(one.p_value)}, "
        f"{apart(one.p_value)}.",
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
