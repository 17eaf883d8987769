"""What one step works with: a circuit with its weights bound, pieces of the batch, sums over samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels import Floats
from qcsearch.simulation.exact.workspace import aligned

__all__ = ["Bound", "Chunk", "Sums"]

_LINE = 16
"""Numbers between which the parts of `Sums` begin: a cache line or two."""


class Sums:
    """Sums over samples, all in one array: cotangents of shared values, factors, and at both ends of the middle.

    Args:
        values: length of the cotangents of the shared values.
        factors: of those of the factors.
        effective: of the effective states; 0 if not wanted.
        first: of the cotangent of the state before the middle; 0 if not wanted.
        scales: number of scales, float64.
        dtype: of all else.
    """

    def __init__(
        self, values: int, factors: int, effective: int, first: int, scales: int, dtype: np.dtype[Any]
    ) -> None:
        lengths = [values, factors, effective, first]
        lines = [-(-length // _LINE) * _LINE for length in lengths]
        self._all = aligned(sum(lines), dtype)
        starts = [sum(lines[:k]) for k in range(4)]
        self.values, self.factors, self.effective, self.first = (
            self._all[start : start + length] for start, length in zip(starts, lengths, strict=True)
        )
        self.scales = np.empty(scales)

    def clear(self) -> Sums:
        """Set all to zero."""
        self._all.fill(0)
        self.scales.fill(0)
        return self

    def add(self, other: Sums) -> None:
        """Add another's."""
        self._all += other._all
        self.scales += other.scales


@dataclass
class Chunk:
    """Workspace of one chunk of samples.

    Attributes:
        states: of one block after the other, or of all blocks.
        hot: whether each block has slots of its own.
        values: matrices, see `sweep`.
        d_values: their cotangents.
        sums: what remains of the chunk.
        end: slot of the last state, when the states are kept for the gradient.
    """

    states: Floats
    hot: bool
    values: Floats
    d_values: Floats
    sums: Sums
    end: int = 0


@dataclass
class Bound:
    """A part with its weights bound: what one step computes once for all samples.

    Attributes:
        step: shared angles and matrices, the fields of a `Step` in a plain tuple.
        suffix: states of the suffix.
        apart: numbers from one register of observables to the next in them; 0 where all would be too large.
        observables: before the suffix, `(n_registers, strings, lanes)`, flat.
        coordinates: the same in coordinates of known states.
        effective: effective states in them.
        work: room for the change between strings and coordinates.
        d_suffix: cotangents of the suffix, `(n_registers, head)`, flat.
        sums: for the gradient.
        first: state after the prefix, all lanes alike.
        chunks: those whose matrices, and states if they are hot, are kept from the values to the gradient.
    """

    step: tuple[Floats, ...]
    suffix: Floats
    apart: int
    observables: Floats
    coordinates: Floats
    effective: Floats
    work: Floats
    d_suffix: Floats
    sums: Sums
    first: Floats = field(default_factory=lambda: np.empty(0))
    chunks: dict[int, Chunk] = field(default_factory=dict)

    @property
    def values(self) -> Floats:
        """What the sweeps read, see `sweep`: the part that all samples share."""
        return self.step[-1]
