"""The majority class: what knows nothing reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.targets import Target
from qcsearch.training.predictions import Predictions

__all__ = ["majority"]


def majority(y: NDArray[Any], n_samples: int, target: Target) -> Predictions:
    """What knows nothing but the labels of the training part says of samples, see `Target.ignorant`.

    Args:
        y: what is learnt of the training part.
        n_samples: of how many samples it is asked.
        target: what is asked.
    """
    answer, shares = target.ignorant(y)
    answers = np.repeat(answer[None], n_samples, axis=0)
    return Predictions(answers, None if shares is None else np.tile(shares, (n_samples, 1)))
