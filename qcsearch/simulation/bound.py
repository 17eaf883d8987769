"""What one step works with: a circuit with its weights bound, pieces of the batch, sums over samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qcsearch.simulation.kernels import Floats
from qcsearch.simulation.matrices import Step

__all__ = ["Bound", "Chunk", "Sums"]


@dataclass
class Sums:
    """Sums over samples: cotangents of shared values, factors, scales, and at both ends of the middle."""

    values: Floats
    factors: Floats
    scales: Floats
    effective: Floats
    first: Floats

    def arrays(self) -> tuple[Floats, ...]:
        """All of them."""
        return self.values, self.factors, self.scales, self.effective, self.first

    def clear(self) -> Sums:
        """Set all to zero."""
        for array in self.arrays():
            array.fill(0)
        return self

    def add(self, other: Sums) -> None:
        """Add another's."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            mine += theirs


@dataclass
class Chunk:
    """Workspace of one chunk of samples.

    Attributes:
        states: of one block after the other, or of all blocks.
        hot: whether each block has slots of its own.
        values: matrices, see `sweep`.
        d_values: their cotangents.
        sums: what remains of the chunk; its values are the shared part of `d_values`.
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
        step: shared angles and matrices.
        suffix: states of the suffix, for each register of observables; one where all would be too large.
        observables: before the suffix, `(n_registers, 4**n, lanes)`, flat.
        sums: for the gradient.
        first: state after the prefix, all lanes alike.
        chunks: those whose matrices, and states if they are hot, are kept from the values to the gradient.
    """

    step: Step
    suffix: list[Floats]
    observables: Floats
    sums: Sums
    first: Floats = field(default_factory=lambda: np.empty(0))
    chunks: dict[int, Chunk] = field(default_factory=dict)
