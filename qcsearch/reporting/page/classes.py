"""What the report says of the classes, or of the numbers, one by one."""

from __future__ import annotations

from qcsearch import wording
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.page.table import Table, percent
from qcsearch.training.judging.recalls import balanced_accuracy, recalls, unequal
from qcsearch.training.judging.residuals import errors_text

__all__ = ["balanced", "by_class", "by_number"]


def by_class(facts: RunFacts) -> Table | None:
    """Of each class its number of samples, recall and precision; None before the evaluation."""
    found = recalls(facts.confusion, facts.dataset.target.names) if facts.confusion else ()
    rows = [
        (
            one.label,
            one.n_samples,
            percent(one.recall),
            wording.interval(one.interval),
            percent(one.precision),
        )
        for one in found
    ]
    return (
        Table(("class", "samples", "recall", "95 % interval", "precision"), rows, range(1, 5))
        if rows
        else None
    )


def by_number(facts: RunFacts) -> Table | None:
    """The mean absolute error of winner and baselines, in the units of the data; None of what has none."""
    rows = [(row.name, errors_text(row.absolute_errors)) for row in facts.final if row.absolute_errors]
    return Table(("model", "mean absolute error (95 % interval)"), rows, range(1, 2)) if rows else None


def balanced(facts: RunFacts) -> str:
    """The mean recall in a sentence, where the classes are unequal."""
    found = recalls(facts.confusion, facts.dataset.target.names) if facts.confusion else ()
    if not unequal(found):
        return ""
    mean, ends = balanced_accuracy(found)
    return f"Balanced accuracy, the mean recall: {percent(mean)} (95 % interval {wording.interval(ends)})."
