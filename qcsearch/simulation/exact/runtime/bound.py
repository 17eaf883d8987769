"""What one step works with: a circuit with its weights bound, chunks of the batch, sums over samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from qcsearch.simulation.exact.kernels.jit import Floats, Ints
from qcsearch.simulation.exact.kernels.records import (
    Change,
    Matrices,
    Observed,
    Plain,
    SharedCotangents,
    Slots,
    Step,
    SuffixBuffers,
)
from qcsearch.simulation.exact.planning.plan import Plan
from qcsearch.simulation.exact.runtime.workspace import aligned

__all__ = ["Bound", "Chunk", "Sums", "bound_bytes", "new_bound"]

_LINE = 16
"""Numbers between which the parts of `Sums` begin: a cache line or two, so that no two of them share one."""


class Sums:
    """Sums over samples, all but the scales in one array, so that sums of chunks are added in one pass.

    Args:
        values: numbers of the cotangents of the shared values.
        factors: numbers of those of the factors.
        effective: numbers of the effective states; 0 if not wanted.
        first: numbers of the cotangent of the state before the middle; 0 if not wanted.
        scales: how many scales, float64.
        ahead: offsets of the strings that the state before the middle holds.
        dtype: of all else.

    Attributes:
        parts: views of the sums.
    """

    def __init__(
        self,
        *,
        values: int,
        factors: int,
        effective: int,
        first: int,
        scales: int,
        ahead: Ints,
        dtype: np.dtype[Any],
    ) -> None:
        lengths = [values, factors, effective, first]
        lines = [-(-length // _LINE) * _LINE for length in lengths]
        self._all = aligned(sum(lines), dtype)
        starts = [sum(lines[:k]) for k in range(4)]
        views = [self._all[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        self.parts = SharedCotangents(
            values=views[0],
            factors=views[1],
            effective=views[2],
            first=views[3],
            scales=np.empty(scales),
            ahead=ahead,
        )

    @cached_property
    def plain(self) -> Plain:
        """`parts` for kernels."""
        return tuple(self.parts)

    def clear(self) -> Sums:
        """Set all to zero."""
        self._all.fill(0)
        self.parts.scales.fill(0)
        return self

    def add(self, other: Sums) -> None:
        """Add another's."""
        self._all += other._all
        self.parts.scales[:] += other.parts.scales


@dataclass
class Chunk:
    """Workspace of one chunk of samples.

    Attributes:
        slots: of one block of samples after the other, or of all blocks.
        matrices: of the samples, and their cotangents.
        sums: what remains of the chunk.
        end: slot of the last state, when the states are kept for the gradient.
    """

    slots: Slots
    matrices: Matrices
    sums: Sums
    end: int = 0

    @property
    def hot(self) -> bool:
        """Whether each block has slots of its own, in which its states stay from the values to the gradient."""
        return self.slots.apart > 0

    @cached_property
    def plain_slots(self) -> Plain:
        """`slots` for kernels."""
        return tuple(self.slots)

    @cached_property
    def plain_matrices(self) -> Plain:
        """`matrices` for kernels."""
        return tuple(self.matrices)


@dataclass
class Bound:
    """A part with its weights bound: what one step computes once for all samples.

    Attributes:
        step: shared angles and matrices.
        suffix: observables and effective states on their way through the suffix.
        change: of observables from strings to coordinates.
        observed: what is read of the states behind the middle section.
        sums: for the gradient.
        first: state after the prefix, all lanes alike.
        chunks: by their first sample those whose matrices, and states if they are hot, are kept from the values to
            the gradient.
    """

    step: Step
    suffix: SuffixBuffers
    change: Change
    observed: Observed
    sums: Sums
    first: Floats = field(default_factory=lambda: np.empty(0))
    chunks: dict[int, Chunk] = field(default_factory=dict)

    @cached_property
    def plain_step(self) -> Plain:
        """`step` for kernels."""
        return tuple(self.step)

    @cached_property
    def plain_suffix(self) -> Plain:
        """`suffix` for kernels."""
        return tuple(self.suffix)

    @cached_property
    def plain_change(self) -> Plain:
        """`change` for kernels."""
        return tuple(self.change)

    @cached_property
    def plain_observed(self) -> Plain:
        """`observed` for kernels."""
        return tuple(self.observed)


def new_bound(plan: Plan, n_observables: int, sums: Sums) -> Bound:
    """Room for a step of a light cone with so many observables."""
    dtype, registers, all_fit = plan.layout.dtype, plan.n_registers, _all_fit(plan)
    in_coordinates = registers * plan.coordinates.size if plan.fixed_states else 0
    suffix = SuffixBuffers(
        states=plan.suffix.states(registers if all_fit else 1),
        apart=plan.suffix.apart if all_fit else 0,
        measured=plan.observed,
        observables=aligned(plan.observed.size, dtype) if len(plan.suffix) else plan.observed,
        coordinates=aligned(in_coordinates, dtype),
        effective=sums.parts.effective,
        effective_coordinates=aligned(in_coordinates, dtype),
        cotangents=aligned(registers * plan.head, dtype),
        head=plan.head,
    )
    observed = Observed(suffix.observables, plan.support, n_observables, registers * plan.layout.lanes)
    return Bound(plan.new_step(), suffix, plan.coordinates.new_change(), observed, sums)


def bound_bytes(plan: Plan) -> int:
    """Memory of a `Bound`."""
    vectors = 4 * plan.n_registers * plan.layout.size * plan.layout.dtype.itemsize
    return vectors + plan.suffix.n_bytes * (plan.n_registers if _all_fit(plan) else 1)


def _all_fit(plan: Plan) -> bool:
    """Whether the suffix states of all registers of observables may be kept at once."""
    return plan.suffix.n_bytes * plan.n_registers <= plan.share.outer
