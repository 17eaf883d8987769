"""Encodings (feature maps): a small protocol in `base`, one file an alternative."""

from qcsearch.circuits.encodings import (
    amplitude,
    angle,
    basis,
    dense_angle,
    iqp,
    none,
    reuploading,
    weighted_sum,
)
from qcsearch.circuits.encodings.base import ENCODINGS, Encoding, RangedEncoding

__all__ = [
    "ENCODINGS",
    "Encoding",
    "RangedEncoding",
    "amplitude",
    "angle",
    "basis",
    "dense_angle",
    "iqp",
    "none",
    "reuploading",
    "weighted_sum",
]
