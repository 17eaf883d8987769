"""What was asked of single searches: the published QuantumNAS set-up, 2,500 candidates of Élivágar, 1,000 trainings.

`python benchmarks/contract.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from record.readme import put, table
from search.fleet import measure, options
from search.job import Job, job
from search.stopping import stopping
from search.summary import accuracy, done, failures, met, noted, number, of, reached, tested, values
from search.tasks import N_TEST

SPACES = Path(__file__).resolve().parent / "spaces"
TASK = "mnist_4"
POOL = 100
"""Circuits of one trial of Élivágar."""

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    asked = _options()
    text = render(measure(_jobs(asked), asked))
    print(text)
    if asked.readme:
        put("contract", text)


def render(entries: list[Entry]) -> str:
    """A row for each of the things asked."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    head = ["search", "whole process", "asked", "what came of it"]
    rows = ([what, *row(runs)] for what, row in _ROWS.items() if (runs := of(found, what=what)))
    settings = f"Accuracies of {N_TEST[TASK]} test samples of {TASK}: median (range) [95 % of the median]."
    return "\n".join([noted(found), "", settings, "", *table(head, rows), *failures(entries)])


def _options() -> argparse.Namespace:
    parser = options(__doc__, "contract")
    parser.add_argument("--what", nargs="+", choices=list(_ROWS), default=list(_ROWS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--candidates", type=int, default=2500, help="of Élivágar, a multiple of 100")
    parser.add_argument("--trials", type=int, default=1000, help="that encode once")
    parser.add_argument("--sample", type=int, default=40, help="of them, trained again without a stop")
    return parser.parse_args()


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    pools = max(1, asked.candidates // POOL)
    after = partial(stopping, sample=asked.sample, steps=3000)
    searches = {
        "quantumnas": partial(job, strategy="quantumnas", space="quantumnas_u3_cu3", n_trials=1),
        "elivagar_both": partial(job, strategy="elivagar_both", space="elivagar", n_trials=pools),
        "elivagar": partial(job, strategy="elivagar", space="elivagar", n_trials=pools),
        "encode_once": partial(
            job, strategy="random", space=str(SPACES / "encode_once.toml"), n_trials=asked.trials, after=after
        ),
    }
    for what in asked.what:
        for seed in range(asked.seeds):
            yield searches[what](TASK, seed, workers=asked.workers, what=what)


def _quantumnas(runs: list[Entry]) -> list[str]:
    scored = [run["model"]["predictors"].get("scored", 0.0) for run in runs]
    noisy = values(runs, "scores", "noisy")
    asked = f"≤ 600 s: {met(_slowest(runs) <= 600)}; ≥ 0.75: {reached(noisy, N_TEST[TASK], 0.75)}"
    came = (
        f"test accuracy under noise {tested(noisy, N_TEST[TASK])}; {number(scored)} different genes scored under "
        f"noise; {number(values(runs, 'model', 'n_weights'))} weights, "
        f"{number(values(runs, 'model', 'two_qubit_gates'))} two-qubit gates"
    )
    return [_seconds(runs), asked, came]


def _elivagar(runs: list[Entry]) -> list[str]:
    scoring = [run["cost"]["times"].get("proposal", 0.0) / run["settings"]["workers"] for run in runs]
    candidates = number([POOL * run["cost"]["trials"] for run in runs])
    came = (
        f"{candidates} candidates, scored in {number(scoring)} s, the best of each {POOL} trained; test accuracy under "
        f"noise {tested(values(runs, 'scores', 'noisy'), N_TEST[TASK])}"
    )
    return [_seconds(runs), f"≤ 300 s: {met(_slowest(runs) <= 300)}", came]


def _encode_once(runs: list[Entry]) -> list[str]:
    after = [run["after"] for run in runs]
    sample = sum(one["sample"] for one in after)
    before, longer = (
        sum(one[name] * one["sample"] for one in after) / sample
        for name in ("mean_validation", "mean_validation_longer")
    )
    kept, steps = (number([one[name] for one in after]) for name in ("kept", "median_steps"))
    came = (
        f"{kept} candidates trained, {steps} steps each in the median; mean validation accuracy of {sample} of them "
        f"{before:.3f}, after {after[0]['longer_steps']:,} steps without a stop {longer:.3f}; best of all "
        f"{accuracy([one['best_validation'] for one in after])}; {_shares(runs)}"
    )
    return [_seconds(runs), f"≤ 120 s: {met(_slowest(runs) <= 120)}", came]


_ROWS: dict[str, Callable[[list[Entry]], list[str]]] = {
    "quantumnas": _quantumnas,
    "elivagar_both": _elivagar,
    "elivagar": _elivagar,
    "encode_once": _encode_once,
}


def _slowest(runs: list[Entry]) -> float:
    return max(values(runs, "cost", "wall_seconds"))


def _seconds(runs: list[Entry]) -> str:
    return f"{number([round(seconds) for seconds in values(runs, 'cost', 'wall_seconds')])} s"


def _shares(runs: list[Entry]) -> str:
    """Where the time of the trials went."""
    stages = {stage: sum(run["cost"]["times"][stage] for run in runs) for stage in runs[0]["cost"]["times"]}
    total = sum(stages.values())
    shares = sorted(stages.items(), key=lambda item: -item[1])
    return "of the trials' time " + ", ".join(
        f"{name} {100 * seconds / total:.0f} %" for name, seconds in shares
    )


if __name__ == "__main__":
    main()
