"""What the study reports: test rows that its models got right, of five trainings each, from its repository's results.

`published.json` is made of the files `paper/results/<benchmark>/<model>/*-best-hyperparams-results.csv` of
XanaduAI/qml-benchmarks (Apache-2.0); where the name says `two_manifold`, that is `two_curves` before it was renamed,
and counts where there is no newer file. Files whose test accuracies repeat those of training are left out. A model that
is missing from a set is one whose file could not be found; it may have been run.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

__all__ = ["CLASSICAL", "SEPARABLE", "best", "published"]

CLASSICAL = ("SVC", "MLPClassifier", "ConvolutionalNeuralNetwork")
SEPARABLE = ("SeparableVariationalClassifier", "SeparableKernelClassifier")
"""Quantum models without entanglement."""

_FILE = Path(__file__).with_name("published.json")


def published(name: str) -> dict[str, float]:
    """Mean test accuracy of each model of the study on a set; none for a set that is not there."""
    found = json.loads(_FILE.read_text("utf-8")).get(name)
    if found is None:
        return {}
    return {model: fmean(right) / found["rows"] for model, right in found["right"].items()}


def best(scores: dict[str, float], *, separable: bool) -> str | None:
    """The best of the study's quantum models, of those with or without entanglement; None if there is none."""
    quantum = {
        model: score
        for model, score in scores.items()
        if model not in CLASSICAL and (model in SEPARABLE) == separable
    }
    return max(quantum, key=lambda model: quantum[model], default=None)
