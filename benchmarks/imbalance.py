"""What metric and class weights are worth where one class is rare: 1 in 21.

`python benchmarks/imbalance.py` searches made sets of 1,000 common and 50 rare samples, once for accuracy, once for
balanced accuracy, and each with balanced class weights too; the test part, 4,000 and 200 samples of its own, is looked
at once by each search. It prints the table; what is stored already is not measured again.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from record.circumstances import circumstances, commit, sentence
from record.readme import put, table
from record.statistics import pairs
from record.store import Store
from sklearn.datasets import make_classification

from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space
from qcsearch.training.judging.recalls import balanced_accuracy

RESULTS = Path(__file__).resolve().parent / "results" / "imbalance.json"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "qiskit", "optuna")
ARMS = {
    "accuracy": ("accuracy", None),
    "balanced accuracy": ("balanced_accuracy", None),
    "accuracy, balanced weights": ("accuracy", "balanced"),
    "balanced accuracy, balanced weights": ("balanced_accuracy", "balanced"),
}
TRAIN, TEST = (1_000, 50), (4_000, 200)
"""Samples of the common and of the rare class; of the first a fifth is the validation part."""

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each search, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--max-seconds", type=float, default=30.0)
    parser.add_argument("--device", default="fake_torino")
    parser.add_argument("--stored", action="store_true", help="print what is stored, measure nothing")
    parser.add_argument("--readme", action="store_true", help="put the table into benchmarks/README.md")
    asked = parser.parse_args()
    store = Store(RESULTS)
    for seed in [] if asked.stored else asked.seeds:
        for arm in ARMS:
            settings = {"arm": arm, "seed": seed, "device": asked.device, "max_seconds": asked.max_seconds}
            if store.find(settings) is None:
                store.add(_measured(settings))
    text = render(store.entries)
    print(text)
    if asked.readme:
        put("imbalance", text)


def archive(seed: int, folder: Path) -> Path:
    """A made set with a test part of its own: four informative features of eight, two clusters a class."""
    X, y = make_classification(
        2 * (TRAIN[0] + TEST[0] + 500),
        n_features=8,
        n_informative=4,
        n_redundant=2,
        n_clusters_per_class=2,
        class_sep=1.0,
        flip_y=0.0,
        random_state=seed,
    )
    # Drawn equally often and then left out: so there are exactly so many.
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(y == label)) for label in (0, 1)]
    train = np.concatenate([rows[:n] for rows, n in zip(drawn, TRAIN, strict=True)])
    test = np.concatenate([rows[n : n + m] for rows, n, m in zip(drawn, TRAIN, TEST, strict=True)])
    path = folder / f"imbalance_{seed}.npz"
    np.savez(path, X_train=X[train], y_train=y[train], X_test=X[test], y_test=y[test])
    return path


def render(entries: list[Entry]) -> str:
    """A row for each way of searching, and what it is worth against the search for accuracy."""
    if not entries:
        return "Nothing was measured."
    by_arm = {arm: {e["settings"]["seed"]: e for e in entries if e["settings"]["arm"] == arm} for arm in ARMS}
    seeds = sorted(set.intersection(*(set(found) for found in by_arm.values())))
    first = [by_arm["accuracy"][seed]["balanced_accuracy"] for seed in seeds]
    rows = []
    for arm, found in by_arm.items():
        scores = [found[seed]["balanced_accuracy"] for seed in seeds]
        against = pairs(scores, first) if arm != "accuracy" else None
        rows.append(
            [
                arm,
                f"{mean(scores):.3f} ({min(scores):.3f}–{max(scores):.3f})",
                f"{mean(found[seed]['rare_recall'] for seed in seeds):.3f}",
                f"{mean(found[seed]['accuracy'] for seed in seeds):.3f}",
                "–" if against is None else f"{against.mean:+.3f}",
                "–" if against is None else f"{against.better} of {against.n}, p = {against.p_value:.2g}",
            ]
        )
    head = [
        "search for",
        "balanced accuracy, mean (range)",
        "recall of the rare class",
        "accuracy",
        "gain",
        "better (Wilcoxon)",
    ]
    last = entries[-1]
    note = (
        f"{len(seeds)} made sets, {last['settings']['max_seconds']:g} s each on one worker, "
        f"{last['settings']['device']}, infinitely many shots; {last['n_test']:,} test samples, looked at once. "
        f"Other work ran on the machine: load {min(e['load'] for e in entries):.1f} to "
        f"{max(e['load'] for e in entries):.1f}. {sentence(last)}"
    )
    return "\n".join([note, "", *table(head, rows)])


def _measured(settings: Entry) -> Entry:
    metric, weights = ARMS[settings["arm"]]
    asked = SearchSettings(
        max_seconds=settings["max_seconds"],
        seed=settings["seed"],
        metric=metric,
        class_weight=weights,
        baselines="none",
    )
    with tempfile.TemporaryDirectory() as scratch:
        data = load_dataset(archive(settings["seed"], Path(scratch)))
        run = Path(scratch, "run")
        result = run_search(data, get_device(settings["device"]), load_space("default"), asked, run=run)
        score, interval = balanced_accuracy(result.recalls)
    return {
        "settings": settings,
        "balanced_accuracy": score,
        "interval": list(interval),
        "rare_recall": result.recalls[1].recall,
        "accuracy": result.best.test_accuracy_noisy,
        "n_test": result.best.n_test,
        "trials": result.n_trials,
        "load": os.getloadavg()[0],
        "commit": commit(),
        **circumstances(LIBRARIES, 1),
    }


if __name__ == "__main__":
    main()
