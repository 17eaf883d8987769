from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qcsearch.search.trial.pareto import pareto_front
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.training.parameters import ParameterCounts

Point = tuple[float, int, float] | tuple[float, int, float, int]


def record(trial: int, point: Point, kind: str = "kept") -> TrialRecord:
    accuracy, gates, seconds, n = (*point, 4)[:4]
    costs = Costs(ParameterCounts(head=n), 2, gates, 10, 1e-6, 0.01, 0.9, seconds, gates, 8, 0)
    return TrialRecord(trial, None, {}, Outcome(kind, ""), validation_score=accuracy, costs=costs)


def front(*points: Point) -> list[int]:
    return [found.trial for found in pareto_front([record(i, point) for i, point in enumerate(points)])]


def beats(one: Point, other: Point) -> bool:
    """By the definition, point by point."""
    no_worse = one[0] >= other[0] and all(a <= b for a, b in zip(one[1:], other[1:], strict=True))
    return no_worse and one != other


def test_each_of_the_four_is_reason_enough() -> None:
    found = front(
        (0.9, 10, 1.0, 9), (0.8, 9, 1.0, 9), (0.7, 10, 0.9, 9), (0.65, 10, 1.0, 8), (0.6, 11, 1.1, 9)
    )
    assert found == [0, 1, 2, 3]


def test_of_equal_trials_the_one_that_ranks_first_stands_for_all() -> None:
    assert front((0.8, 9, 1.0), (0.9, 10, 1.0), (0.9, 10, 1.0)) == [1, 0]
    found = [
        replace(record(i, (0.9, 10, 1.0)), validation_loss=loss) for i, loss in enumerate((0.3, 0.2, 0.2))
    ]
    assert [one.trial for one in pareto_front(found)] == [1]


def test_seconds_count_as_far_as_they_are_shown() -> None:
    assert front((0.9, 10, 1.041), (0.8, 10, 1.039)) == [0]
    assert front((0.9, 10, 1.041), (0.8, 10, 1.031)) == [0, 1]


def test_only_trials_that_were_trained_to_their_end_count() -> None:
    found = [record(0, (0.5, 10, 1.0)), *(record(1, (0.9, 1, 0.1), kind) for kind in ("pruned", "reused"))]
    assert [one.trial for one in pareto_front(found)] == [0]
    assert pareto_front([]) == []


values = st.tuples(
    st.sampled_from([0.5, 0.6, 0.7]), st.integers(0, 3), st.sampled_from([1.0, 1.5, 2.0]), st.integers(0, 2)
)


@given(st.lists(values, max_size=12))
def test_the_front_is_what_no_point_beats(points: list[Point]) -> None:
    best = {point for point in points if not any(beats(other, point) for other in points)}
    found = front(*points)
    assert {points[number] for number in found} == best
    assert len(found) == len(best)
