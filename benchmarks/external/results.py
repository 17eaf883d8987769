"""What was measured of the external study, sorted by model and set."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from record.statistics import Ranking, ranking
from search.summary import done, of, values

from external.compare import Rows
from external.models import MODELS
from external.sets import SETS

__all__ = ["OURS", "Results", "ranked", "sorted_out"]

OURS = "qcsearch"
STUDY_S_OWN = 0
"""The seed whose draw is the study's."""

FEWEST = 3
"""Models that Friedman's test needs."""

Entry = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """What was measured.

    Attributes:
        runs: searches of complete draws: those of which every model was asked.
        fits: of the other models to these draws.
        rows: by model, ours first, then set: over the complete draws, if the model has an answer to each.
        own: the same of the study's own draw.
    """

    runs: list[Entry]
    fits: list[Entry]
    rows: dict[str, dict[str, Rows]]
    own: dict[str, dict[str, Rows]]

    @property
    def others(self) -> list[str]:
        """All models but ours."""
        return [model for model in self.rows if model != OURS]

    def beside(self, model: str) -> dict[str, Rows]:
        """Ours on the sets that another model answered."""
        return {name: rows for name, rows in self.rows[OURS].items() if name in self.rows[model]}

    def gap(self, model: str, name: str) -> float | None:
        """Points of accuracy that a model promised more than it kept, the mean of the draws; None if untold."""
        its = of(self.runs, task=name) if model == OURS else of(self.fits, task=name, model=model)
        promised = values(its, "scores", "validation")
        return (
            100 * (fmean(promised) - self.rows[model][name].accuracy) if len(promised) == len(its) else None
        )


def sorted_out(runs: list[Entry], fits: list[Entry]) -> Results:
    """From what is stored of searches that have a result, and of the other models."""
    answers: dict[tuple[str, int], dict[str, str | None]] = {}
    for entry in (*runs, *fits):
        settings = entry["settings"]
        right = entry["after"] if "after" in entry else entry["scores"]
        cell = answers.setdefault((settings["task"], settings["seed"]), {})
        cell[settings.get("model", OURS)] = right.get("right")
    asked = {entry["settings"]["model"] for entry in fits}
    models = (OURS, *(name for name in MODELS if name in asked))
    complete = {cell: by_model for cell, by_model in sorted(answers.items()) if set(models) <= set(by_model)}

    def rows(seeds: set[int]) -> dict[str, dict[str, Rows]]:
        cells = {name: [c for c in complete if c[0] == name and c[1] in seeds] for name in SETS}
        rights = {
            model: {name: [complete[c][model] for c in its] for name, its in cells.items() if its}
            for model in models
        }
        return {
            model: {name: Rows.of(filter(None, its)) for name, its in by_set.items() if all(its)}
            for model, by_set in rights.items()
        }

    kept = [
        [entry for entry in entries if (entry["settings"]["task"], entry["settings"]["seed"]) in complete]
        for entries in (runs, fits)
    ]
    return Results(*kept, rows({seed for _, seed in complete}), rows({STUDY_S_OWN}))


def ranked(searches: list[Entry], fits: list[Entry]) -> Ranking | None:
    """The models that answered every set, by their accuracies; None of fewer than three, or of one set."""
    rows = sorted_out(done(searches), fits).rows
    whole = {
        model: [its[name].accuracy for name in rows[OURS]]
        for model, its in rows.items()
        if its and set(its) == set(rows[OURS])
    }
    return ranking(whole) if len(whole) >= FEWEST and len(rows[OURS]) > 1 else None
