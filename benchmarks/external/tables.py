"""The tables of the external study: same rows, all draws; the study's own draw beside what it published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from record.readme import table
from record.statistics import holm, pairs
from search.summary import apart, between, done, failures, noted, number, of, probability, values

from external.classical import MODELS
from external.compare import Rows, lead, verdict
from external.published import best, published
from external.sets import SETS

__all__ = ["render"]

OURS = "qcsearch"
STUDY_S_OWN = 0
"""The seed whose draw is the study's."""

SMALL = 60
"""Test rows of all sets but images."""

NAMED = ("SVC", "MLPClassifier", "DressedQuantumCircuitClassifier", "ProjectedQuantumKernel")

Entry = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """What was measured.

    Attributes:
        runs: searches of complete draws.
        fits: of the classical models to these draws.
        rows: by model, then set: over the draws that every model has answered.
        own: the same of the study's own draw.
    """

    runs: list[Entry]
    fits: list[Entry]
    rows: dict[str, dict[str, Rows]]
    own: dict[str, dict[str, Rows]]


def render(searches: list[Entry], classical: list[Entry]) -> str:
    """All tables, what they come to, and what failed."""
    found = _sorted_out(done(searches), classical)
    if not found.rows[OURS]:
        return "Nothing was measured."
    lines = [noted(found.runs), "", _settings(found.runs), "", *table(_HEAD, _of_all_draws(found)), ""]
    lines += [*table(_SUMMARY_HEAD, _summary(found)), ""]
    if found.own[OURS]:
        lines += [*table(_STUDY_HEAD, _of_study_s_draw(found)), "", *_beside_the_study(found)]
    return "\n".join([*lines, *failures(searches)])


def _sorted_out(runs: list[Entry], classical: list[Entry]) -> Results:
    answers: dict[tuple[str, int], dict[str, str]] = {}
    for entry in (*runs, *classical):
        settings = entry["settings"]
        right = entry["after"] if "after" in entry else entry["scores"]
        answers.setdefault((settings["task"], settings["seed"]), {})[settings.get("model", OURS)] = right[
            "right"
        ]
    models = (OURS, *MODELS)
    complete = {cell: by_model for cell, by_model in sorted(answers.items()) if set(models) <= set(by_model)}

    def rows(seeds: set[int]) -> dict[str, dict[str, Rows]]:
        cells = {name: [c for c in complete if c[0] == name and c[1] in seeds] for name in SETS}
        return {
            model: {name: Rows.of(complete[c][model] for c in its) for name, its in cells.items() if its}
            for model in models
        }

    kept = [
        [entry for entry in entries if (entry["settings"]["task"], entry["settings"]["seed"]) in complete]
        for entries in (runs, classical)
    ]
    return Results(*kept, rows({seed for _, seed in complete}), rows({STUDY_S_OWN}))


_HEAD = [
    "set",
    "test rows",
    f"{OURS}, under noise [95 %]",
    "noiseless",
    *MODELS,
    "validation − test, points",
    "qubits",
    "two-qubit gates",
    "trials",
]


def _of_all_draws(found: Results) -> Iterator[list[str]]:
    for name, mine in found.rows[OURS].items():
        runs = of(found.runs, task=name)
        yield [
            name,
            f"{len(runs)} × {mine.n // len(runs)}",
            _shown(mine),
            f"{_mean(values(runs, 'scores', 'noiseless')):.4f}",
            *(_marked(mine, found.rows[model][name]) for model in MODELS),
            f"{_gap(found, OURS, name):+.1f}",
            *(number(values(runs, "model", figure)) for figure in ("n_qubits", "two_qubit_gates")),
            number(values(runs, "cost", "trials")),
        ]


_SUMMARY_HEAD = [
    "mean over the sets",
    "sets",
    "accuracy",
    f"lead of {OURS} on the same rows, points [95 %]",
    "sets won, lost, undecided (McNemar)",
    "over sets (Wilcoxon, Holm)",
    "validation − test, points",
    f"the same of sets with {SMALL} test rows a draw",
]


def _summary(found: Results) -> Iterator[list[str]]:
    mine = found.rows[OURS]
    against = {
        model: pairs(*([rows[name].accuracy for name in mine] for rows in (mine, found.rows[model])))
        for model in MODELS
    }
    adjusted = dict(zip(MODELS, holm(one.p_value for one in against.values()), strict=True))
    for model, by_set in found.rows.items():
        compared = ["", "", ""]
        if model != OURS:
            points, error = lead(mine, by_set)
            verdicts = [verdict(one, by_set[name]) for name, one in mine.items()]
            compared = [
                f"{100 * points:+.1f} [{100 * error.low:+.1f} – {100 * error.high:+.1f}]",
                ", ".join(str(verdicts.count(which)) for which in (1, -1, 0)),
                f"{probability(adjusted[model])}, {apart(adjusted[model])}",
            ]
        accuracy = _mean([rows.accuracy for rows in by_set.values()])
        yield [model, str(len(by_set)), f"{accuracy:.4f}", *compared, *_gaps(found, model)]


def _gaps(found: Results, model: str) -> Iterator[str]:
    by_set = found.rows[model]
    small = [name for name, rows in by_set.items() if rows.n == SMALL * len(of(found.runs, task=name))]
    for names in (list(by_set), small):
        yield f"{_mean([_gap(found, model, name) for name in names]):+.1f}" if names else "–"


_STUDY_HEAD = [
    "the study's own draw",
    "test rows",
    f"{OURS}, under noise",
    "SVC here",
    "MLP here",
    "SVC",
    "MLP",
    "dressed circuit",
    "projected kernel",
    "its best quantum model",
    "its best separable one",
]


def _of_study_s_draw(found: Results) -> Iterator[list[str]]:
    for name, mine in found.own[OURS].items():
        theirs = published(name)
        bests = [best(theirs, separable=separable) for separable in (False, True)]
        yield [
            name + (" §" if _is_ours(name) else ""),
            str(mine.n),
            _shown(mine),
            *(f"{found.own[model][name].accuracy:.4f}" for model in ("SVC", "MLP")),
            *(f"{theirs[model]:.4f}" if model in theirs else "–" for model in NAMED),
            *("–" if model is None else f"{theirs[model]:.4f}, {model}" for model in bests),
        ]


def _beside_the_study(found: Results) -> Iterator[str]:
    mine = {name: rows.accuracy for name, rows in found.own[OURS].items() if not _is_ours(name)}
    yield (
        f"{OURS} on the study's draw against what it published, without a test, since rows were not published: "
        f"{'; '.join(_against(model, mine) for model in NAMED)}."
    )


def _against(model: str, mine: dict[str, float]) -> str:
    pairs = [(one, theirs[model]) for name, one in mine.items() if model in (theirs := published(name))]
    if not pairs:
        return f"{model} on no set"
    # a share of 60 rows and a mean of five such shares are equal but for rounding
    apart = [round(one - other, 9) for one, other in pairs]
    higher, lower = sum(one > 0 for one in apart), sum(one < 0 for one in apart)
    ours, theirs = (_mean(list(side)) for side in zip(*pairs, strict=True))
    return (
        f"{model} {ours:.4f} against {theirs:.4f} on the mean of {_sets(len(pairs))}, {higher} higher, {lower} lower, "
        f"{len(pairs) - higher - lower} equal"
    )


def _is_ours(name: str) -> bool:
    """Whether the study's rows could not be had, so that its figures are of others."""
    return name.startswith("mnist_pca")


def _settings(runs: list[Entry]) -> str:
    one = runs[0]["settings"]
    seeds = sorted({run["settings"]["seed"] for run in runs})
    seconds = sorted(run["cost"]["wall_seconds"] for run in runs)
    return (
        f"Strategy {one['strategy']}, space {one['space']}, device {one['device']}; {one['max_seconds']:g} s a search "
        f"with {one['workers']} worker{'s' * (one['workers'] > 1)}, whole processes {seconds[0]:.0f}–{seconds[-1]:.0f} "
        f"s; seeds {', '.join(map(str, seeds))}."
    )


def _sets(count: int) -> str:
    return f"{count} set{'s' * (count > 1)}"


def _shown(rows: Rows) -> str:
    return f"{rows.accuracy:.4f} {between(rows.interval)}"


def _marked(mine: Rows, other: Rows) -> str:
    return _shown(other) + {1: " ↓", -1: " ↑", 0: ""}[verdict(mine, other)]


def _gap(found: Results, model: str, name: str) -> float:
    """Points of accuracy that a model promised more than it kept, on the mean of the draws."""
    its = of(found.runs, task=name) if model == OURS else of(found.fits, task=name, model=model)
    return 100 * (_mean(values(its, "scores", "validation")) - found.rows[model][name].accuracy)


def _mean(found: list[float]) -> float:
    return sum(found) / len(found)
