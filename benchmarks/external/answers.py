"""Which test rows a model got right: of our winners from their run folders, of the others by tuning them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from record.circumstances import circumstances, commit
from record.store import Store
from search import job
from search.fleet import Cell, beside

from external.models import MODELS
from external.sets import draw
from external.tuning import bits, tuned
from qcsearch.bundle.read import load_bundle

__all__ = ["of_models", "of_winner"]

LIBRARIES = (*job.LIBRARIES, "qiskit-machine-learning", "squlearn")

Entry = dict[str, Any]


def of_winner(run: Path, data: Path) -> Entry:
    """Of the test part, under noise: the rows behind the accuracy that the search reports."""
    model = load_bundle(run / "model")
    with np.load(data) as archive:
        X, y = archive["X_test"], archive["y_test"]
    return {"right": bits(model.predict(X).astype(str) == y.astype(str))}


def of_models(cells: Iterable[Cell], store: Store, asked: argparse.Namespace) -> list[Entry]:
    """Tune what is not stored yet, one thread each, and store each as soon as it is done; nothing with `--stored`.

    A model whose library is not installed is left open, and said so.

    Args:
        cells: sets, each with a seed.
        store: of these results alone.
        asked: `again`, `stored` and `max_seconds` of the options of searches, `models`, and `jobs`: how many side by
            side.

    Returns:
        The results of all models on all cells.
    """
    wanted = [one for cell in cells for one in _settings(*cell, asked.models, asked.max_seconds)]
    missing = [] if asked.stored else [one for one in wanted if asked.again or store.find(one) is None]
    for name in sorted({one["model"] for one in missing if not MODELS[one["model"]].installed}):
        print(f"{name} is left open: {MODELS[name].needs} is not installed.", file=sys.stderr)

    def fit(settings: Entry, core: int | None) -> None:
        which = ", ".join(str(settings[key]) for key in ("task", "model", "seed"))
        try:
            scores = tuned(settings, core)
        except RuntimeError as error:  # not stored: the next call tries again
            print(f"{which}: {error}", file=sys.stderr, flush=True)
            return
        store.add(
            {
                "settings": settings,
                "scores": scores,
                "commit": commit(),
                **circumstances(LIBRARIES, 1),
            }
        )
        told = scores.get("missing") or f"{scores['tried']} of {scores['of']} points"
        print(f"{which}: {scores['seconds']:.0f} s, {told}", file=sys.stderr, flush=True)

    beside(fit, [one for one in missing if MODELS[one["model"]].installed], asked.jobs)
    found = (store.find(settings, any_version=asked.stored) for settings in wanted)
    return [entry for entry in found if entry is not None]


def _settings(task: str, seed: int, models: Iterable[str], max_seconds: float) -> list[Entry]:
    digest = draw(task, seed).digest
    return [
        {
            "task": task,
            "seed": seed,
            "model": name,
            "max_seconds": max_seconds,
            "grid_digest": MODELS[name].digest,
            "data_digest": digest,
        }
        for name in models
    ]
