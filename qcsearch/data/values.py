"""What numbers and labels are, wherever data pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "IntArray", "Label"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Label = str | int  # and bool, which is an int
"""A class: what it may be, `qcsearch.data.labels` says."""
