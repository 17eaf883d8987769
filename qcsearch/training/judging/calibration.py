"""Calibration: how far a model's probabilities are from how often it is right, and the temperature that mends it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.statistics import Interval, wilson

__all__ = ["N_BINS", "Bin", "Calibration", "calibration", "chosen_temperature", "fitted_temperature"]

N_BINS = 15
"""Of equal width, as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (arXiv 1706.04599)."""

_RESAMPLES = 200
_COLDEST, _HOTTEST = 0.05, 20.0
_FOLDS = 5


@dataclass(frozen=True)
class Bin:
    """The samples of whose class a model is about equally sure.

    Attributes:
        n_samples: how many they are.
        confidence: mean probability of the class that it predicts.
        accuracy: share of them that are right.
        interval: 95 % interval of that, see `statistics.wilson`.
    """

    n_samples: int
    confidence: float
    accuracy: float
    interval: Interval


@dataclass(frozen=True)
class Calibration:
    """How far a model's probabilities are from how often it is right.

    Attributes:
        temperature: what its logits are divided by.
        error: expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015), in [0, 1]: over `N_BINS` bins of
            equal width, the mean of |accuracy − confidence|, each bin counted by its samples.
        interval: 95 % interval of it, by bootstrap without its bias; it holds the error.
        error_before: the same at temperature 1.
        bins: those that hold a sample, from unsure to sure.
        n_samples: number of samples.
    """

    temperature: float
    error: float
    interval: Interval
    error_before: float
    bins: tuple[Bin, ...]
    n_samples: int

    @property
    def sentence(self) -> str:
        """It in words."""
        low, high = self.interval
        return (
            f"Calibration: of its probabilities the expected error is {self.error:.3f} (95 % interval {low:.3f} to "
            f"{high:.3f}; {N_BINS} bins, n = {self.n_samples:,}); temperature {self.temperature:.2f}, without it "
            f"{self.error_before:.3f}."
        )


def fitted_temperature(logits: Floats, y: Ints, n_samples: int) -> float:
    """The temperature T at which softmax(logits / T) has the least cross-entropy, in [0.05, 20]: Guo et al. 2017.

    It is one number, and leaves the order of the logits as it is. Of n samples that are all right the least would be at
    T = 0; so the right class is taken to be right with (n + 1)/(n + 2), by Laplace's rule, as Platt (1999) does.

    Args:
        logits: of samples that the weights behind them were not fitted to, `(n_logits, n_classes)`.
        y: their class numbers.
        n_samples: how many different samples they are of; several models may speak of one.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    n_classes = logits.shape[1]
    unsure = 1 / (n_samples + 2)
    targets = np.full(logits.shape, unsure / (n_classes - 1))
    targets[np.arange(len(y)), y] = 1 - unsure

    def loss(log_temperature: float) -> float:
        return -float(
            np.mean(np.sum(targets * log_softmax(logits / math.exp(log_temperature), axis=1), axis=1))
        )

    found = minimize_scalar(loss, bounds=(math.log(_COLDEST), math.log(_HOTTEST)), method="bounded")
    return math.exp(float(found.x))


def chosen_temperature(logits: Floats, y: Ints, n_samples: int) -> float:
    """The fitted temperature if it helps samples that it was not fitted to, else 1.

    In five folds the cross-entropy of the samples left out must fall by more than a standard error of that mean: on few
    samples of which nearly all are right the fit is that of Laplace's rule, and makes good probabilities worse.

    Args:
        logits: `(n_models * n_samples, n_classes)`, those of each model in the order of the samples.
        y: their class numbers.
        n_samples: how many different samples they are of.
    """
    from scipy.special import log_softmax

    n_folds, rows = min(_FOLDS, n_samples), np.arange(len(y))
    if n_folds < 2:
        return 1.0
    fold, gains = rows % n_samples % n_folds, np.zeros(len(y))
    for number in range(n_folds):
        rest, out = fold != number, rows[fold == number]
        tried = fitted_temperature(logits[rest], y[rest], len(np.unique(rows[rest] % n_samples)))
        said = (log_softmax(logits[out] / one, axis=1)[np.arange(len(out)), y[out]] for one in (tried, 1.0))
        gains[out] = np.subtract(*said)
    each = gains.reshape(-1, n_samples).mean(axis=0)
    helps = each.mean() > each.std(ddof=1) / math.sqrt(n_samples)
    return fitted_temperature(logits, y, n_samples) if helps else 1.0


def calibration(logits: Floats, y: Ints, temperature: float) -> Calibration:
    """How well calibrated logits are at a temperature.

    Args:
        logits: `(n_samples, n_classes)`.
        y: class numbers of the samples.
        temperature: what the logits are divided by.
    """
    sure, right = _judged(logits / temperature, y)
    numbers = _bins(sure)
    bins = []
    for number in np.unique(numbers):
        mine = numbers == number
        share = float(np.mean(right[mine]))
        bins.append(Bin(int(mine.sum()), float(np.mean(sure[mine])), share, wilson(share, int(mine.sum()))))
    error = _error(sure, right)
    return Calibration(
        temperature=temperature,
        error=error,
        interval=_interval(sure, right, error),
        error_before=_error(*_judged(logits, y)),
        bins=tuple(bins),
        n_samples=len(y),
    )


def _judged(logits: Floats, y: Ints) -> tuple[Floats, Floats]:
    """Of each sample the probability of the predicted class, and whether it is right (1) or not (0)."""
    from scipy.special import softmax

    right = np.argmax(logits, axis=1) == y
    return np.asarray(softmax(logits, axis=1).max(axis=1)), right.astype(np.float64)


def _bins(sure: Floats) -> Ints:
    """Number of each sample's bin; a probability on an edge belongs to the bin below it, as in Guo et al."""
    return np.clip(np.ceil(sure * N_BINS).astype(np.int64) - 1, 0, N_BINS - 1)


def _error(sure: Floats, right: Floats) -> float:
    gaps = np.bincount(_bins(sure), weights=right - sure, minlength=N_BINS)
    return float(np.sum(np.abs(gaps)) / len(sure))


def _interval(sure: Floats, right: Floats, error: float) -> Interval:
    """The bootstrap's, with its bias taken off at both ends; it holds the error.

    Noise makes the mean of absolute gaps larger, in each drawn set by as much again as in the samples themselves.
    Below, the basic bootstrap's end takes that off twice, for the drawn and for the samples; above, what was drawn is
    moved down to have the error for its mean.
    """
    rng = np.random.default_rng(0)
    drawn = [
        _error(sure[rows], right[rows]) for rows in rng.integers(len(sure), size=(_RESAMPLES, len(sure)))
    ]
    high = float(np.quantile(drawn, 0.975))
    return max(0.0, min(error, 2 * error - high)), error + max(0.0, high - float(np.mean(drawn)))
