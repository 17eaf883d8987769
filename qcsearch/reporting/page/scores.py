"""What the report says of scores: the winner and what it must beat, the trials, the Pareto front, the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qcsearch import wording
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.describe import counted_parts
from qcsearch.reporting.facts import RunFacts, Score
from qcsearch.reporting.page import table
from qcsearch.reporting.page.table import Table, percent
from qcsearch.search.finish.baselines.base import RAW
from qcsearch.search.finish.rows import Row, shots_column
from qcsearch.search.trial.record import TrialRecord

__all__ = [
    "Tile",
    "comparison",
    "counts",
    "front",
    "leaderboard",
    "portrait",
    "scored",
    "tiles",
]

_TOP = 12
_KINDS = {
    "noiseless": ("Noiseless simulation", "an ideal processor, infinitely many shots"),
    "noisy": ("Noisy simulation", "the device's calibrated noise, exact, at infinitely many shots"),
    "at_shots": ("Noisy, finite shots", "the same with shots, simulated: what one deployment may show"),
    "deployed": ("Deployed", "final steps and inference with shots"),
}
_MEANINGS = {
    "majority class": "always the most frequent class",
    "mean": "always the mean of the training part",
    "winner": "under noise, all parts together",
    "snapshot": "the winner under another calibration",
    "circuit": "a circuit, trained as the winner was",
    "origin": "what the tuning began with, on its own device",
    "untuned": "the same with the weights it had, on this device",
}
_KIND_MARKS = {"classical": "classical", "missing": "classical"}
_MISSING = {
    "noiseless": "not evaluated yet",
    "noisy": "not evaluated yet",
    "at_shots": "not evaluated yet",
    "deployed": "qcsearch deploy sends it to a backend",
}


@dataclass(frozen=True)
class Tile:
    """One kind of score, which is never mixed with another.

    Attributes:
        title: the kind.
        value: percent, a score as it is, or that there is none yet.
        is_percent: whether `value` is a share.
        meaning: what the kind is.
        details: its spread, and where it is from, a line each.
        main: whether it is the one that the search is about.
    """

    title: str
    value: str
    is_percent: bool
    meaning: str
    details: tuple[str, ...]
    main: bool


def tiles(facts: RunFacts) -> list[Tile]:
    """The kinds of score, those that are not there yet too."""
    by_kind = {score.kind: score for score in facts.scores}
    main = "noisy" if facts.shots is None else "at_shots"
    return [_tile(kind, by_kind.get(kind), kind == main) for kind in _KINDS]


def comparison(facts: RunFacts) -> Table:
    """The winner on the test split, and what it is compared with there; the winner stands out by its place alone."""
    shown = [row for row in facts.final if row.kind != "deployed"]
    columns = (
        "model",
        f"test {wording.metric(shown[0].measure)}" if shown else "test accuracy",
        shots_column(shown),
        "95 % interval",
        "winner − it",
        "its 95 % interval",
        "p",
        "what it is",
    )
    return Table(
        columns, [_compared(row) for row in shown], range(1, 7), [_KIND_MARKS.get(r.kind) for r in shown]
    )


def scored(facts: RunFacts) -> Table | None:
    """The same in the metric that the search was for; None where that is accuracy."""
    if not facts.final or facts.metric == facts.final[0].measure:
        return None
    shown = [row for row in facts.final if row.score is not None]
    columns = (
        "model",
        wording.metric(facts.metric),
        "95 % interval",
        "winner − it",
        "its 95 % interval",
        "p",
    )
    return Table(
        columns, [_scored(row) for row in shown], range(1, 6), [_KIND_MARKS.get(r.kind) for r in shown]
    )


def _scored(row: Row) -> tuple[str, ...]:
    found, name = row.score_difference, row.metric
    return (
        row.name,
        table.score(row.score, name),
        wording.interval(row.score_interval, name),
        wording.cell(found and wording.points(found.value, name)),
        wording.cell(found and f"{wording.points(found.low, name)} – {wording.points(found.high, name)}"),
        wording.cell(found and wording.probability(found.p)),
    )


def _compared(row: Row) -> tuple[str, ...]:
    found = row.difference
    return (
        row.name,
        table.score(row.accuracy_noiseless if row.kind == "classical" else row.accuracy, row.measure),
        table.score(row.accuracy_at_shots, row.measure),
        wording.interval(row.interval, row.measure),
        wording.cell(found and wording.points(found.value, row.measure)),
        wording.cell(
            found and f"{wording.points(found.low, row.measure)} – {wording.points(found.high, row.measure)}"
        ),
        wording.cell(found and wording.probability(found.p)),
        row.note or _meaning(row),
    )


def _meaning(row: Row) -> str:
    if row.name in _MEANINGS:
        return _MEANINGS[row.name]
    if row.kind == "classical":
        return f"classical, on the features of the {'data' if row.name.endswith(RAW) else 'circuit'}"
    return _MEANINGS.get(row.kind, "")


def portrait(facts: RunFacts) -> Mapping[str, object]:
    """What the winner is, part by part; nothing if there is none."""
    winner = facts.winner
    if winner is None or winner.candidate is None or winner.costs is None:
        return {}
    candidate, costs = winner.candidate, winner.costs
    training = candidate.training
    qubits = ", ".join(str(q) for q in candidate.qubits)
    return {
        "trial": winner.trial,
        "qubits": f"{candidate.n_qubits} of {facts.device.name}: {qubits}",
        "preprocessing": _choice(candidate.preprocessing.reduction) + f", {candidate.preprocessing.scaling}",
        **({"input layer": _choice(candidate.input_layer)} if candidate.dressed else {}),
        "encoding": _choice(candidate.encoding),
        "ansatz": _choice(candidate.ansatz),
        "observables": ", ".join(candidate.observables),
        "head": _choice(candidate.head),
        "training": f"{training.optimizer}, rate {training.learning_rate:.3g}, up to {training.steps} steps, "
        f"{'noisy' if training.noise else 'noiseless'}",
        "size": f"{costs.two_qubit_gates} two-qubit gates, depth {costs.depth}",
        "trained parameters": str(costs.parameters),
        "one shot": wording.microseconds(costs.duration),
    }


def counts(facts: RunFacts) -> str:
    """How many trials there were, and what became of them."""
    parts = ", ".join(f"{n} {kind}" for kind, n in facts.outcomes.items() if n)
    rejected = ", ".join(f"{name} {n}" for name, n in facts.rejected.items())
    why = f" Rejected by: {rejected}." if rejected else ""
    return f"{facts.n_trials} trials in {wording.seconds(facts.seconds, 0)}: {parts}.{why}"


def leaderboard(facts: RunFacts) -> Table:
    """The best trials on the validation split."""
    by_number = {record.trial: record for record in facts.records}
    ranked = [by_number[number] for number in facts.ranking[:_TOP] if number in by_number]
    columns = (
        *("trial", *([] if facts.shots is None else [facts.chosen_by]), "noisy", "noiseless"),
        *("qubits", "parameters", "2q gates", "depth", "ESP", "encoding", "ansatz", "head"),
    )
    rows = [_row(record, facts.shots is not None) for record in ranked]
    return Table(columns, rows, range(len(columns) - 3), _marks(facts, ranked))


def front(facts: RunFacts) -> Table:
    """The trials on the Pareto front of score, two-qubit gates, parameters and processor time."""
    by_number = {record.trial: record for record in facts.records}
    found = [by_number[number] for number in facts.pareto]
    columns = (
        *("trial", facts.chosen_by, "2q gates", "QPU s", "µs a shot", "depth", "qubits", "parameters"),
        *("encoding", "ansatz"),
    )
    return Table(columns, [_front_row(record) for record in found], range(8), _marks(facts, found))


def _tile(kind: str, score: Score | None, main: bool) -> Tile:
    title, meaning = _KINDS[kind]
    return Tile(
        title,
        "not yet" if score is None else wording.score(score.value, score.metric).removesuffix(" %"),
        score is not None and wording.is_share(score.metric),
        meaning,
        (_MISSING[kind],) if score is None else score.details,
        main,
    )


def _number(score: Score) -> str:
    """A share in percent without its sign, which the page sets small; another score as it is."""
    return (
        f"{100 * score.value:.1f}"
        if wording.is_share(score.metric)
        else wording.score(score.value, score.metric)
    )


def _choice(choice: Choice) -> str:
    settings = ", ".join(
        counted_parts(key, value) or f"{key} {_short(value)}" for key, value in choice.settings.items()
    )
    return _words(choice.name) + (f" ({settings})" if settings else "")


def _short(value: object) -> str:
    if isinstance(value, (list, tuple)):
        text = " ".join(map(str, value))
    else:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _marks(facts: RunFacts, records: Sequence[TrialRecord]) -> list[str | None]:
    best = None if facts.winner is None else facts.winner.trial
    return ["winner" if record.trial == best else None for record in records]


def _row(record: TrialRecord, for_shots: bool) -> Sequence[object]:
    candidate, costs = record.candidate, record.costs
    names = (
        ("–",) * 3
        if candidate is None
        else (candidate.encoding.name, candidate.ansatz.name, candidate.head.name)
    )
    cost = (
        (None,) * 4
        if costs is None
        else (
            costs.parameters.total,
            costs.two_qubit_gates,
            costs.depth,
            percent(costs.estimated_success_probability),
        )
    )
    n_qubits = None if candidate is None else candidate.n_qubits
    scores = [record.validation_score_noisy, record.validation_score_noiseless]
    if for_shots:
        scores.insert(0, record.validation_score)
    reached = [table.score(value, record.metric) for value in scores]
    trial = f"{record.trial} (cut short)" if record.outcome.kind == "cut" else record.trial
    return (trial, *reached, n_qubits, *cost, *(_words(name) for name in names))


def _front_row(record: TrialRecord) -> tuple[object, ...]:
    candidate, costs = record.candidate, record.costs
    assert candidate is not None
    assert costs is not None
    return (
        record.trial,
        table.score(record.validation_score, record.metric),
        costs.two_qubit_gates,
        f"{costs.qpu_seconds:.3g}",
        f"{1e6 * costs.duration:.2f}",
        costs.depth,
        candidate.n_qubits,
        costs.parameters.total,
        _words(candidate.encoding.name),
        _words(candidate.ansatz.name),
    )


def _words(name: str) -> str:
    """A name of the code as people write it."""
    return name.replace("_", " ")
