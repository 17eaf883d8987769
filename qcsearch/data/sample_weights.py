"""How much each sample counts in what is learnt, as a person gives it."""

from __future__ import annotations

from typing import Any

import numpy as np

from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError

__all__ = ["check_weights"]


def check_weights(given: Any, n_samples: int, what: str = "sample_weight") -> FloatArray:
    """Weights of samples as numbers `(n_samples,)`.

    Args:
        given: anything array-like.
        n_samples: how many there must be.
        what: what they are called in messages.

    Raises:
        DataError: if they are not as many numbers, each finite and not negative, or all are 0.
    """
    try:
        weight = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{what} must be numbers, one a sample.") from None
    if weight.shape != (n_samples,):
        raise DataError(f"{what} must have one number a sample, {n_samples}. Got shape {weight.shape}.")
    if bad := np.flatnonzero(~(np.isfinite(weight) & (weight >= 0))).tolist():
        raise DataError(
            f"{what} must be finite and not negative. Got {weight[bad[0]]:g} in row {bad[0] + 1}."
        )
    if not weight.any():
        raise DataError(f"{what} must not be zero for all samples.", "leave it out.")
    return weight
