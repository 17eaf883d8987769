"""The compiled beginning and end of a step: matrices from weights, observables through the suffix, and back."""

from __future__ import annotations

from typing import Any

from qcsearch.simulation.exact.contraction import to_coordinates, to_strings
from qcsearch.simulation.exact.cotangents import collect
from qcsearch.simulation.exact.kernels import KERNEL, ONE, ZERO, Floats, Ints
from qcsearch.simulation.exact.matrices import bind
from qcsearch.simulation.exact.sweep import MOVING, backward_marked, copy, forward_marked, room

__all__ = ["finish_step", "propagate", "pull_back", "start_step"]


@KERNEL
def propagate(
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


@KERNEL
def pull_back(
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
    states: Floats, apart: int, observed: Floats, observables: Floats, support: Ints, plan: Ints, maps: Floats,
    coordinates: Floats, work: Floats,
) -> None:  # fmt: skip
    """`bind`, `propagate` of all registers, and `to_coordinates` where there are any: one call for small circuits."""
    bind(recipe, weights, step)
    registers = observed.size // size
    propagate(
        tape, every, marks, size, tables, step[6], states, apart, observed, ZERO, registers, observables
    )
    if coordinates.size:
        to_coordinates(observables, size, support, plan, maps, coordinates, work)


@KERNEL
def finish_step(
    recipe: Any, step: Any, tape: Ints, every: int, marks: int, size: int, tables: Ints, states: Floats,
    apart: int, observed: Floats, effective: Floats, support: Ints, plan: Ints, maps: Floats, coordinates: Floats,
    work: Floats, head: int, d_suffix: Floats, d_values: Floats, factors: Floats, scales: Floats, out: Floats,
) -> None:  # fmt: skip
    """`to_strings` where there are coordinates, `pull_back` of all registers, `collect`."""
    registers = observed.size // size
    if coordinates.size:
        to_strings(coordinates, size, support, plan, maps, effective, work)
    pull_back(
        tape,
        every,
        marks,
        size,
        tables,
        step[6],
        states,
        apart,
        observed,
        ZERO,
        registers,
        effective,
        head,
        d_suffix,
    )
    add_up(d_suffix, head, d_values)
    collect(recipe, step, d_values, factors, scales, out)


@KERNEL
def add_up(d_suffix: Floats, head: int, d_values: Floats) -> None:
    """Add the cotangents of all registers, in their order."""
    for start in range(0, d_suffix.size, head):
        for k in range(head):
            d_values[k] += d_suffix[start + k]
