"""Whether trainings that stopped by themselves had converged: some of them again, much longer and with no stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective

__all__ = ["stopping"]


def stopping(run: Path, sample: int, steps: int) -> dict[str, Any]:
    """Steps of all kept trials, and validation accuracies of a sample of them, as they are and trained longer."""
    folder = RunFolder.open(run)
    kept = [record for record in records(folder) if record.outcome.kind == "kept"]
    seed = folder.config.settings.seed
    objective = Objective.of(Features(folder.dataset, seed), folder.space, folder.device, seed)
    rows = np.random.default_rng(seed).permutation(len(kept))[:sample]
    before, after = [], []
    for record in (kept[row] for row in rows):
        assert record.candidate is not None
        longer = replace(record.candidate.training, steps=steps, patience=None)
        again = objective(record.trial, replace(record.candidate, training=longer), record.params)
        before.append(record.validation_score or 0.0)
        after.append(again.validation_score or 0.0)
    return {
        "kept": len(kept),
        "median_steps": median(record.steps for record in kept),
        "best_validation": max(record.validation_score or 0.0 for record in kept),
        "sample": len(before),
        "mean_validation": fmean(before),
        "longer_steps": steps,
        "mean_validation_longer": fmean(after),
    }
