"""The sections of the report that speak of scores: summary, leaderboard, learning, confusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qcsearch.circuits.candidate import Choice
from qcsearch.circuits.describe import counted_parts
from qcsearch.reporting.facts import RunFacts, Score
from qcsearch.reporting.figures import RunFigure
from qcsearch.reporting.html import Markup, table, tag
from qcsearch.reporting.palette import STAND_IN
from qcsearch.reporting.plots import inline
from qcsearch.search.classical import MAJORITY
from qcsearch.search.record import TrialRecord

__all__ = ["confusion", "figure", "leaderboard", "learning", "percent", "summary", "words"]

_TOP = 12
_KINDS = {
    "noiseless": ("Noiseless simulation", "an ideal processor"),
    "noisy": ("Noisy simulation", "the device's calibrated noise, exact"),
    "deployed": ("Deployed", "final steps and inference with shots"),
}


_MISSING = {
    "noiseless": "not evaluated yet",
    "noisy": "not evaluated yet",
    "deployed": "qcsearch deploy sends it to a backend",
}


def summary(facts: RunFacts) -> Markup:
    """Three columns that are never mixed, and what the quantum part adds."""
    if facts.winner is None:
        return tag("p", "No candidate was trained to its end.", class_="lead")
    by_kind = {score.kind: score for score in facts.scores}
    tiles = [_tile(kind, by_kind.get(kind)) for kind in _KINDS]
    return tag(
        "section",
        tag("h2", "The winner", id="summary"),
        tag("div", tiles, class_="tiles"),
        tag("p", "Accuracy on the test split, which nothing but this evaluation has touched.", class_="note"),
        tag("p", facts.failure, class_="warning") if facts.failure else None,
        tag("div", _comparison(facts), _portrait(facts, facts.winner), class_="pair"),
    )


def leaderboard(facts: RunFacts) -> Markup:
    """The best trials on the validation split, then what they must beat on the test split."""
    by_number = {record.trial: record for record in facts.records}
    ranked = [by_number[number] for number in facts.ranking[:_TOP] if number in by_number]
    best = None if facts.winner is None else facts.winner.trial
    rows = [_row(record) for record in ranked]
    columns = (
        "trial",
        "noisy",
        "noiseless",
        "qubits",
        "weights",
        "2q gates",
        "depth",
        "success",
        "encoding",
        "ansatz",
        "head",
    )
    return tag(
        "section",
        tag("h2", "Leaderboard", id="leaderboard"),
        tag("p", _counts(facts)),
        table(
            columns, rows, right=range(8), row_classes=["winner" if r.trial == best else None for r in ranked]
        ),
        tag(
            "p",
            "Columns noisy and noiseless: accuracy on the validation split, by which the search selects. "
            "Cut short: a clock broke the training off; it stands behind those that went to their end. "
            "Success: product of all gate and readout fidelities of the mapped circuit.",
            class_="note",
        ),
    )


def learning(facts: RunFacts, figures: Mapping[str, RunFigure]) -> Markup:
    """The search by trial, and the winner by step."""
    return tag(
        "section",
        tag("h2", "Learning", id="learning"),
        figure(figures, "progress", "Each trial of the search, on the validation split under noise."),
        figure(figures, "learning", _learning_caption(facts)),
    )


def _learning_caption(facts: RunFacts) -> str:
    text = "Training of the winner's trial; grey: the next best trials, as long as they were trained."
    return text + " Right: the last steps, on the backend." if facts.deployment is not None else text


def confusion(facts: RunFacts, figures: Mapping[str, RunFigure]) -> Markup:
    """Which classes are taken for which."""
    head = tag("h2", "Confusion matrix", id="confusion")
    if not facts.confusion:
        return tag("section", head, tag("p", "Not evaluated yet.", class_="note"))
    text = "Rows: the true class; columns: what the model says."
    columns = ("class", "samples", "found", "right when said")
    return tag(
        "section",
        head,
        tag("p", "The winner on the test split, noisy simulation."),
        tag(
            "div",
            figure(figures, "confusion", text),
            tag("div", table(columns, _by_class(facts), right=(1, 2, 3))),
            class_="pair",
        ),
    )


def _by_class(facts: RunFacts) -> list[tuple[object, ...]]:
    """Class, number of samples, recall and precision."""
    said = [sum(row[j] for row in facts.confusion) for j in range(len(facts.confusion))]
    return [
        (label, sum(row), _ratio(row[j], sum(row)), _ratio(row[j], said[j]))
        for j, (label, row) in enumerate(zip(facts.dataset.classes, facts.confusion, strict=True))
    ]


def _ratio(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)


def figure(figures: Mapping[str, RunFigure], name: str, caption: str) -> Markup:
    """One figure with its caption, or a sentence that it is not there."""
    if name not in figures:
        return tag("p", "Not enough finished trials to draw this.", class_="note")
    drawn = inline(figures[name].draw(STAND_IN), figures[name].label, name)
    return tag("figure", drawn, tag("figcaption", caption))


def percent(value: float | None) -> str:
    """An accuracy as people say it."""
    return "–" if value is None else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def _tile(kind: str, score: Score | None) -> Markup:
    title, meaning = _KINDS[kind]
    value = "not yet" if score is None else f"{100 * score.value:.1f}"
    unit = None if score is None else tag("small", " %")
    details = score.details if score is not None else (_MISSING[kind],)
    return tag(
        "div",
        tag("div", title, class_="name"),
        tag("div", value, unit, class_="value"),
        tag("div", meaning, class_="detail"),
        [tag("div", detail, class_="detail") for detail in details],
        class_="tile main" if kind == "noisy" else "tile",
    )


def _portrait(facts: RunFacts, winner: TrialRecord) -> Markup | None:
    candidate, costs = winner.candidate, winner.costs
    if candidate is None or costs is None:
        return None
    training = candidate.training
    qubits = ", ".join(str(q) for q in candidate.qubits)
    items = {
        "trial": winner.trial,
        "qubits": f"{candidate.n_qubits} of {facts.device.name}: {qubits}",
        "preprocessing": _choice(candidate.preprocessing.reduction) + f", {candidate.preprocessing.scaling}",
        "encoding": _choice(candidate.encoding),
        "ansatz": _choice(candidate.ansatz),
        "observables": ", ".join(candidate.observables),
        "head": _choice(candidate.head),
        "training": f"{training.optimizer}, rate {training.learning_rate:.3g}, up to {training.steps} steps, "
        f"{'noisy' if training.noise else 'noiseless'}",
        "size": f"{costs.n_weights} weights, {costs.two_qubit_gates} two-qubit gates, depth {costs.depth}",
        "one shot": f"{1e6 * costs.duration:.2f} µs",
    }
    terms = [(tag("dt", key), tag("dd", value)) for key, value in items.items()]
    return tag("div", tag("h3", "What it is"), tag("dl", terms, class_="facts"))


def _choice(choice: Choice) -> str:
    settings = ", ".join(
        counted_parts(key, value) or f"{key} {_short(value)}" for key, value in choice.settings.items()
    )
    return words(choice.name) + (f" ({settings})" if settings else "")


def _short(value: object) -> str:
    if isinstance(value, (list, tuple)):
        text = " ".join(map(str, value))
    else:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _comparison(facts: RunFacts) -> Markup:
    noisy = next((s for s in facts.scores if s.kind == "noisy"), None)
    rows: list[tuple[str, str, str]] = []
    if noisy is not None:
        rows.append(("the winner, noisy", percent(noisy.value), "all parts together"))
    rows += [(name, percent(value), what) for name, (value, what) in facts.elsewhere.items()]
    if facts.without_pqc is not None:
        rows.append(("without its PQC", percent(facts.without_pqc), "the ablation: all else the same"))
    rows += [(name, percent(None), reason) for name, reason in facts.missing.items()]
    rows += [
        (name.replace("_", " "), percent(value), _classical(name)) for name, value in facts.classical.items()
    ]
    if not rows:
        return tag("div", tag("p", "Not evaluated yet.", class_="note"))
    classes = ["winner", *["classical"] * (len(rows) - 1)]
    columns = ("model", "test accuracy", "what it is")
    return tag("div", tag("h3", "What it must beat"), table(columns, rows, right={1}, row_classes=classes))


def _classical(name: str) -> str:
    return "what knows no sample reaches" if name == MAJORITY else "classical, same features"


def _counts(facts: RunFacts) -> str:
    parts = ", ".join(f"{n} {kind}" for kind, n in facts.outcomes.items() if n)
    rejected = ", ".join(f"{name} {n}" for name, n in facts.rejected.items())
    why = f" Rejected by: {rejected}." if rejected else ""
    return f"{facts.n_trials} trials in {facts.seconds:.0f} s: {parts}.{why}"


def _row(record: TrialRecord) -> Sequence[object]:
    candidate, costs = record.candidate, record.costs
    names = (
        ("–",) * 3
        if candidate is None
        else (candidate.encoding.name, candidate.ansatz.name, candidate.head.name)
    )
    cost = (
        (None,) * 4
        if costs is None
        else (costs.n_weights, costs.two_qubit_gates, costs.depth, percent(costs.predicted_success))
    )
    n_qubits = None if candidate is None else candidate.n_qubits
    accuracy = (percent(record.validation_accuracy), percent(record.validation_accuracy_noiseless))
    trial = f"{record.trial} (cut short)" if record.outcome.kind == "cut" else record.trial
    return (trial, *accuracy, n_qubits, *cost, *(words(name) for name in names))


def words(name: str) -> str:
    """A name of the code as people write it."""
    return name.replace("_", " ")
