"""The order of trials: what is better."""

from __future__ import annotations

from collections.abc import Iterable

from qcsearch.search.trial.record import TrialRecord

__all__ = ["leader", "rank"]


def leader(found: Iterable[TrialRecord]) -> TrialRecord | None:
    """The best of those that were judged by folds; None if there is none."""
    folded = (record for record in found if record.predicted and record.outcome.kind == "kept")
    return max(folded, key=_place, default=None)


def rank(found: Iterable[TrialRecord]) -> list[TrialRecord]:
    """The kept ones, best first (`TrialRecord.merit`), of equals the first; behind them those that were cut short."""
    trained = [record for record in found if record.outcome.kind in ("kept", "cut")]
    return sorted(trained, key=_place, reverse=True)


def _place(record: TrialRecord) -> tuple[object, ...]:
    return record.outcome.kind == "kept", record.merit, -record.trial
