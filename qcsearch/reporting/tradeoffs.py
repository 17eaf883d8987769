"""The section of the report that speaks of accuracy against costs, and of what mattered for it."""

from __future__ import annotations

from collections.abc import Mapping

from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.figures import RunFigure
from qcsearch.reporting.html import Markup, table, tag
from qcsearch.reporting.sections import figure, percent, words
from qcsearch.search.record import TrialRecord

__all__ = ["tradeoffs"]

_FRONT = (
    "Filled: the Pareto front. No other trial is at least as accurate with no more two-qubit gates and QPU seconds "
    "a prediction, and better in one of the three. The line: what nothing beats in its own picture."
)
_SHARES = (
    "PED-ANOVA: how strongly each parameter separates the best trials from the rest. With few trials a hint."
)
_TIME = (
    "QPU seconds: estimated time of the processor for one prediction, 4,096 shots in each basis that is measured, "
    "250 µs between shots."
)


def tradeoffs(facts: RunFacts, figures: Mapping[str, RunFigure]) -> Markup:
    """Accuracy against costs, the Pareto front, and which choices mattered."""
    return tag(
        "section",
        tag("h2", "Trade-offs", id="tradeoffs"),
        tag("h3", "Accuracy against cost"),
        figure(figures, "pareto", _FRONT),
        _front(facts),
        tag("h3", "Parameter importance"),
        figure(figures, "importance", _SHARES),
    )


def _front(facts: RunFacts) -> tuple[Markup, ...]:
    by_number = {record.trial: record for record in facts.records}
    front = [by_number[number] for number in facts.pareto]
    if not front:
        return ()
    columns = (
        "trial",
        "noisy",
        "2q gates",
        "QPU s",
        "µs a shot",
        "depth",
        "qubits",
        "weights",
        "encoding",
        "ansatz",
    )
    best = None if facts.winner is None else facts.winner.trial
    classes = ["winner" if record.trial == best else None for record in front]
    return (
        table(columns, map(_row, front), right=range(8), row_classes=classes),
        tag("p", _TIME, class_="note"),
    )


def _row(record: TrialRecord) -> tuple[object, ...]:
    candidate, costs = record.candidate, record.costs
    assert candidate is not None
    assert costs is not None
    return (
        record.trial,
        percent(record.validation_accuracy),
        costs.two_qubit_gates,
        f"{costs.qpu_seconds:.2f}",
        f"{1e6 * costs.duration:.2f}",
        costs.depth,
        candidate.n_qubits,
        costs.n_weights,
        words(candidate.encoding.name),
        words(candidate.ansatz.name),
    )
