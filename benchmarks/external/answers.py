"""Which test rows a model got right: of our winners from their run folders, of the classical models by fitting them."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from record.circumstances import circumstances, commit
from record.store import Store
from threadpoolctl import threadpool_limits

from external.classical import MODELS, bits, fitted, grid_digest
from external.sets import draw
from qcsearch.bundle.read import load_bundle

__all__ = ["of_classical", "of_winner"]

LIBRARIES = ("numpy", "scipy", "scikit-learn")

Entry = dict[str, Any]


def of_winner(run: Path, data: Path) -> Entry:
    """Of the test part, under noise: the rows behind the accuracy that the search reports."""
    model = load_bundle(run / "model")
    with np.load(data) as archive:
        X, y = archive["X_test"], archive["y_test"]
    return {"right": bits(model.predict(X).astype(str) == y.astype(str))}


def of_classical(cells: Iterable[tuple[str, int]], store: Store, asked: argparse.Namespace) -> list[Entry]:
    """Fit what is not stored yet, one thread each, and store each as soon as it is done; nothing with `--stored`.

    Args:
        cells: sets, each with a seed.
        store: of these results alone.
        asked: `again` and `stored` of the options of searches, and `jobs`: how many side by side.

    Returns:
        The results of all models on all cells.
    """
    wanted = [settings for cell in cells for settings in _settings(*cell)]
    missing = [] if asked.stored else [one for one in wanted if asked.again or store.find(one) is None]
    # spawned: a fork of a process with threads may hang
    with ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_entry, settings) for settings in missing]):
            store.add(entry := done.result())
            which = ", ".join(str(entry["settings"][key]) for key in ("task", "model", "seed"))
            print(f"{which}: {entry['scores']['seconds']:.0f} s", file=sys.stderr, flush=True)
    found = (store.find(settings, any_version=asked.stored) for settings in wanted)
    return [entry for entry in found if entry is not None]


def _settings(task: str, seed: int) -> list[Entry]:
    digest = draw(task, seed).digest
    return [
        {"task": task, "seed": seed, "model": name, "grid_digest": grid_digest(name), "data_digest": digest}
        for name in MODELS
    ]


def _entry(settings: Entry) -> Entry:
    with threadpool_limits(1):
        scores = fitted(settings["model"], draw(settings["task"], settings["seed"]), settings["seed"])
    where = {"commit": commit(), **circumstances(LIBRARIES, 1)}
    return {"settings": settings, "scores": scores, **where}
