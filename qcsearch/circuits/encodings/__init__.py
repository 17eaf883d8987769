"""Encodings (feature maps): a small protocol in `base`, one file an alternative."""

from qcsearch.circuits.encodings import (
    amplitude,
    angle,
    basis,
    dense_angle,
    iqp,
    none,
    prepared,
    reuploading,
    weighted_sum,
)
from qcsearch.circuits.encodings.base import ENCODINGS, Encoding, PreparingEncoding, RangedEncoding

__all__ = [
    "ENCODINGS",
    "Encoding",
    "PreparingEncoding",
    "RangedEncoding",
    "amplitude",
    "angle",
    "basis",
    "dense_angle",
    "iqp",
    "none",
    "prepared",
    "reuploading",
    "weighted_sum",
]
