"""Heads, from expectation values to class logits: a small protocol in `base`, one file an alternative.

`linear`, `mlp`, `softmax` and `none` are trained in steps. `svc`, `kernel_ridge` and `gaussian_process`, and of numbers
`kernel_ridge_regression` and `gaussian_process_regression`, are fitted: sums of the kernels in `kernels.py` over
support points; `kernel_head.py` has what they have in common, `kernel_outputs.py` in what classes and numbers differ.
"""

from qcsearch.training.heads import (
    gaussian_process,
    gaussian_process_regression,
    kernel_ridge,
    linear,
    mlp,
    none,
    softmax,
    svc,
)
from qcsearch.training.heads.base import (
    HEADS,
    FittedHead,
    Head,
    head_suits,
    in_words,
    make_head,
    n_found,
    n_head_parameters,
    takes_parameters,
)

__all__ = [
    "HEADS",
    "FittedHead",
    "Head",
    "gaussian_process",
    "gaussian_process_regression",
    "head_suits",
    "in_words",
    "kernel_ridge",
    "linear",
    "make_head",
    "mlp",
    "n_found",
    "n_head_parameters",
    "none",
    "softmax",
    "svc",
    "takes_parameters",
]
