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
    estimated_success_probability,
    expressibility,
    gradient_variance,
    kernel_target_alignment,
    repcap,
)
from qcsearch.search.predictors.base import PREDICTORS, Predictor, PredictorInput

__all__ = [
    "PREDICTORS",
    "Predictor",
    "PredictorInput",
    "cnr",
    "duration_t2",
    "entangling_capability",
    "estimated_success_probability",
    "expressibility",
    "gradient_variance",
    "kernel_target_alignment",
    "repcap",
]
