"""The values that kernels take whole, field by field.

They travel as plain tuples, and a kernel names them in its first line, `recipe = Recipe(*recipe)`: Numba needs twice as
long to tell the type of a named tuple as of a plain one, half a microsecond a record, which is several per cent of a
small step.

Offsets and sizes are in numbers, not in bytes; flat arrays of *registers* hold the lanes of a SIMD vector innermost.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from qcsearch.simulation.exact.kernels.jit import Floats, Ints

__all__ = [
    "Change",
    "Matrices",
    "Observed",
    "Plain",
    "Recipe",
    "Samples",
    "SharedCotangents",
    "Slots",
    "Step",
    "SuffixBuffers",
    "Tape",
]

Plain: TypeAlias = Any
"""One of the records below as a plain tuple."""


class Recipe(NamedTuple):
    """How the matrices of a circuit are made from weights and features; the same in every step.

    Attributes:
        segment_start: `(n_segments + 1,)`, where the elements of each segment begin.
        element_axis: `(n_elements,)`, 0 for a constant matrix, 1 2 3 for a rotation about X Y Z.
        element_index: `(n_elements,)`, which constant, or which shared angle.
        constants: `(n_constants, 4, 4)`, matrices of one qubit.
        factors: `(n_factors, 4)`, left segment, right segment, axis, sample angle.
        sample_run_start: `(n_sample_runs + 1,)`, where the factors of each run begin.
        placed: `(n_placed, 3)`, 0 and a segment, or 1 and an angle, and the offset in `values` where it goes.
        angle_constants: `(n_angles,)`, radians.
        terms: `(n_terms, 2)`, shared angle, weight.
        term_coefficients: `(n_terms,)`, radians a unit of the weight.
        sample_angle_constants: `(n_sample_angles,)`, radians.
        sample_terms: `(n_sample_terms, 3)`, sample angle, weight or -1, feature or -1; in the order of the angles.
        sample_term_coefficients: `(n_sample_terms,)`, radians a unit of weight times feature.
    """

    segment_start: Ints
    element_axis: Ints
    element_index: Ints
    constants: Floats
    factors: Ints
    sample_run_start: Ints
    placed: Ints
    angle_constants: Floats
    terms: Ints
    term_coefficients: Floats
    sample_angle_constants: Floats
    sample_terms: Ints
    sample_term_coefficients: Floats


class Step(NamedTuple):
    """The numbers of one step that all samples share, float64 but for the registers.

    Attributes:
        partial: `(n_elements, 4, 4)`, the product of a segment up to and with each element.
        segments: `(n_segments, 4, 4)`, the whole products.
        cosines: `(n_angles,)`, of the shared angles.
        sines: `(n_angles,)`, likewise.
        scales: `(n_sample_terms,)`, coefficient times weight, radians a unit of the feature.
        factors: flat registers `(n_factors, 36)`, rows 1–3 of A, B, C, all lanes alike.
        values: flat registers, the part of what the passes read that all samples share, see `tape`.
    """

    partial: Floats
    segments: Floats
    cosines: Floats
    sines: Floats
    scales: Floats
    factors: Floats
    values: Floats


class Samples(NamedTuple):
    """Samples of one chunk, and where their matrices go.

    Attributes:
        features: flat registers `(n_blocks, n_features)`, a sample a lane.
        n_features: of a sample.
        head: numbers of `values` that all samples share; the first block's own begin behind them.
        stride: numbers of `values` that are each block's own.
    """

    features: Floats
    n_features: int
    head: int
    stride: int


class Tape(NamedTuple):
    """The operations of one section, and what a pass over a state needs besides.

    Attributes:
        operations: `(n_operations, COLUMNS)`, flat, see `tape`.
        tables: what the operations point into: structure of matrices, groups of strings.
        size: numbers of a state.
        interval: operations from one checkpoint to the next; all of them where every state may be kept.
        first_checkpoint: slot of the first checkpoint.
    """

    operations: Ints
    tables: Ints
    size: int
    interval: int
    first_checkpoint: int


class Slots(NamedTuple):
    """Room for the states of passes.

    Attributes:
        states: registers, flat; the slots of one pass after those of another.
        apart: numbers from the slots of one block of samples to those of the next; 0 where all take turns in one set.
    """

    states: Floats
    apart: int


class Matrices(NamedTuple):
    """What the passes over a chunk's samples read, and the cotangents that they collect.

    Attributes:
        values: registers, flat: the shared part, then each block's own, see `tape`.
        cotangents: the same places; added to.
        stride: numbers of a block's own part.
    """

    values: Floats
    cotangents: Floats
    stride: int


class Observed(NamedTuple):
    """What is read of the states behind the middle section.

    Attributes:
        vectors: registers `(n_registers, n_strings)`, flat: observables before the suffix, one a lane.
        support: offsets of the strings that states and observables share.
        n_observables: how many there are.
        row: `n_observables`, filled up to whole registers: numbers of a row of values or cotangents.
    """

    vectors: Floats
    support: Ints
    n_observables: int
    row: int


class SharedCotangents(NamedTuple):
    """Cotangents of what samples share, summed over samples; an empty array is not wanted.

    Attributes:
        values: of the shared part of `values`.
        factors: of the factors, as in `Step`.
        effective: effective states, `(n_registers, n_strings)` registers: cotangents of the observables.
        first: of the state before the middle section.
        scales: `(n_sample_terms,)`, of the scales.
        ahead: offsets of the strings that the state before the middle section holds.
    """

    values: Floats
    factors: Floats
    effective: Floats
    first: Floats
    scales: Floats
    ahead: Ints


class Change(NamedTuple):
    """How observables change from strings to coordinates, qubit by qubit.

    Attributes:
        size: numbers of one register of observables as strings.
        support: offsets of the strings that states and observables share.
        plan: for each qubit that changes five integers: groups of the higher qubits, digits before, digits after,
            registers of the lower qubits, offset of its map `(digits before, digits after)` in `maps`.
        maps: the maps, flat.
        work: room for two arrays of one register of observables.
    """

    size: int
    support: Ints
    plan: Ints
    maps: Floats
    work: Floats


class SuffixBuffers(NamedTuple):
    """Observables and effective states on their way through the suffix; flat registers, an observable a lane.

    Attributes:
        states: slots of the passes.
        apart: numbers from the slots of one register of observables to those of the next; 0 where all share one set.
        measured: `(n_registers, n_strings)`, observables as they are measured, behind the suffix.
        observables: likewise, before the suffix; written.
        coordinates: the same in coordinates; written; empty where the states are not known.
        effective: `(n_registers, n_strings)`, effective states before the suffix.
        effective_coordinates: the same in coordinates; read instead where the states are known.
        cotangents: `(n_registers, head)`, of the shared values; written.
        head: numbers of the shared values.
    """

    states: Floats
    apart: int
    measured: Floats
    observables: Floats
    coordinates: Floats
    effective: Floats
    effective_coordinates: Floats
    cotangents: Floats
    head: int
