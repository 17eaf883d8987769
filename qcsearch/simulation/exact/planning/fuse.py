"""Fusion of elements into tapes: one matrix a qubit between two-qubit gates, and the tables behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from qcsearch.simulation import ptm
from qcsearch.simulation.exact.kernels.tape import (
    PERMUTATION,
    SAMPLE_RUN,
)
from qcsearch.simulation.exact.planning.operations import Operation
from qcsearch.simulation.exact.planning.pairs import RUN_COST, cost
from qcsearch.simulation.exact.planning.recipes import RecipeBuilder
from qcsearch.simulation.exact.planning.supports import Pattern, element_pattern, matrix_pattern
from qcsearch.simulation.lower import Element, FixedChannel, PauliRotation
from qcsearch.simulation.ptm import Matrix

__all__ = ["Fuser"]


@dataclass
class _Run:
    """Elements on one qubit that wait for the next two-qubit gate."""

    elements: list[FixedChannel | PauliRotation] = field(default_factory=list)

    def add(self, element: Element) -> None:
        last = self.elements[-1] if self.elements else None
        if isinstance(element, FixedChannel) and isinstance(last, FixedChannel):
            self.elements[-1] = FixedChannel(element.qubits, element.matrix @ last.matrix)
        else:
            self.elements.append(element)

    @property
    def constant(self) -> bool:
        """Whether it depends on nothing (an empty one does not)."""
        return not any(isinstance(element, PauliRotation) for element in self.elements)


class _Block:
    """Constant operations on one pair of qubits, one after the other, that may become a single matrix.

    Attributes:
        on: the two qubits.
        items: matrices of both qubits, and of one qubit with its place.
    """

    def __init__(self, on: tuple[int, ...]) -> None:
        self.on = on
        self.items: list[tuple[Matrix, int | None]] = []

    def add(self, matrix: Matrix, place: int | None = None) -> None:
        """Append an operation, of one qubit if its place is given."""
        self.items.append((matrix, place))

    def cheapest(self) -> list[tuple[Matrix, int | None]]:
        """The operations, or their product if that is less work."""
        if len(self.items) == 1:
            return self.items
        merged = _product(tuple((matrix.tobytes(), place) for matrix, place in self.items))
        apart = sum(RUN_COST if place is not None else cost(matrix) for matrix, place in self.items)
        return [(merged, None)] if cost(merged) <= apart else self.items


@lru_cache(maxsize=1024)
def _product(items: tuple[tuple[bytes, int | None], ...]) -> Matrix:
    """Of matrices on both qubits and, where a place is given, on one of them."""
    merged: Matrix = np.eye(16)
    for content, place in items:
        matrix = np.frombuffer(content)
        if place is None:
            merged = matrix.reshape(16, 16) @ merged
        else:
            one, eye = matrix.reshape(4, 4), np.eye(4)
            merged = (np.kron(one, eye) if place else np.kron(eye, one)) @ merged
    return merged


class _Open:
    """A section in the making.

    Attributes:
        waiting: for each qubit the elements since its last two-qubit operation.
        blocks: for each qubit the block that its last two-qubit operation is in, if that is open.
        ops: the operations so far.
    """

    def __init__(self, n: int) -> None:
        self.waiting = [_Run() for _ in range(n)]
        self.blocks: list[_Block | None] = [None] * n
        self.ops: list[Operation] = []


class Fuser:
    """Fuses the sections of one light cone, one after the other.

    Args:
        qubits: the circuit's qubits of the cone; they become 0 … n-1.
        recipe: where the one-qubit matrices and the angles are noted down.
    """

    def __init__(self, qubits: Sequence[int], recipe: RecipeBuilder) -> None:
        self._n = len(qubits)
        self._local = {qubit: index for index, qubit in enumerate(qubits)}
        self._recipe = recipe

    def fuse(self, elements: list[Element]) -> list[Operation]:
        """Operations of one section, in the order of time."""
        state = _Open(self._n)
        for element in elements:
            on = tuple([self._local[qubit] for qubit in element.qubits])
            if len(on) == 1:
                state.waiting[on[0]].add(element)
            elif isinstance(element, PauliRotation):
                self._flush(state, on)
                state.ops.append(self._rotation(element, on))
            else:
                self._append(state, element.matrix, on)
        self._flush(state, range(self._n))
        return state.ops

    def _append(self, state: _Open, matrix: Matrix, on: tuple[int, ...]) -> None:
        """Put a constant two-qubit matrix into a block, with the constants that wait before it."""
        constant = [state.waiting[qubit].constant for qubit in on]
        block = state.blocks[on[0]]
        if block is None or block is not state.blocks[on[1]] or not all(constant):
            for qubit, keep in zip(on, constant, strict=True):
                self._close(state, qubit)
                if not keep:
                    self._flush(state, (qubit,))
            block = _Block((min(on), max(on)))
        for place, qubit in enumerate(block.on):
            for element in state.waiting[qubit].elements:
                if isinstance(element, FixedChannel):
                    block.add(element.matrix, place)
            state.waiting[qubit] = _Run()
            state.blocks[qubit] = block
        block.add(matrix if on == block.on else ptm.swapped(matrix))

    def _close(self, state: _Open, qubit: int) -> None:
        """Make the open block of a qubit into operations."""
        block = state.blocks[qubit]
        if block is None:
            return
        for matrix, place in block.cheapest():
            if place is None:
                state.ops.append(Operation(PERMUTATION, block.on, 0, matrix_pattern(matrix), matrix=matrix))
            else:
                on = block.on[place]
                state.ops.append(self._run([FixedChannel((on,), matrix)], on))
        for on in block.on:
            state.blocks[on] = None

    def _flush(self, state: _Open, qubits: Iterable[int]) -> None:
        """Close the blocks and the runs on these qubits."""
        for qubit in qubits:
            self._close(state, qubit)
            if state.waiting[qubit].elements:
                state.ops.append(self._run(state.waiting[qubit].elements, qubit))
                state.waiting[qubit] = _Run()

    def _run(self, run: Sequence[Element], qubit: int) -> Operation:
        """One matrix for the elements that wait on a qubit."""
        trained = any(isinstance(one, PauliRotation) and one.angle.has_weight for one in run)
        kind, number = self._recipe.add_run(run)
        return Operation(kind, (qubit,), number, _run_pattern(run), trained, data=kind == SAMPLE_RUN)

    def _rotation(self, element: PauliRotation, on: tuple[int, ...]) -> Operation:
        """A rotation about a two-qubit Pauli string, whose angle changes: no block can take it up."""
        if on[0] > on[1]:
            element, on = PauliRotation(element.qubits[::-1], element.axes[::-1], element.angle), on[::-1]
        angle = element.angle
        kind, number = self._recipe.add_rotation(angle)
        pattern = element_pattern(element)
        return Operation(
            kind, on, number, pattern, angle.has_weight, data=angle.has_feature, axes=element.axes
        )


def _run_pattern(run: Sequence[Element]) -> Pattern:
    pattern = element_pattern(run[0])
    for element in run[1:]:
        pattern = element_pattern(element).after(pattern)
    return pattern
