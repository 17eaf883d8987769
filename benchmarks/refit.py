"""The classical models of stored searches, fitted anew without searching again: as a search of today fits them.

`python benchmarks/refit.py` fits logistic regression, RBF-SVM, gradient boosting and MLP to the features of the data,
to all rows that the winner learned from (training and validation part), tuned by `qcsearch.search.finish.baselines`.
What sees the winner's own features cannot be fitted again: they are not stored. Tables are made anew by each benchmark
with `--stored --readme`.
"""

from __future__ import annotations

import argparse
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from record.circumstances import circumstances, commit
from record.store import Store
from search.harder import archive
from search.tasks import HARDER, data_file
from threadpoolctl import threadpool_limits

from qcsearch.search.finish.baselines.base import RAW, Samples
from qcsearch.search.finish.baselines.models import classical_rows

RESULTS = Path(__file__).resolve().parent / "results"
STORES = ("nine_tasks", "harder", "strategies", "noise_awareness", "transfer", "contract")
LIBRARIES = ("numpy", "scipy", "scikit-learn")

Entry = dict[str, Any]


def main() -> None:
    """Fit once for each task and seed, and put the accuracies into every stored search of these."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    parser.add_argument("--again", action="store_true", help="fit anew what was fitted; else it is left")
    asked = parser.parse_args()
    for name in asked.stores:
        refit(Store(RESULTS / f"{name}.json"), again=asked.again)


def refitted(entries: list[Entry], path: Path) -> list[Entry]:
    """The same searches, with these models."""
    store = Store(path)
    refit(store)
    return [store.find(entry["settings"]) or entry for entry in entries]


def refit(store: Store, *, again: bool = False) -> None:
    """Put the classical accuracies into all searches of a store, and when they are of.

    Those that a search has fitted itself stay beside them, but for the ones of before it tuned them.

    Args:
        store: each of its entries keeps its place.
        again: also of those that have been fitted anew.
    """
    for entry in list(store.entries):
        if "scores" in entry and (again or "classical_refit" not in entry):
            entry = _with_classical(entry)
        store.add(entry)


def _with_classical(entry: Entry) -> Entry:
    task, seed = entry["settings"]["task"], entry["settings"]["seed"]
    own = entry["scores"]["classical"] if "baselines" in entry["scores"] else {}
    scores = {**entry["scores"], "classical": {**own, **accuracies(task, seed)}}
    return {**entry, "scores": scores, "classical_refit": {"commit": commit(), **circumstances(LIBRARIES, 1)}}


@cache
def accuracies(task: str, seed: int) -> dict[str, float]:
    """Test accuracy of each classical model that sees the features of the data."""
    file = archive(task, RESULTS.parents[1] / "runs" / "data") if task in HARDER else data_file(task)
    with np.load(file) as parts:
        X, X_test, y, y_test = (parts[name] for name in ("X_train", "X_test", "y_train", "y_test"))
    classes, codes = np.unique(y, return_inverse=True)
    X, X_test = X.astype(float), X_test.astype(float)
    samples = Samples(Z=X, Z_test=X_test, X=X, X_test=X_test, y=codes, n_parameters=0, seed=seed)
    found = {}
    with threadpool_limits(1):
        for row in classical_rows("full"):
            if row.name.endswith(RAW):
                found[row.name] = float(np.mean(classes[row.predict(samples).answers] == y_test))
                print(f"{task}, seed {seed}, {row.name}: {found[row.name]:.4f}", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
