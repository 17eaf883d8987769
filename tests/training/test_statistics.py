"""Intervals and tests of accuracies: against closed forms and published figures."""

from __future__ import annotations

from math import comb, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from qcsearch.training.statistics import Difference, paired_difference, wilson


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_an_interval_is_the_published_one(right: int, n: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17, 857 (1998), table I, method 3."""
    assert wilson(right / n, n) == pytest.approx((low, high), abs=5e-5)


def test_an_interval_is_where_the_score_test_turns() -> None:
    low, high = wilson(190 / 208, 208)
    for end in (low, high):
        assert abs(190 / 208 - end) / sqrt(end * (1 - end) / 208) == pytest.approx(1.959964, rel=1e-6)


def answers(both: int, first: int, second: int, neither: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the samples are right, of a table of pairs."""
    counts = (both, first, second, neither)
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_a_difference_is_the_published_one() -> None:
    """Bentur et al. 2009 as worked out by Fagerland, Lydersen and Laake, Stat. Med. 33, 2850 (2014)."""
    found = paired_difference(*answers(1, 1, 7, 12))
    assert found.value == pytest.approx(-6 / 21)
    assert (found.low, found.high) == pytest.approx((-0.508, -0.013), abs=5e-4)
    assert found.p == pytest.approx(0.0703, abs=5e-5)


def test_its_p_is_the_sum_over_the_discordant_pairs() -> None:
    found = paired_difference(*answers(150, 12, 4, 42))
    assert found.p == pytest.approx(2 * sum(comb(16, k) for k in range(5)) / 2**16)
    assert not found.settled


def test_two_models_that_no_sample_tells_apart_differ_by_nothing_with_a_width() -> None:
    found = paired_difference(*answers(200, 0, 0, 8))
    assert (found.value, found.p, found.settled) == (0.0, 1.0, False)
    assert found.low == -found.high < 0


def test_a_difference_changes_its_sign_with_the_order() -> None:
    first, second = answers(100, 30, 5, 20)
    there, back = paired_difference(first, second), paired_difference(second, first)
    assert there.settled
    assert back == Difference(-there.value, -there.high, -there.low, there.p)


def test_an_interval_holds_the_true_difference_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    odds, inside = [0.8, 0.1, 0.05, 0.05], 0
    for counts in rng.multinomial(100, odds, size=1_000):
        found = paired_difference(*answers(*counts.tolist()))
        inside += found.low <= 0.05 <= found.high
    assert 0.93 <= inside / 1_000 <= 0.98


def test_of_measurements_that_are_repeated_the_difference_is_that_of_the_means() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.random((40, 300)) < 0.9, rng.random((25, 300)) < 0.8
    found = paired_difference(ours, theirs)
    assert found.value == pytest.approx(ours.mean() - theirs.mean())
    one = paired_difference(ours[0], theirs[0])
    assert found.high - found.low == pytest.approx(one.high - one.low, rel=0.2)


def test_measurements_that_are_all_alike_are_one() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = rng.random(200) < 0.9, rng.random(200) < 0.8
    assert paired_difference(np.tile(ours, (3, 1)), theirs) == paired_difference(ours, theirs)
