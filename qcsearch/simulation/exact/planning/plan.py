"""What of a light cone is the same in every step: its sections, their tables, its observables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from qcsearch.circuits.start_states import GROUND
from qcsearch.simulation.exact.kernels.jit import Floats, Ints
from qcsearch.simulation.exact.kernels.records import Plain, Recipe, Step
from qcsearch.simulation.exact.kernels.simd import VECTOR_BYTES
from qcsearch.simulation.exact.planning.cones import Cone, Sections, split
from qcsearch.simulation.exact.planning.coordinates import Coordinates, entangled, factored, given
from qcsearch.simulation.exact.planning.fuse import Fuser
from qcsearch.simulation.exact.planning.layout import Layout, Masks
from qcsearch.simulation.exact.planning.memory import Memory, Share
from qcsearch.simulation.exact.planning.operations import Operation, bounded, widths
from qcsearch.simulation.exact.planning.recipes import RecipeBuilder
from qcsearch.simulation.exact.planning.section import Section
from qcsearch.simulation.exact.planning.supports import ALL, DIAGONAL, ONE, widened
from qcsearch.simulation.exact.planning.tables import Tables
from qcsearch.simulation.exact.runtime.workspace import aligned
from qcsearch.simulation.observables import Observable
from qcsearch.simulation.ptm import Matrix

__all__ = ["FROM_GROUND", "Plan", "Start", "make_plan"]


@dataclass(frozen=True)
class Start:
    """What a circuit starts from.

    Attributes:
        kind: `GROUND`, `PURE` or `MIXED`, see `circuits.start_states`.
        n_qubits: of the circuit.
    """

    kind: str = GROUND
    n_qubits: int = 0


FROM_GROUND = Start()


@dataclass(frozen=True)
class Plan:
    """A light cone, ready to run.

    Attributes:
        layout: where each Pauli string lies in a state; the same in all sections.
        tables: structure of matrices and groups of strings, integers, see `tape`.
        statics: values of the constant two-qubit matrices, all lanes alike; the first numbers of `values`, see `tape`.
        builder: what the recipe was made from; it makes room for a step.
        recipe: how one-qubit matrices are made from weights and features.
        head: how many numbers of `values` all samples share.
        stride: how many numbers of `values` each block of samples has for itself.
        prefix: the section before the data, run once a step, or once if no weight is inside.
        middle: the section with the data, run for every sample.
        suffix: the section behind the data, run on the observables, backwards.
        data: `(n_operations,)` of the middle, 1 for each that holds a feature.
        ground: offsets of the strings of I and Z that |0…0⟩ holds.
        ahead: offsets of the strings that the state before the middle holds.
        support: offsets of the strings that states before the suffix and observables share.
        n_registers: how many SIMD registers the observables fill, each observable a lane.
        observed: the observables as they are measured, registers `(n_registers, n_strings)`, flat.
        fixed_states: whether the states before the suffix depend on no weight, so that they can be kept.
        coordinates: the numbers in which such states are kept.
        share: bytes of memory for the states of each section.
    """

    layout: Layout
    tables: Ints
    statics: Matrix
    builder: RecipeBuilder
    recipe: Recipe
    head: int
    stride: int
    prefix: Section
    middle: Section
    suffix: Section
    data: Ints
    ground: Ints
    ahead: Ints
    support: Ints
    n_registers: int
    observed: Floats
    fixed_states: bool
    coordinates: Coordinates
    share: Share

    @cached_property
    def plain_recipe(self) -> Plain:
        """`recipe` for kernels."""
        return tuple(self.recipe)

    def new_step(self) -> Step:
        """Room for the shared numbers of a step."""
        return self.builder.new_step(self.statics, self.layout.dtype, self.layout.lanes)


def make_plan(
    cone: Cone,
    observables: Sequence[Observable],
    dtype: np.dtype[Any],
    memory: Memory,
    start: Start = FROM_GROUND,
) -> Plan:
    """Fuse a cone's sections and lay out their states.

    Args:
        cone: its qubits and elements, and the numbers of its observables.
        observables: all those of the program.
        dtype: of the states.
        memory: what the program may use.
        start: what the circuit starts from; where that is a state of each sample's own, all of it is suffix.

    Raises:
        CircuitError: if the states do not fit into the memory.
    """
    grounded = start.kind == GROUND
    lanes = VECTOR_BYTES // dtype.itemsize
    n_registers = -(-len(cone.observables) // lanes)
    builder = RecipeBuilder()
    sections = split(cone.elements) if grounded else Sections([], [], cone.elements)
    fuser = Fuser(cone.qubits, builder)
    fused = [fuser.fuse(part) for part in (sections.prefix, sections.middle, sections.suffix)]
    operations, masks = bounded(
        [one for part in fused for one in part],
        _observed_masks(cone, observables),
        DIAGONAL if grounded else ALL,
    )
    cuts = [0, len(fused[0]), len(fused[0]) + len(fused[1]), len(operations)]
    layout = Layout(widths(masks), lanes, dtype)
    fixed_states = not any(one is not None and one.trained for one in operations[: cuts[2]])
    # without a two-qubit operation before the suffix the states are products of one-qubit states
    product = fixed_states and not any(len(one.on) > 1 for part in fused[:2] for one in part)
    name = observables[cone.observables[0]].name
    longest = max(map(len, fused))
    share = memory.share(layout, n_registers, longest, middle=not product, qubits=cone.qubits, name=name)
    tables = Tables(layout)
    rows = [_rows(operations[lo:hi], tables) for lo, hi in pairwise(cuts)]
    rows[2] = [[*row[:5], 1, row[6]] for row in reversed(rows[2])]  # FLIP: observables go backwards
    statics = tables.statics
    tapes = [builder.tape(part, len(statics), lanes) for part in rows]
    limits = (share.outer, share.middle, share.outer)
    prefix, middle, suffix = (
        Section(tape, layout, tables.tables, limit) for tape, limit in zip(tapes, limits, strict=True)
    )
    support = layout.support(masks[cuts[2]])
    coordinates = entangled(layout, support)
    if not grounded:
        coordinates = given(layout, masks[cuts[2]], start.kind, cone.qubits, start.n_qubits)
    elif product:
        elements = [*sections.prefix, *sections.middle]
        by_qubit = [[one for one in elements if one.qubits == (qubit,)] for qubit in cone.qubits]
        coordinates = factored(layout, masks[cuts[2]], by_qubit)
    return Plan(
        layout=layout,
        tables=tables.tables,
        statics=statics,
        builder=builder,
        recipe=builder.recipe(len(statics), lanes),
        head=builder.head(len(statics), lanes),
        stride=builder.stride(lanes),
        prefix=prefix,
        middle=middle,
        suffix=suffix,
        data=np.array([one.data for one in operations[cuts[1] : cuts[2]] if one is not None], dtype=np.int64),
        ground=layout.support(masks[0]),
        ahead=layout.support(masks[cuts[1]]),
        support=support,
        n_registers=n_registers,
        observed=_observable_vectors(cone, observables, n_registers, layout, masks[-1]),
        fixed_states=fixed_states,
        coordinates=coordinates,
        share=share,
    )


def _rows(operations: Sequence[Operation | None], tables: Tables) -> list[list[int]]:
    return [[*tables.row(one), 0, int(one.trained)] for one in operations if one is not None]


def _observed_masks(cone: Cone, observables: Sequence[Observable]) -> Masks:
    """For each qubit of the cone what its observables hold."""
    digits = dict.fromkeys(cone.qubits, ONE)
    for number in cone.observables:
        for factors in observables[number].terms:
            for qubit, digit in factors:
                digits[qubit] |= 1 << digit
    return tuple([widened(digits[qubit]) for qubit in cone.qubits])


def _observable_vectors(
    cone: Cone, observables: Sequence[Observable], n_registers: int, layout: Layout, masks: Masks
) -> Floats:
    """`(n_registers, strings, lanes)`, flat: each observable in a lane; terms outside the masks are always zero."""
    local = {qubit: index for index, qubit in enumerate(cone.qubits)}
    flat = aligned(n_registers * layout.size, layout.dtype)
    flat.fill(0)
    for position, number in enumerate(cone.observables):
        register, lane = divmod(position, layout.lanes)
        for factors, coefficient in observables[number].terms.items():
            if all(masks[local[qubit]] >> digit & 1 for qubit, digit in factors):
                place = sum(layout.digit(local[qubit], digit) for qubit, digit in factors)
                flat[register * layout.size + place + lane] += coefficient
    return flat
