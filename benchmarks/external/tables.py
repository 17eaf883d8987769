"""The tables of the external study: same rows, all draws; the study's own draw beside what it published."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import Any

from record.readme import table
from record.statistics import Ranking, holm, pairs
from search.summary import apart, between, done, failures, noted, number, of, probability, values

from external.compare import Rows, lead, verdict
from external.published import best, published
from external.results import OURS, Results, ranked, sorted_out

__all__ = ["render"]

SMALL = 60
"""Test rows of all sets but images."""

UNTUNED = "°"

BESIDE = ("SVC", "MLP", "dressed circuit", "projected kernel")
"""Models that were run here and that the study has, in the order of `NAMED`."""

NAMED = ("SVC", "MLPClassifier", "DressedQuantumCircuitClassifier", "ProjectedQuantumKernel")

Entry = dict[str, Any]


def render(searches: list[Entry], fits: list[Entry]) -> str:
    """All tables, what they come to, what is missing, and what failed."""
    found = sorted_out(done(searches), fits)
    if not found.rows[OURS]:
        return "Nothing was measured."
    head = [*_HEAD, *found.others, *_HEAD_OF_OURS]
    lines = [noted([*found.fits, *found.runs]), "", _settings(found.runs), ""]
    lines += [*table(head, _of_all_draws(found)), *_notes(found), ""]
    lines += [*table(_SUMMARY_HEAD, _summary(found)), ""]
    if ranks := ranked(searches, fits):
        lines += [_together(ranks), ""]
    if found.own[OURS]:
        lines += [*table(_STUDY_HEAD, _of_study_s_draw(found)), "", *_beside_the_study(found)]
    return "\n".join([*lines, *failures(searches)])


_HEAD = [
    "set",
    "test rows",
    f"{OURS}, under noise [95 %]",
    "noiseless",
]
_HEAD_OF_OURS = ["validation − test, points", "qubits", "two-qubit gates", "trials"]


def _of_all_draws(found: Results) -> Iterator[list[str]]:
    for name, mine in found.rows[OURS].items():
        runs = of(found.runs, task=name)
        yield [
            name,
            f"{len(runs)} × {mine.n // len(runs)}",
            _shown(mine),
            f"{fmean(values(runs, 'scores', 'noiseless')):.4f}",
            *(_cell(found, model, name) for model in found.others),
            f"{found.gap(OURS, name) or 0.0:+.1f}",
            *(number(values(runs, "model", figure)) for figure in ("n_qubits", "two_qubit_gates")),
            number(values(runs, "cost", "trials")),
        ]


_SUMMARY_HEAD = [
    "mean over the sets",
    "sets",
    "accuracy",
    f"lead of {OURS} on the same rows, points [95 %]",
    "sets won, lost, undecided (McNemar)",
    "higher, lower, equal",
    "over sets (Wilcoxon, Holm)",
    "validation − test, points",
    f"the same of sets with {SMALL} test rows a draw",
]


def _summary(found: Results) -> Iterator[list[str]]:
    compared = {model: found.beside(model) for model, by_set in found.rows.items() if by_set}
    against = {
        model: pairs(*([rows[name].accuracy for name in mine] for rows in (mine, found.rows[model])))
        for model, mine in compared.items()
        if model != OURS
    }
    adjusted = dict(zip(against, holm(one.p_value for one in against.values()), strict=True))
    for model, mine in compared.items():
        by_set, told = found.rows[model], ["", "", "", ""]
        if model != OURS:
            points, error = lead(mine, by_set)
            verdicts = [verdict(one, by_set[name]) for name, one in mine.items()]
            one = against[model]
            told = [
                f"{100 * points:+.1f} [{100 * error.low:+.1f} – {100 * error.high:+.1f}]",
                ", ".join(str(verdicts.count(which)) for which in (1, -1, 0)),
                f"{one.better}, {one.worse}, {one.alike}",
                f"{probability(adjusted[model])}, {apart(adjusted[model])}",
            ]
        yield [model, str(len(by_set)), f"{_accuracy(by_set):.4f}", *told, *_gaps(found, model)]


def _accuracy(by_set: dict[str, Rows]) -> float:
    return fmean([rows.accuracy for rows in by_set.values()])


def _together(ranks: Ranking) -> str:
    order = ", ".join(f"{model} {rank:.2f}" for model, rank in ranks.ranks.items())
    told = "; ".join(f"{better} above {worse}" for better, worse in ranks.apart) or "none"
    return (
        f"All {len(ranks.ranks)} models that answered every set, over {ranks.n} sets: mean ranks {order}. Friedman's "
        f"χ² = {ranks.statistic:.1f}, {probability(ranks.p_value)}; Nemenyi's critical difference is "
        f"{ranks.critical_difference:.2f}. Told apart by it: {told}."
    )


def _notes(found: Results) -> list[str]:
    """Why a model has no number on a set, and where its number is of settings that were not tuned."""
    reasons: dict[tuple[str, str], list[str]] = {}
    untuned: dict[str, set[str]] = {}
    for entry in found.fits:
        model, task = entry["settings"]["model"], entry["settings"]["task"]
        if why := entry["scores"].get("missing"):
            reasons.setdefault((model, why), []).append(f"{task} ({entry['settings']['seed']})")
        elif entry["scores"]["validation"] is None:
            untuned.setdefault(model, set()).add(task)
    lines = [
        f"{model} has no number, set (seed) {', '.join(where)}: {why}"
        for (model, why), where in reasons.items()
    ]
    lines += [
        f"{UNTUNED} {model} was tested with its defaults, since no point of its grid got through its folds in time."
        for model in untuned
    ]
    for model in found.others:
        its = [one["scores"] for one in of(found.fits, model=model) if "right" in one["scores"]]
        tried = [one["tried"] for one in its]
        if its and min(tried) < its[0]["of"]:
            lines.append(f"{model} went through {number(tried)} of {its[0]['of']} points of its grid.")
    return ["", *(f"* {line}" for line in lines)] if lines else []


def _gaps(found: Results, model: str) -> Iterator[str]:
    by_set = found.rows[model]
    small = [name for name, rows in by_set.items() if rows.n == SMALL * len(of(found.runs, task=name))]
    for names in (list(by_set), small):
        gaps = [gap for name in names if (gap := found.gap(model, name)) is not None]
        yield f"{fmean(gaps):+.1f}" if gaps else "–"


_STUDY_HEAD = [
    "the study's own draw",
    "test rows",
    f"{OURS}, under noise",
    *(f"{model} here" for model in BESIDE),
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
            *(_own(found, model, name) for model in BESIDE),
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
    ours, theirs = (fmean(list(side)) for side in zip(*pairs, strict=True))
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


def _cell(found: Results, model: str, name: str) -> str:
    """A model on a set, with how it stands to ours; a dash where it has no answer to some draw."""
    other = found.rows[model].get(name)
    if other is None:
        return "–"
    mark = {1: " ↓", -1: " ↑", 0: ""}[verdict(found.rows[OURS][name], other)]
    some = any(one["scores"]["validation"] is None for one in of(found.fits, task=name, model=model))
    return _shown(other) + mark + (f" {UNTUNED}" if some else "")


def _own(found: Results, model: str, name: str) -> str:
    rows = found.own.get(model, {}).get(name)
    return "–" if rows is None else f"{rows.accuracy:.4f}"
