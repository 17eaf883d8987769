"""Numbers and several labels: what a search finds beside classical models on the same samples.

`python benchmarks/targets.py` searches three sets of numbers and a made set of labels, for so many trials each: the
load of the machine is in no figure but the seconds. The classical models are tuned in folds of the samples that the
winner learnt from, and judged on the same test samples, which each search looks at once. It prints the tables; what is
stored already is not measured again.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

from record.circumstances import circumstances, commit, sentence
from record.readme import put, table
from record.statistics import pairs
from record.store import Store
from sklearn.datasets import load_diabetes, make_friedman1, make_friedman2, make_multilabel_classification

from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space

RESULTS = Path(__file__).resolve().parent / "results" / "targets.json"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "qiskit", "optuna")
TASKS: dict[str, tuple[str, str, Callable[[int], Any]]] = {
    "diabetes": ("regression", "Diabetes", lambda seed: load_diabetes(return_X_y=True)),
    "friedman1": (
        "regression",
        "Friedman 1",
        lambda seed: make_friedman1(500, noise=1.0, random_state=seed),
    ),
    "friedman2": (
        "regression",
        "Friedman 2",
        lambda seed: make_friedman2(500, noise=125.0, random_state=seed),
    ),
    "multilabel": (
        "multilabel",
        "Made labels",
        lambda seed: make_multilabel_classification(
            600, n_features=10, n_classes=4, n_labels=2, random_state=seed
        ),
    ),
}
"""Kind, name, and the samples of a seed. Of the first the seed cuts the split alone, the others it draws as well; the
noise of Friedman's is that of Friedman, Ann. Stat. 19, 1 (1991): of the second a ninth of the variance."""

ROWS = {
    "regression": ("ridge regression", "RBF-SVR"),
    "multilabel": ("logistic regression", "RBF-SVM"),
}
"""Classical models, each of the circuit's features and, with that in its name, of the raw ones."""

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--device", default="fake_torino")
    parser.add_argument("--stored", action="store_true", help="print what is stored, measure nothing")
    parser.add_argument("--readme", action="store_true", help="put the tables into benchmarks/README.md")
    asked = parser.parse_args()
    store = Store(RESULTS)
    for seed in [] if asked.stored else asked.seeds:
        for task in asked.tasks:
            settings = {"task": task, "seed": seed, "device": asked.device, "trials": asked.trials}
            if store.find(settings) is None:
                store.add(_measured(settings))
    for kind in ROWS:
        text = render([one for one in store.entries if TASKS[one["settings"]["task"]][0] == kind], kind)
        print(text)
        if asked.readme:
            put(kind, text)


def render(entries: list[Entry], kind: str) -> str:
    """A row for each task: the winner, and each classical model with how often the winner is above it."""
    if not entries:
        return "Nothing was measured."
    names = [f"{name}{which}" for name in ROWS[kind] for which in ("", ", raw features")]
    rows = []
    for task in dict.fromkeys(entry["settings"]["task"] for entry in entries):
        found = [entry for entry in entries if entry["settings"]["task"] == task]
        ours = [entry["scores"]["winner"][0] for entry in found]
        cells = [
            f"{TASKS[task][1]} ({found[0]['n_test']})",
            _spread(ours),
            f"{mean(entry['at_shots'] for entry in found):.3f}",
        ]
        for name in names:
            theirs = [entry["scores"][name][0] for entry in found]
            against = pairs(ours, theirs)
            cells.append(f"{_spread(theirs)}; {against.mean:+.3f}, {against.better} of {against.n}")
        rows.append(cells)
    seeds = len({entry["settings"]["seed"] for entry in entries})
    score = "R²" if kind == "regression" else "all labels right"
    last = entries[-1]
    note = (
        f"{score}, mean (range) over {seeds} seeds; behind each classical model the winner minus it, and on how many "
        f"seeds the winner is above it. {last['settings']['trials']} trials, space `default`, "
        f"{last['settings']['device']}, one worker; in brackets the test samples. {sentence(last)}"
    )
    head = ["task", "winner, under noise", "at 1,024 shots", *names]
    return "\n".join([note, "", *table(head, rows)])


def _spread(scores: list[float]) -> str:
    return f"{mean(scores):.3f} ({min(scores):.3f}–{max(scores):.3f})"


def _measured(settings: Entry) -> Entry:
    kind, name, drawn = TASKS[settings["task"]]
    data = load_dataset(drawn(settings["seed"]), task=kind, name=name)
    asked = SearchSettings(n_trials=settings["trials"], seed=settings["seed"])
    with tempfile.TemporaryDirectory() as scratch:
        device, run = get_device(settings["device"]), Path(scratch, "run")
        result = run_search(data, device, load_space("default"), asked, run=run)
    best = result.best
    scores = {"winner": [best.test_score, *best.test_score_interval]}
    scores |= {one.name: [one.test_score, *one.test_score_interval] for one in result.baselines}
    return {
        "settings": settings,
        "scores": scores,
        "at_shots": best.test_at_shots.accuracy,
        "validation_score": best.validation_score,
        "n_test": best.n_test,
        "two_qubit_gates": best.two_qubit_gates,
        "parameters": best.parameters.total,
        "seconds": result.seconds,
        "load": os.getloadavg()[0],
        "missing": dict(result.missing),
        "commit": commit(),
        **circumstances(LIBRARIES, 1),
    }


if __name__ == "__main__":
    main()
