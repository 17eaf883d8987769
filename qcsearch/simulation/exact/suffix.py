"""The compiled beginning and end of a step: matrices from weights, observables through the suffix, and back."""

from __future__ import annotations

from typing import Any

from qcsearch.simulation.exact.contraction import to_coordinates, to_strings
from qcsearch.simulation.exact.cotangents import collect
from qcsearch.simulation.exact.kernels import INNER, KERNEL, ONE, ZERO, Floats, Ints
from qcsearch.simulation.exact.matrices import bind
from qcsearch.simulation.exact.sweep import MOVING, backward_marked, copy, forward_marked, room

__all__ = ["add_up", "finish_step", "start_step"]


@INNER
def _propagate(
    tape: Ints, every: int, marks: int, size: int, tables: Ints, values: Floats, states: Floats, apart: int,
    observed: Floats, first: int, last: int, observables: Floats,
) -> None:  # fmt: skip
    """Registers `first … last-1` of the observables through the suffix; what the way back needs stays in `states`.

    Each register has slots of its own, `apart` numbers apart; 0 where all share one set.
    """
    for register in range(first, last):
        base = register * apart
        copy(observed, register * size, states, base, size)
        slot = forward_marked(tape, every, marks, states, base, ONE, size, tables, values, ZERO)
        copy(states, base + slot * room(states, size), observables, register * size, size)


@INNER
def _pull_back(
    tape: Ints, every: int, marks: int, size: int, tables: Ints, values: Floats, states: Floats, apart: int,
    observed: Floats, first: int, last: int, effective: Floats, head: int, d_values: Floats,
) -> None:  # fmt: skip
    """Effective states of registers `first … last-1` to the cotangents of the suffix, `head` numbers a register."""
    for register in range(first, last):
        base = register * apart
        if apart == 0:
            copy(observed, register * size, states, base, size)
            forward_marked(tape, every, marks, states, base, ONE, size, tables, values, ZERO)
        copy(effective, register * size, states, base + MOVING * room(states, size), size)
        found = d_values[register * head : (register + 1) * head]
        found[:] = 0
        backward_marked(tape, every, marks, states, base, size, tables, values, found, ZERO)


@KERNEL
def start_step(
    recipe: Any, weights: Floats, step: Any, tape: Ints, every: int, marks: int, size: int, tables: Ints,
    states: Floats, apart: int, observed: Floats, first: int, last: int, observables: Floats, support: Ints, plan: Ints,
    maps: Floats, coordinates: Floats, work: Floats,
) -> None:  # fmt: skip
    """One call for small circuits: weights to matrices, observables through the suffix and into coordinates.

    Without weights the matrices are there; registers `first … last-1` are moved; without coordinates they stay strings.
    """
    if weights.size:
        bind(recipe, weights, step)
    _propagate(tape, every, marks, size, tables, step[6], states, apart, observed, first, last, observables)
    if coordinates.size:
        to_coordinates(observables, size, support, plan, maps, coordinates, work)


@KERNEL
def finish_step(
    recipe: Any, step: Any, tape: Ints, every: int, marks: int, size: int, tables: Ints, states: Floats,
    apart: int, observed: Floats, first: int, last: int, effective: Floats, support: Ints, plan: Ints, maps: Floats,
    coordinates: Floats, work: Floats, head: int, d_suffix: Floats, d_values: Floats, factors: Floats, scales: Floats,
    out: Floats,
) -> None:  # fmt: skip
    """One call for small circuits: effective states from coordinates, through the suffix, and to the gradient `out`.

    Without coordinates the effective states are there; without `out` what the registers give stays in `d_suffix`.
    """
    if coordinates.size:
        to_strings(coordinates, size, support, plan, maps, effective, work)
    _pull_back(
        tape,
        every,
        marks,
        size,
        tables,
        step[6],
        states,
        apart,
        observed,
        first,
        last,
        effective,
        head,
        d_suffix,
    )
    if out.size:
        add_up(d_suffix, head, d_values)
        collect(recipe, step, d_values, factors, scales, out)


@KERNEL
def add_up(d_suffix: Floats, head: int, d_values: Floats) -> None:
    """Add the cotangents of all registers, in their order."""
    for start in range(0, d_suffix.size, head):
        for k in range(head):
            d_values[k] += d_suffix[start + k]
