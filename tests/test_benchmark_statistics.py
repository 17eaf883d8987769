"""The statistics of the benchmarks, by the figures of the papers that they are from."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)
"""Table 6: AUC of C4.5, C4.5+m, C4.5+cf, C4.5+m+cf on 14 data sets; the last two are 0.975 on the last but one, and
ranked in this order there."""
NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
TABLE_5 = {3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}
"""Critical values of the two-tailed Nemenyi test at 5 %, by the number of models."""


@pytest.fixture(scope="module")
def statistics():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
        yield import_module("record.statistics")


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_an_interval_is_that_of_newcombe_s_examples_of_wilson_s(statistics, right, n, low, high):
    """Statistics in Medicine 17, 857 (1998), table I, method 3."""
    found = statistics.wilson(right / n, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_an_interval_reaches_one_where_no_mistake_was_made_and_is_wider_for_fewer_samples(statistics):
    few, many = statistics.wilson(1.0, 36), statistics.wilson(1.0, 2000)
    assert few.high == many.high == 1.0
    assert few.low < 0.91 < 0.998 < many.low


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [(0.9, 0.3, 0.1705, 0.8090), (0.0, 0.0, -0.2775, 0.2775), (1.0, 0.0, 0.6075, 1.0)],
)
def test_the_interval_of_a_difference_is_that_of_newcombe_s_examples(statistics, first, second, low, high):
    """Statistics in Medicine 17, 873 (1998), table II, method 10, ten samples each."""
    found = statistics.difference(first, second, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    back = statistics.difference(second, first, 10)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize("k", TABLE_5)
def test_the_critical_difference_has_demsar_s_critical_values(statistics, k):
    rows = np.random.default_rng(0).random((k, 12))
    found = statistics.ranking({str(n): row for n, row in enumerate(rows)})
    assert found.critical_difference / np.sqrt(k * (k + 1) / (6 * 12)) == pytest.approx(
        TABLE_5[k], abs=1.1e-3
    )


def test_ranks_statistic_and_critical_difference_are_those_of_demsar_s_example(statistics):
    found = statistics.ranking(dict(zip(NAMES, DEMSAR.T, strict=True)))
    assert {name: round(rank, 3) for name, rank in found.ranks.items()} == {
        "C4.5+m+cf": 1.964,
        "C4.5+m": 2.000,
        "C4.5+cf": 2.893,
        "C4.5": 3.143,
    }
    assert next(iter(found.ranks)) == "C4.5+m+cf"
    assert found.n == 14
    tied = (3 * 6 + 60) / (
        14 * 4 * 15
    )  # three pairs and one of four: the paper's statistic is not corrected for them
    assert found.statistic * (1 - tied) == pytest.approx(9.28, abs=0.005)
    assert round(found.critical_difference, 2) == 1.25
    assert found.apart == []
    assert found.alike == [("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5")]


def test_those_are_told_apart_whose_ranks_differ_by_the_critical_difference(statistics):
    found = statistics.Ranking({"a": 1.0, "b": 1.9, "c": 2.1, "d": 3.5}, 9, 0.0, 0.0, 1.0)
    assert found.apart == [("a", "c"), ("a", "d"), ("b", "d"), ("c", "d")]
    assert found.alike == [("a", "b"), ("b", "c")]


def test_models_that_are_equal_everywhere_share_the_middle_rank_and_cannot_be_told_apart(statistics):
    found = statistics.ranking({name: [0.9, 1.0, 0.5] for name in "abc"})
    assert set(found.ranks.values()) == {2.0}
    assert (found.statistic, found.p_value, found.apart) == (0.0, 1.0, [])


def test_the_signed_ranks_of_demsar_s_example_are_told_apart_at_five_percent(statistics):
    """Table 2: the smaller sum of ranks is 12 of 105, and 21 is the critical value for 14 data sets."""
    found = statistics.pairs(DEMSAR[:, 1], DEMSAR[:, 0])
    assert (found.better, found.alike, found.worse, found.n) == (10, 2, 2, 14)
    assert found.mean == pytest.approx(np.mean(DEMSAR[:, 1] - DEMSAR[:, 0]))
    assert found.p_value < 0.05
    assert statistics.pairs(DEMSAR[:, 0], DEMSAR[:, 1]).p_value == found.p_value


def test_the_signed_ranks_without_ties_are_exact(statistics):
    """All nine of one sign: 2 of 2⁹ choices of signs are as extreme."""
    steps = np.arange(1, 10) / 100
    assert statistics.pairs(0.5 + steps, np.full(9, 0.5)).p_value == pytest.approx(2 / 2**9)
    assert statistics.pairs([0.5] * 9, [0.5] * 9).p_value == 1.0


def test_differences_that_are_equal_but_for_rounding_are_ties(statistics):
    found = statistics.pairs([0.3, 0.7], [0.1 + 0.2, 0.6])
    assert (found.better, found.alike, found.worse) == (1, 1, 0)


def test_holm_s_correction_multiplies_by_the_tests_that_are_left_and_never_falls(statistics):
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.9, 0.8]) == [1.0, 1.0]


def crossed(rng, seeds, samples, left, shape=(3, 200)):
    """Differences with the mean .1, in a table of seeds and samples."""
    return (
        0.1
        + seeds * rng.standard_normal((shape[0], 1))
        + samples * rng.standard_normal((1, shape[1]))
        + left * rng.standard_normal(shape)
    )


@pytest.mark.parametrize("spread", [(0.05, 0.3, 0.3), (0.0, 0.3, 0.3), (0.0, 0.0, 0.3), (0.05, 0.0, 0.0)])
def test_a_gain_holds_the_truth_in_about_95_of_100_whether_seeds_or_samples_differ(statistics, spread):
    rng = np.random.default_rng(0)
    found = [statistics.gain(crossed(rng, *spread)).interval for _ in range(1000)]
    share = np.mean([one.low <= 0.1 <= one.high for one in found])
    assert 0.92 <= share <= 0.995


def test_a_gain_of_seeds_alone_is_student_s_interval_of_their_means(statistics):
    means = np.array([0.05, 0.10, 0.18])
    found = statistics.gain(np.repeat(means[:, None], 50, axis=1))
    margin = 4.302653 * means.std(ddof=1) / np.sqrt(3)
    assert found.mean == pytest.approx(0.11)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.11 - margin, 0.11 + margin))
    assert found.sign == 0
    assert statistics.gain(np.repeat(means[:, None] + 0.2, 50, axis=1)).sign == 1
    assert statistics.gain(np.repeat(means[:, None] - 0.5, 50, axis=1)).sign == -1


def test_no_difference_anywhere_is_no_gain(statistics):
    found = statistics.gain(np.zeros((3, 20)))
    assert (found.mean, found.interval.low, found.interval.high, found.sign) == (0, 0, 0, 0)
