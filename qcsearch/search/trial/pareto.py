"""The Pareto front of a run: what nothing beats in score, two-qubit gates, parameters and time together."""

from __future__ import annotations

from collections.abc import Iterable
from operator import le

from qcsearch.search.trial.record import PREDICTION_SHOTS, TrialRecord

__all__ = ["pareto_front"]

_Merit = tuple[float, int, int, float]

_DIGITS = 2
"""Of the QPU seconds at `PREDICTION_SHOTS`: the estimate itself is not finer."""


def pareto_front(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """The trials that no other trial beats, the one with the best score first; of equal ones the one that ranks first.

    One trial beats another if it has at least its validation score under noise with no more two-qubit gates, no more
    trained parameters and no more QPU seconds a prediction (to a hundredth of a second), and is better in one of them.

    Args:
        records: finished trials; those that were not trained to their end do not count.
    """
    kept = [(_merit(record), record) for record in records if record.outcome.kind == "kept"]
    kept.sort(key=lambda pair: (pair[1].merit, -pair[1].trial), reverse=True)
    front: list[tuple[_Merit, TrialRecord]] = []
    for merit, record in sorted(kept, key=lambda pair: pair[0]):
        # Sorted so, nobody is beaten by who comes later: the score falls, and of equals the cheaper came first.
        if not any(all(map(le, other, merit)) for other, _ in front):
            front.append((merit, record))
    return [record for _, record in front]


def _merit(record: TrialRecord) -> _Merit:
    """Small is good."""
    assert record.costs is not None
    costs = record.costs
    assert record.validation_score is not None
    seconds = round(costs.qpu_seconds / costs.shots * PREDICTION_SHOTS, _DIGITS)
    return -record.validation_score, costs.two_qubit_gates, costs.parameters.total, seconds
