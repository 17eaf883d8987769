"""The majority class: what knows nothing reaches."""

from __future__ import annotations

import numpy as np

from qcsearch.training.expectations import Ints
from qcsearch.training.predictions import Predictions

__all__ = ["MAJORITY", "majority"]

MAJORITY = "majority class"


def majority(y: Ints, n_samples: int, n_classes: int) -> Predictions:
    """What knows nothing but the classes of the training part says of samples.

    Args:
        y: class numbers of the training part.
        n_samples: of how many samples it is asked.
        n_classes: number of classes.

    Returns:
        The class that is most common in the training part, of equals the first; as probabilities, the shares of all.
    """
    shares = np.bincount(y, minlength=n_classes) / len(y)
    classes = np.full(n_samples, int(shares.argmax()), dtype=np.int64)
    return Predictions(classes, np.tile(shares, (n_samples, 1)))
