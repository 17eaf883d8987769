"""The predictors: what a candidate promises before it is trained.

One file each; another is a class with the one method of `Predictor`, registered here or through the entry-point
group `qcsearch.predictors`. `replicas.py` holds the Clifford replicas that `cnr` runs, `draws.py` circuits with
random weights.
"""

from __future__ import annotations

from qcsearch.search.predictors import (
    cnr,
    duration_t2,
    entangling_capability,
    expressibility,
    gradient_variance,
    kernel_target_alignment,
    predicted_success,
    repcap,
)
from qcsearch.search.predictors.base import PREDICTORS, Predictor, Subject

__all__ = [
    "PREDICTORS",
    "Predictor",
    "Subject",
    "cnr",
    "duration_t2",
    "entangling_capability",
    "expressibility",
    "gradient_variance",
    "kernel_target_alignment",
    "predicted_success",
    "repcap",
]
