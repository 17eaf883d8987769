"""The values that the kernels of Pauli propagation take whole, see `kernels` for slots and groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tape", "Terms"]

Floats = NDArray[np.float64]
Ints = NDArray[Any]


class Tape(NamedTuple):
    """How blocks mix the strings of an observable; kernels take it as a plain tuple.

    Attributes:
        blocks: `(n_entries,)`, the number of the block of each entry.
        begins: `(n_entries + 1,)`, where each entry's groups begin.
        slots: `(n_groups, 16)`, the slots of each group, -1 where there is no string.
        drop_begins: `(n_entries + 1,)`, where each entry's drops begin.
        drops: `(n_drops,)`, slots that are dropped after an entry.
        squares: `(n_drops,)`, the expected square of each dropped string's value.
    """

    blocks: Ints
    begins: Ints
    slots: Ints
    drop_begins: Ints
    drops: Ints
    squares: Floats


class Terms(NamedTuple):
    """A sum of strings; kernels take it as a plain tuple.

    Attributes:
        slots: `(n_terms,)`, where the coefficient of each string is.
        begins: `(n_terms + 1,)`, where each string's factors begin.
        factors: `(n_factors,)`, `4 · qubit + digit`, digits 1 2 3 for X Y Z.
    """

    slots: Ints
    begins: Ints
    factors: Ints
