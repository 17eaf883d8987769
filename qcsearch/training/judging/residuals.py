"""Errors of numbers, in their own units: how far predictions are off, and which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets import Target
from qcsearch.training.statistics import LEVEL, Interval

__all__ = ["MAX_KEPT", "AbsoluteError", "Residuals", "absolute_errors", "errors_text", "residuals"]

MAX_KEPT = 1_000
"""Samples whose predictions are kept to be drawn: more are a cloud."""


@dataclass(frozen=True)
class AbsoluteError:
    """How far predictions of one number are off on the mean, in its own units.

    Attributes:
        name: of the number.
        value: mean absolute error.
        interval: 95 % interval of it by Student's t over the samples; of one sample the value alone.
    """

    name: str
    value: float
    interval: Interval

    @property
    def text(self) -> str:
        """It as people read it: `44.1 (40.2 – 48)`."""
        low, high = self.interval
        return f"{self.value:.3g} ({low:.3g} – {high:.3g})"


@dataclass(frozen=True)
class Residuals:
    """True and predicted values of one number, of at most `MAX_KEPT` samples, in its own units.

    Attributes:
        name: of the number.
        true: `(n_samples,)`.
        predicted: of the same samples.
    """

    name: str
    true: tuple[float, ...]
    predicted: tuple[float, ...]


def absolute_errors(target: Target, y: NDArray[Any], answers: NDArray[Any]) -> tuple[AbsoluteError, ...]:
    """The mean absolute error of each number; of classes and labels there are none.

    Args:
        target: what is asked.
        y: what should be answered, as it is learnt, `(n_samples, n_outputs)`.
        answers: of the same form.
    """
    if target.has_accuracy:
        return ()
    errors = np.abs(target.figures(y) - target.figures(answers))
    return tuple(_error(name, each) for name, each in zip(target.names, errors.T, strict=True))


def residuals(target: Target, y: NDArray[Any], answers: NDArray[Any]) -> tuple[Residuals, ...]:
    """True and predicted values of each number, of the first samples; arguments as for `absolute_errors`."""
    if target.has_accuracy:
        return ()
    true, predicted = (target.figures(values[:MAX_KEPT]).T.tolist() for values in (y, answers))
    return tuple(
        Residuals(name, tuple(ours), tuple(theirs))
        for name, ours, theirs in zip(target.names, true, predicted, strict=True)
    )


def errors_text(errors: tuple[AbsoluteError, ...]) -> str:
    """Errors as a cell of a table: of several numbers each with its name; empty if there are none."""
    if len(errors) == 1:
        return errors[0].text
    return ", ".join(f"{one.name} {one.text}" for one in errors)


def _error(name: str, errors: NDArray[np.float64]) -> AbsoluteError:
    from scipy.stats import t

    n, value = len(errors), float(np.mean(errors))
    margin = float(t.ppf((1 + LEVEL) / 2, n - 1) * np.std(errors, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return AbsoluteError(name, value, (max(0.0, value - margin), value + margin))
