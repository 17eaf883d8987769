"""Rows that are no baselines: what trials must be better than, and what a tuning began with."""

from __future__ import annotations

from qcsearch.data.splitting import split
from qcsearch.search.finish.majority import majority
from qcsearch.search.finish.rows import TEST, Row
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.training.metrics import ACCURACY, Metric
from qcsearch.training.statistics import wilson

__all__ = ["majority_rows", "tuning_rows"]


def majority_rows(run: RunFolder) -> list[Row]:
    """What the trials of a run that is not evaluated yet have to be better than."""
    parts, target = (
        split(run.dataset, run.config.settings.seed).learned(run.dataset.target),
        run.dataset.target,
    )
    y, metric = parts.validation.y, Metric.of(run.config.settings.metric, target)
    found = majority(parts.train.y, len(y), target)
    accuracy = ACCURACY(y, found) if target.has_accuracy else None
    return [
        Row(target.ignorant_name, "classical", None, accuracy, metric=metric.name, score=metric(y, found))
    ]


def tuning_rows(result: SearchResult, config: RunConfig) -> list[Row]:
    """Of a tuning: the winner it began with, where it was searched and where it is tuned, with the weights it had."""
    origin, untuned = config.origin, result.untuned
    if origin is None:
        return []
    name = f"trial {origin.trial} of {origin.run}"
    found: list[tuple[str, str, float | None]] = [
        (f"{name} on {origin.device}", "origin", origin.test_accuracy_noisy)
    ]
    if untuned is not None:
        found.append((f"{name} on {config.device}, untuned", "untuned", untuned.test_accuracy_noisy))
    n_test = result.best.n_test  # the same split
    return [
        Row(
            label,
            kind,
            score,
            interval=None if score is None else wilson(score, n_test),
            split=TEST,
            n_samples=n_test,
        )
        for label, kind, score in found
    ]
