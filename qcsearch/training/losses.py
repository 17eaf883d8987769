"""Losses: how far logits are from the right class, and the derivative of that."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from qcsearch.errors import CandidateError
from qcsearch.registry import Registry
from qcsearch.training.expectations import Floats, Ints

__all__ = ["LOSSES", "CrossEntropy", "Loss", "MeanSquaredError", "SmoothedCrossEntropy"]


class Loss(Protocol):
    """A mean over samples of a function of logits and class."""

    def __call__(
        self, logits: Floats, y: Ints, targets: Floats, weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """Return the loss and its derivative `(n_samples, n_classes)` by the logits.

        Args:
            logits: `(n_samples, n_classes)`.
            y: class numbers `(n_samples,)`.
            targets: `(n_classes, n_classes)`, row `c` the logits that the head would like for class `c`.
            weight: how much each sample counts, `(n_samples,)`, about 1 on the mean: the mean is of the products. None
                if all count alike; a loss that takes no weights is not asked with any.
        """
        ...


LOSSES: Registry[Loss] = Registry("qcsearch.losses", CandidateError, needs=("__call__",))


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
