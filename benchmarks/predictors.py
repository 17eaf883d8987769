"""What training-free predictors are worth: rank correlation with the accuracy that trained candidates reach, and cost.

`python benchmarks/predictors.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from record.readme import put, table
from record.statistics import LEVEL, holm
from scipy.stats import norm
from search.fleet import measure, options
from search.job import Job, job
from search.spaces import DEFAULT, derive
from search.summary import done, failures, noted
from search.tasks import TASKS

from qcsearch.search import RunFolder
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.study.correlation import correlations
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective

KINDS = {"random": "default space", "elivagar_random": "gate by gate"}
"""How candidates are drawn: everything from the default space; circuits as Élivágar draws them, without its choice
among them, and trained as it trains them all."""

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    asked = _options()
    text = render(measure(_jobs(asked), asked))
    print(text)
    if asked.readme:
        put("predictors", text)


def render(entries: list[Entry]) -> str:
    """A row for each predictor, and which of them are worth having where."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    names = {row["predictor"] for entry in found for row in entry["after"]["correlations"]}
    by_name = {name: [_row(entry, name) for entry in found] for name in names}
    order = sorted(names, key=lambda name: -median(row.get("rho") or 0.0 for row in by_name[name]))
    head = ["predictor", *map(_set, found), "ms each"]
    rows = ([name, *map(_shown, by_name[name]), _milliseconds(by_name[name])] for name in order)
    return "\n".join([noted(found), "", *table(head, rows), "", _verdict(found, order), *failures(entries)])


def _options() -> argparse.Namespace:
    parser = options(__doc__, "predictors")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=["mnist_4", "vowel_4"])
    parser.add_argument("--trials", type=int, default=150, help="candidates of a set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    """Every candidate is drawn and trained to its end: no start points, no pruning; the winner does not matter."""
    folder: Path = asked.runs / "spaces"
    for task in asked.tasks:
        for strategy in KINDS:
            space = DEFAULT if strategy == "random" else "elivagar"
            whole = {
                "ladder": {"rungs": 0},
                "start": [],
                "refit": {"top": 1, "seeds": 1, "steps_factor": 1.0},
            }
            yield job(
                task,
                asked.seed,
                strategy=strategy,
                space=derive(space, whole, f"{Path(space).stem}_not_pruned", folder),
                n_trials=asked.trials,
                workers=asked.workers,
                after=_correlate,
            )


def _correlate(run: Path) -> dict[str, Any]:
    """As `qcsearch explain RUN` does."""
    folder = RunFolder.open(run)
    seed = folder.config.settings.seed
    objective = Objective.of(Features(folder.dataset, seed), folder.space, folder.device, seed)
    return {"correlations": [asdict(row) for row in correlations(objective, records(folder))]}


def _verdict(found: list[Entry], order: list[str]) -> str:
    """Which correlations are useful when all of the table are looked at together: one interval in twenty misses."""
    every = [(_set(entry), _row(entry, name)) for entry in found for name in order]
    rows = [(where, row) for where, row in every if row.get("rho") is not None]
    useful: dict[str, list[str]] = {where: [] for where, _ in rows}
    for (where, row), p in zip(rows, holm(_p_value(row) for _, row in rows), strict=True):
        if p < LEVEL and row["rho"] > 0:
            useful[where].append(row["predictor"])
    named = "; ".join(f"{where}: {', '.join(names) or 'none'}" for where, names in useful.items())
    return f"Positive after Holm's correction for all {len(rows)} correlations: {named}."


def _p_value(row: dict[str, Any]) -> float:
    """That of Fisher's interval which the table shows, two-sided."""
    return float(2 * norm.sf(abs(math.atanh(row["rho"])) / math.sqrt(1.06 / (row["n"] - 3))))


def _set(entry: Entry) -> str:
    kept = max(row["n"] for row in entry["after"]["correlations"])
    return f"{entry['settings']['task']}, {KINDS[entry['settings']['strategy']]}, {kept} candidates"


def _row(entry: Entry, name: str) -> dict[str, Any]:
    return next((row for row in entry["after"]["correlations"] if row["predictor"] == name), {})


def _shown(row: dict[str, Any]) -> str:
    if row.get("rho") is None:
        return "–"
    return f"{row['rho']:+.2f} ({row['low']:+.2f} … {row['high']:+.2f})"


def _milliseconds(rows: list[dict[str, Any]]) -> str:
    return f"{1000 * median(row['seconds'] for row in rows if row):.1f}"


if __name__ == "__main__":
    main()
