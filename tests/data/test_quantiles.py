"""Quantiles tell samples of the training's kind from others, and seldom take the one for the other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import chdtri

from qcsearch.data.quantiles import N_BINS, Quantiles, count
from qcsearch.errors import DataError


def drift(train, X):
    found = Quantiles.of(train)
    return found.drift(count(found.bins(X)))


def test_deciles_hold_a_tenth_of_the_training_samples_each():
    found = Quantiles.of(np.random.default_rng(0).permutation(100.0 * np.arange(1, 201))[:, None])
    assert found.edges.tolist() == [[2000.0 * k for k in range(1, 10)]]
    assert found.counts.tolist() == [[20] * 10 + [0]]
    assert found.n_samples == 200


def test_a_number_on_an_edge_is_below_it_and_a_gap_has_a_bin_of_its_own():
    found = Quantiles.of(np.arange(1.0, 101)[:, None])
    numbers = np.array([-1e9, 10.0, 10.1, 90.0, 91.0, np.nan])
    assert found.bins(numbers[:, None]).ravel().tolist() == [0, 0, 1, 8, 9, 10]


def test_the_index_is_siddiqis_sum_of_the_smoothed_shares():
    X = np.repeat([1.0, 2.0], 50)[:, None]
    found = Quantiles.of(X)
    new = count(found.bins(np.repeat([1.0, 2.0], [20, 80])[:, None]))
    e, a = np.array([50.5, 50.5]) / 101, np.array([20.5, 80.5]) / 101
    assert found.drift(new).index == pytest.approx(np.sum((a - e) * np.log(a / e)), abs=1e-15)


def test_between_samples_that_are_alike_the_index_is_yurdakuls():
    """Mean and the level's quantile of chi-square with 9 degrees of freedom, times 1/N + 1/M."""
    rng, N, M = np.random.default_rng(1), 2000, 1000
    found = [drift(rng.normal(size=(N, 1)), rng.normal(size=(M, 1))) for _ in range(400)]
    scale = 1 / N + 1 / M
    assert np.mean([one.index for one in found]) / scale == pytest.approx(9, rel=0.1)
    few = Quantiles.of(rng.normal(size=(50, 1)))
    told = few.drift(count(few.bins(rng.normal(size=(200, 1)))))
    assert told.threshold == pytest.approx(chdtri(9, 1e-3) * (1 / 50 + 1 / 200))


@pytest.mark.parametrize("N", [50, 200, 2000])
def test_samples_of_the_same_kind_are_no_drift_however_few_were_trained_on(N):
    rng = np.random.default_rng(2)

    def draw(n):
        X = rng.normal(size=(n, 16))
        X[:, 8:] = np.maximum(0, np.rint(4 * X[:, 8:]))  # as pixels are: whole, and half of them 0
        X[rng.random((n, 16)) < 0.02] = np.nan
        return X

    assert sum(drift(draw(N), draw(1000)).ratio >= 1 for _ in range(60)) <= 1


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X + 1.0,
        lambda X: 2.54 * X,
        lambda X: np.where(np.random.default_rng(0).random(X.shape) < 0.3, np.nan, X),
        lambda X: np.zeros_like(X),
    ],
)
def test_samples_of_another_kind_are_and_the_feature_is_named(change):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(1000, 4))
    X[:, 2] = change(X[:, 2:3])[:, 0]
    found = drift(rng.normal(size=(500, 4)), X)
    assert (found.feature, found.ratio > 1) == (2, True)


def test_of_few_samples_and_many_features_there_are_none():
    assert Quantiles.of(np.zeros((49, 3))) is None
    assert Quantiles.of(np.zeros((50, 2049))) is None
    assert Quantiles.of(np.full((50, 2), np.nan)).counts[:, -1].tolist() == [50, 50]


@pytest.mark.parametrize(
    ("edges", "counts"),
    [
        (np.zeros((2, 8)), np.ones((2, N_BINS), int)),
        (np.zeros((2, 9)), np.ones((1, N_BINS), int)),
        (np.zeros(9), np.ones((1, N_BINS), int)),
        (np.zeros((0, 9)), np.zeros((0, N_BINS), int)),
        (np.arange(9.0, 0, -1)[None], np.ones((1, N_BINS), int)),
        (np.full((1, 9), np.nan), np.ones((1, N_BINS), int)),
        (np.zeros((1, 9)), -np.ones((1, N_BINS), int)),
        (np.zeros((1, 9)), np.zeros((1, N_BINS), int)),
        (np.zeros((1, 9)), np.full((1, N_BINS), 2**50)),
        (np.zeros((2, 9)), np.arange(2 * N_BINS).reshape(2, N_BINS)),
    ],
)
def test_what_does_not_fit_together_is_refused(edges, counts):
    with pytest.raises(DataError, match="Quantiles must have"):
        Quantiles(edges, counts)
