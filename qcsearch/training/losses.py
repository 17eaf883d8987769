"""Losses: how far the outputs of a head are from what they should be, and the derivative of that.

Each is for one task, `task`; one without that is for classes.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from qcsearch.errors import CandidateError
from qcsearch.registry import Registry
from qcsearch.training.expectations import Floats, Ints

__all__ = [
    "DEFAULT_LOSSES",
    "LOSSES",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Huber",
    "Loss",
    "MeanSquaredError",
    "Quantile",
    "SmoothedCrossEntropy",
    "SquaredError",
    "loss_task",
]


class Loss(Protocol):
    """A mean over samples of a function of outputs and of what these should be."""

    def __call__(
        self, logits: Floats, y: NDArray[Any], targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """Return the loss and its derivative `(n_samples, n_outputs)` by the outputs.

        Args:
            logits: outputs `(n_samples, n_outputs)`: of classes their logits.
            y: class numbers `(n_samples,)`; of numbers and labels what a target learns, `(n_samples, n_outputs)`.
            targets: `(n_classes, n_classes)`, row `c` the logits that the head would like for class `c`.
            weight: how much each sample counts, `(n_samples,)`, about 1 on the mean: the mean is of the products. None
                if all count alike; a loss that takes no weights is not asked with any.
        """
        ...


LOSSES: Registry[Loss] = Registry("qcsearch.losses", CandidateError, needs=("__call__",))


DEFAULT_LOSSES = {
    "classification": "cross_entropy",
    "regression": "squared_error",
    "multilabel": "binary_cross_entropy",
}
"""Of each task, what is taken where a space names no loss that is for it."""


def loss_task(name: str) -> str:
    """The task that the loss of this name is for.

    Raises:
        CandidateError: if there is no such loss.
    """
    return str(getattr(LOSSES.get(name), "task", "classification"))


@LOSSES.register("cross_entropy")
class CrossEntropy:
    """Mean of `-log softmax(logits)[y]`; `targets` play no part."""

    def __call__(
        self, logits: Floats, y: Ints, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`."""
        rows = np.arange(len(y))
        # By hand: in a step of a few milliseconds SciPy's general functions would be a tenth of it.
        below = logits - logits.max(axis=1, keepdims=True)
        odds = np.exp(below)
        total = odds.sum(axis=1, keepdims=True)
        each = np.log(total[:, 0]) - below[rows, y]
        derivative = odds / total
        derivative[rows, y] -= 1.0
        if weight is not None:
            each, derivative = weight * each, weight[:, None] * derivative
        return float(np.mean(each)), derivative / len(y)


@LOSSES.register("smoothed_cross_entropy")
class SmoothedCrossEntropy:
    """Cross-entropy with a tenth of each label spread evenly over all classes; `targets` play no part.

    Szegedy et al., *Rethinking the Inception Architecture*, CVPR 2016 (arXiv 1512.00567): with ε = 0.1,
    `(1 − ε) · cross_entropy(y) + ε · mean over c of cross_entropy(c)`. It keeps the head from growing without end on
    samples that are right already, which on small data costs accuracy on others.
    """

    _EPSILON = 0.1

    def __call__(
        self, logits: Floats, y: Ints, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`."""
        loss, derivative = CrossEntropy()(logits, y, targets, weight)
        n_samples, n_classes = logits.shape
        # (1 − ε)·L(y) + ε·mean L(c) = L(y) + ε·(logits[y] − mean of the logits): the normalisers cancel.
        moved = np.full_like(logits, -1.0 / n_classes)
        moved[np.arange(n_samples), y] += 1.0
        moved *= self._EPSILON / n_samples
        if weight is not None:
            moved *= weight[:, None]
        return loss + float(np.sum(moved * logits)), derivative + moved


@LOSSES.register("mse")
class MeanSquaredError:
    """Mean over samples and classes of `(logits - targets[y])²`.

    With the targets of a `linear`, `mlp` or `softmax` head this is the usual one-hot loss. With those of the
    head `none`, and a power of two for the number of classes, it is the mean over samples of
    `β² Σ_b (⟨O_b⟩ - s_b)²`, the loss on bit-coded labels.
    """

    def __call__(
        self, logits: Floats, y: Ints, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`."""
        difference = logits - targets[y]
        if weight is None:
            return float(np.mean(difference**2)), 2.0 * difference / difference.size
        weighted = weight[:, None] * difference
        return float(np.mean(weighted * difference)), 2.0 * weighted / difference.size


@LOSSES.register("squared_error")
class SquaredError:
    """Mean over samples and outputs of `(output − y)²`: the least squares of a regression."""

    task: ClassVar[str] = "regression"

    def __call__(
        self, logits: Floats, y: Floats, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`; `targets` play no part."""
        difference = logits - y
        return _mean(difference**2, 2.0 * difference, weight)


@LOSSES.register("huber")
class Huber:
    """Mean over samples and outputs of Huber's loss: `r²/2` for a residual |r| ≤ δ, `δ (|r| − δ/2)` beyond.

    Huber, Ann. Math. Stat. 35, 73 (1964). δ = 1.345 residuals of standardised numbers: at a normal distribution of unit
    width the fit then keeps 95 % of the efficiency of least squares, and what lies far off pulls no more than that.
    """

    task: ClassVar[str] = "regression"
    _DELTA = 1.345

    def __call__(
        self, logits: Floats, y: Floats, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`; `targets` play no part."""
        difference = logits - y
        inside = np.clip(difference, -self._DELTA, self._DELTA)
        return _mean(inside * (difference - 0.5 * inside), inside, weight)


@LOSSES.register("quantile")
class Quantile:
    """Mean over samples and outputs of the median's pinball loss: `r/2` for a residual r = y − output ≥ 0, else `−r/2`.

    Koenker and Bassett, Econometrica 46, 33 (1978), with the quantile 1/2: half the absolute error. At r = 0 the
    derivative is that of the side below.
    """

    task: ClassVar[str] = "regression"
    _QUANTILE = 0.5

    def __call__(
        self, logits: Floats, y: Floats, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`; `targets` play no part."""
        residual = y - logits
        slope = np.where(residual > 0, self._QUANTILE, self._QUANTILE - 1.0)
        return _mean(slope * residual, -slope, weight)


@LOSSES.register("binary_cross_entropy")
class BinaryCrossEntropy:
    """Mean over samples and labels of `−y log σ(z) − (1 − y) log(1 − σ(z))` with the logit z of each label.

    Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.2; in the form `log(1 + e^z) − y z`, which no
    logit overflows, with the derivative σ(z) − y.
    """

    task: ClassVar[str] = "multilabel"

    def __call__(
        self, logits: Floats, y: Ints, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """See `Loss`; `targets` play no part."""
        return _mean(np.logaddexp(0.0, logits) - y * logits, expit(logits) - y, weight)


def _mean(each: Floats, derivative: Floats, weight: Floats | None) -> tuple[float, Floats]:
    """The mean of losses `(n_samples, n_outputs)` and its derivative, of those of each."""
    if weight is not None:
        each, derivative = weight[:, None] * each, weight[:, None] * derivative
    return float(np.mean(each)), derivative / each.size
