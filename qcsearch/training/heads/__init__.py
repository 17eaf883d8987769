"""Heads, from expectation values to class logits: a small protocol in `base`, one file an alternative."""

from qcsearch.training.heads import linear, mlp, none, softmax
from qcsearch.training.heads.base import HEADS, Head, make_head, n_head_parameters

__all__ = ["HEADS", "Head", "linear", "make_head", "mlp", "n_head_parameters", "none", "softmax"]
