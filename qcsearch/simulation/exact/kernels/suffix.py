"""The compiled beginning and end of a step: matrices from weights, observables through the suffix, and back."""

from __future__ import annotations

from qcsearch.simulation.exact.kernels.checkpoints import backward_checkpointed, forward_checkpointed
from qcsearch.simulation.exact.kernels.contraction import to_coordinates, to_strings
from qcsearch.simulation.exact.kernels.cotangents import collect
from qcsearch.simulation.exact.kernels.jit import INNER, KERNEL, ONE, ZERO, Floats
from qcsearch.simulation.exact.kernels.matrices import bind
from qcsearch.simulation.exact.kernels.records import Plain, SharedCotangents, Step, SuffixBuffers, Tape
from qcsearch.simulation.exact.kernels.tape import COTANGENT, copy, room

__all__ = ["add_up", "finish_step", "start_step"]


@KERNEL
def start_step(
    recipe: Plain, weights: Floats, step: Plain, tape: Plain, change: Plain, buffers: Plain, first: int, last: int,
    whole: bool,
) -> None:  # fmt: skip
    """One call for small circuits: weights to matrices, observables through the suffix and into coordinates.

    Args:
        recipe: a `Recipe`.
        weights: `(n_weights,)`; empty where the matrices are there already.
        step: a `Step`, filled if there are weights.
        tape: the `Tape` of the suffix.
        change: a `Change`.
        buffers: `SuffixBuffers`.
        first: register of observables to begin with.
        last: register to end before.
        whole: whether these are all registers, which then go into coordinates where the states are known.
    """
    b = SuffixBuffers(*buffers)
    if weights.size:
        bind(recipe, weights, step)
    _propagate(tape, Step(*step).values, buffers, first, last)
    if whole and b.coordinates.size > 0:
        to_coordinates(change, b.observables, b.coordinates)


@INNER
def _propagate(tape: Plain, values: Floats, buffers: Plain, first: int, last: int) -> None:
    """Registers `first … last-1` of the observables through the suffix; what the way back needs stays in `states`."""
    b, size = SuffixBuffers(*buffers), Tape(*tape).size
    for register in range(first, last):
        base = register * b.apart
        copy(b.measured, register * size, b.states, base, size)
        slot = forward_checkpointed(tape, b.states, base, ONE, values, ZERO)
        copy(b.states, base + slot * room(b.states, size), b.observables, register * size, size)


@KERNEL
def finish_step(
    recipe: Plain, step: Plain, tape: Plain, change: Plain, buffers: Plain, first: int, last: int, known: bool,
    sums: Plain, out: Floats,
) -> None:  # fmt: skip
    """One call for small circuits: effective states from coordinates, through the suffix, and to the gradient `out`.

    Args:
        recipe: a `Recipe`.
        step: the `Step` that `start_step` filled.
        tape: the `Tape` of the suffix.
        change: a `Change`.
        buffers: the `SuffixBuffers` that `start_step` used.
        first: register of observables to begin with.
        last: register to end before.
        known: whether the effective states are in coordinates; else they are there as strings.
        sums: `SharedCotangents`; `values` is added to.
        out: the gradient `(n_weights,)`, added to. Where it is empty, what the registers give stays in the cotangents
            of `buffers`.
    """
    b, s = SuffixBuffers(*buffers), SharedCotangents(*sums)
    if known:
        to_strings(change, b.effective_coordinates, b.effective)
    _pull_back(tape, Step(*step).values, buffers, first, last)
    if out.size:
        add_up(b.cotangents, b.head, s.values)
        collect(recipe, step, sums, out)


@INNER
def _pull_back(tape: Plain, values: Floats, buffers: Plain, first: int, last: int) -> None:
    """Effective states of registers `first … last-1` to the cotangents of the suffix."""
    b, size = SuffixBuffers(*buffers), Tape(*tape).size
    for register in range(first, last):
        base = register * b.apart
        if b.apart == 0:
            copy(b.measured, register * size, b.states, base, size)
            forward_checkpointed(tape, b.states, base, ONE, values, ZERO)
        copy(b.effective, register * size, b.states, base + COTANGENT * room(b.states, size), size)
        found = b.cotangents[register * b.head : (register + 1) * b.head]
        found[:] = 0
        backward_checkpointed(tape, b.states, base, values, found, ZERO)


@KERNEL
def add_up(cotangents: Floats, head: int, out: Floats) -> None:
    """Add the cotangents of all registers `(n_registers, head)`, flat, in their order."""
    for start in range(0, cotangents.size, head):
        for k in range(head):
            out[k] += cotangents[start + k]
