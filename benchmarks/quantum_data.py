"""Phases of a cluster Hamiltonian from its ground states: searched, told apart from classical rows, deployed.

`python benchmarks/quantum_data.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from record.readme import put, table
from search.fleet import measure, searches
from search.job import Job, job
from search.summary import done, failures, noted, number, of, reached, tested, values

from qcsearch.search.finish.baselines.base import UNENTANGLED

N_SAMPLES, N_TEST = 4000, 800
DEPLOYED_SHOTS = 4096

HEAD = [
    "phases of",
    "device",
    "searched at",
    "winner, median (range) [95 %]",
    "asked",
    "at shots",
    "asked",
    "without two-qubit gates",
    "best classical",
    "winner − it",
    f"deployed, {DEPLOYED_SHOTS:,} shots",
    "farthest from simulated, points",
    "two-qubit gates",
    "trials",
]

Entry = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What is searched, and what was asked of it.

    Attributes:
        n_qubits: of the chain.
        device: whose noise it is.
        shots: that the search is told; None for infinitely many.
        max_seconds: of a search on one core.
        exact: accuracy asked for at infinitely many shots.
        sampled: accuracy asked for at `shots`; None where nothing was asked.
    """

    n_qubits: int
    device: str
    shots: int | None
    max_seconds: float
    exact: float | None
    sampled: float | None

    @property
    def task(self) -> str:
        """Its name, as one of a folder's."""
        return f"cluster_{self.n_qubits}"

    def samples(self, seed: int) -> str:
        """The generator, as the command line takes it."""
        return f"cluster:{self.n_qubits}:{N_SAMPLES}:{seed}"


QUESTIONS = (
    Question(6, "fake_melbourne", None, 300, exact=0.98, sampled=None),
    Question(6, "fake_melbourne", 256, 240, exact=None, sampled=0.95),
    Question(8, "fake_torino", None, 400, exact=0.98, sampled=None),
)


def main() -> None:
    """Measure, store after each search and its deployment, print."""
    parser = searches(__doc__, "quantum_data", seeds=5, max_seconds=0)
    parser.set_defaults(max_seconds=None)
    asked = parser.parse_args()
    wanted = [_job(question, seed, asked) for seed in range(asked.seeds) for question in QUESTIONS]
    text = render(measure(wanted, asked, asked.jobs))
    print(text)
    if asked.readme:
        put("quantum_data", text)


def _job(question: Question, seed: int, asked: argparse.Namespace) -> Job:
    """States, split and search of a seed: nothing is shared with the next but the question."""
    return job(
        question.task,
        seed,
        strategy=asked.strategy,
        space=asked.space,
        device=question.device,
        max_seconds=asked.max_seconds or question.max_seconds,
        workers=asked.workers,
        alone=asked.jobs == 1,
        data=question.samples(seed),
        after=partial(_deployed, device=question.device, seed=seed),
        **({} if question.shots is None else {"shots": question.shots}),
    )


def _deployed(folder: Path, device: str, seed: int) -> Entry:
    """Its weights as they are on the backend that simulates the device: no step is taken there."""
    asked = (
        "--backend",
        f"local:{device}",
        "--steps",
        "0",
        "--shots",
        str(DEPLOYED_SHOTS),
        "--seed",
        str(seed),
    )
    program = "from qcsearch.cli.main import main; main()"
    subprocess.run(
        [sys.executable, "-P", "-c", program, "deploy", folder, *asked], check=True, capture_output=True
    )
    found = json.loads((folder / "deployment.json").read_text("utf-8"))
    return {"simulated": found["noisy"]["accuracy"], "deployed": found["deployed"]["accuracy"]}


def render(entries: list[Entry]) -> str:
    """A row for each question, what failed below."""
    found = done(entries)
    if not found:
        return "Nothing was measured."
    seeds = len({entry["settings"]["seed"] for entry in found})
    one = found[0]["settings"]
    seconds = ", ".join(f"{question.max_seconds:g}" for question in QUESTIONS)
    settings = (
        f"Preset {one['space']}, strategy {one['strategy']}; {seconds} s a search on one core; {N_SAMPLES:,} states a "
        f"seed, of which {N_TEST} are the test part; seeds: {seeds}, of states, split and search together. Best "
        "classical model: on the test part, a choice in its favour; it sees local Pauli strings as they are measured."
    )
    return "\n".join([noted(found), "", settings, "", *table(HEAD, _rows(found)), *failures(entries)])


def _rows(found: list[Entry]) -> Iterator[list[str]]:
    for question in QUESTIONS:
        runs = [
            run for run in of(found, task=question.task) if run["settings"].get("shots") == question.shots
        ]
        if not runs:
            continue
        exact = values(runs, "scores", "noisy")
        sampled = [run["scores"]["at_shots"]["accuracy"] for run in runs]
        product = [row["test_accuracy"] for run in runs for row in _named(run, UNENTANGLED)]
        classical = [_best(run) for run in runs]
        deployed = [run["after"]["deployed"] for run in runs]
        apart = [100 * (run["after"]["deployed"] - run["after"]["simulated"]) for run in runs]
        yield [
            f"{question.n_qubits} qubits",
            question.device,
            "infinitely many shots" if question.shots is None else f"{question.shots:,} shots",
            tested(exact, N_TEST),
            _verdict(exact, question.exact),
            f"{tested(sampled, N_TEST)} at {runs[0]['scores']['at_shots']['shots']:,}",
            _verdict(sampled, question.sampled),
            tested(product, N_TEST),
            tested([row["test_accuracy"] for row in classical], N_TEST),
            ", ".join(_difference(row["difference"]) for row in classical),
            tested(deployed, N_TEST),
            f"{max(apart, key=abs):+.1f}",
            number(values(runs, "model", "two_qubit_gates")),
            number(values(runs, "cost", "trials")),
        ]


def _verdict(found: list[float], target: float | None) -> str:
    """Of the median, by its interval and every seed; see `reached`."""
    return "–" if target is None else f"≥ {target:g}: {median(found):.4f}, {reached(found, N_TEST, target)}"


def _named(run: Entry, name: str) -> list[Entry]:
    return [row for row in run["scores"]["baselines"] if row["name"] == name]


def _best(run: Entry) -> Entry:
    """The classical row that is best on the test part, a choice in its favour."""
    classical = [row for row in run["scores"]["baselines"] if not row["quantum"]]
    return max(classical, key=lambda row: row["test_accuracy"])


def _difference(gap: dict[str, float]) -> str:
    value, low, high = (f"{100 * gap[end]:+.1f}" for end in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


if __name__ == "__main__":
    main()
