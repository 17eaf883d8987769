"""Predictor limits: the predictors that a space asks for, and what it demands of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qcsearch.errors import InputError
from qcsearch.search.predictors import PREDICTORS, PredictorInput
from qcsearch.search.space.file import PredictorPart
from qcsearch.search.trial.record import Outcome, TrialRecord

__all__ = ["PredictorResults", "ask_predictors"]

_SMALLEST = 1e-9


@dataclass(frozen=True)
class PredictorResults:
    """What predictors say of a candidate.

    Attributes:
        figures: by the predictor's label.
        violations: how far each limited figure is beyond its limit, as a share of the limit; ≤ 0 is kept.
        rejected: label of the predictor that rejects it, after which no other was asked; None if none does.
        reason: one sentence; empty if none does.
    """

    figures: dict[str, float]
    violations: dict[str, float]
    rejected: str | None = None
    reason: str = ""

    def noted(self, record: TrialRecord) -> TrialRecord:
        """The record with figures and violations; infeasible if a predictor rejects the candidate."""
        violations = {**record.constraints, **self.violations}
        record = replace(record, constraints=violations, predictors=self.figures)
        if self.rejected is None:
            return record
        worst = violations[self.rejected]
        outcome = Outcome("infeasible", self.reason, constraint=self.rejected, violation=worst)
        return replace(record, outcome=outcome)


def ask_predictors(inputs: PredictorInput, parts: Iterable[PredictorPart]) -> PredictorResults:
    """Ask predictors in their order, up to the first that rejects the candidate.

    One that is not defined for a candidate rejects it if it has a limit, and is left out if it has none.
    """
    figures: dict[str, float] = {}
    violations: dict[str, float] = {}
    for part in parts:
        label, limited = part.label, (part.min, part.max) != (None, None)
        try:
            figure = PREDICTORS.create(part.name, part.settings)(inputs)
        except InputError as error:
            if limited:
                return PredictorResults(figures, violations | {label: 1.0}, label, error.message)
            continue
        figures[label] = figure
        if limited:
            violations[label], sentence = _beyond(label, figure, part)
            if violations[label] > 0:
                return PredictorResults(figures, violations, label, sentence)
    return PredictorResults(figures, violations)


def _beyond(label: str, figure: float, part: PredictorPart) -> tuple[float, str]:
    """The larger violation of both limits, and its sentence."""
    found = []
    if part.min is not None:
        found.append((part.min - figure, part.min, "below"))
    if part.max is not None:
        found.append((figure - part.max, part.max, "above"))
    excess, limit, side = max(found)
    return excess / max(abs(limit), _SMALLEST), f"The {label} of {figure:.3g} is {side} the limit {limit:g}."
