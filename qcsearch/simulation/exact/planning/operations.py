"""Fused operations of a circuit, and which strings each of them needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qcsearch.simulation.exact.planning import supports
from qcsearch.simulation.exact.planning.layout import Masks
from qcsearch.simulation.exact.planning.supports import ALL, DIAGONAL, ONE, Pattern
from qcsearch.simulation.ptm import Matrix

__all__ = ["Operation", "bounded", "widths"]


@dataclass(frozen=True)
class Operation:
    """One pass over the state.

    Attributes:
        kind: one of the kinds of `tape`; PERMUTATION stands for any constant matrix until `Tables` looks at it.
        on: the qubits that it acts on, rising; one for runs, else two.
        number: which run or angle it is among those of its kind; 0 for a constant matrix.
        pattern: where its matrix is not zero.
        trained: whether a weight is inside.
        data: whether a feature is inside.
        matrix: the PTM `(16, 16)` of a constant operation on two qubits, else None.
        axes: factors 1 2 3 for X Y Z of the Pauli string that a rotation on two qubits is about, else empty.
        before: for each qubit the digits that matter before it, see `supports`.
        after: for each qubit the digits that matter after it.
    """

    kind: int
    on: tuple[int, ...]
    number: int
    pattern: Pattern
    trained: bool = False
    data: bool = False
    matrix: Matrix | None = None
    axes: tuple[int, ...] = ()
    before: Masks = ()
    after: Masks = ()


def bounded(
    operations: Sequence[Operation], end: Masks, begin: int = DIAGONAL
) -> tuple[list[Operation | None], list[Masks]]:
    """Give each operation the masks of what is not zero before it and seen after it.

    Args:
        operations: in the order of time.
        end: of the observables.
        begin: mask of each qubit of the state before them: of |0…0⟩, or `ALL` of any.

    Returns:
        The operations, None for one that acts on nothing that is seen; and the masks at each of the cuts, one more.
    """
    seen = _seen(operations, end)
    given = _given(operations, len(end), begin)
    masks = [tuple([a & b for a, b in zip(x, y, strict=True)]) for x, y in zip(seen, given, strict=True)]
    result: list[Operation | None] = []
    for operation, early, late in zip(operations, masks[:-1], masks[1:], strict=True):
        idle = all(late[qubit] == ONE for qubit in operation.on)
        result.append(None if idle else replace(operation, before=early, after=late))
    return result, masks


def _seen(operations: Sequence[Operation], end: Masks) -> list[Masks]:
    """What the observables depend on, at each cut."""
    masks, result = list(end), [end]
    for operation in reversed(operations):
        local = tuple([masks[qubit] for qubit in operation.on])
        for qubit, mask in zip(operation.on, supports.before(operation.pattern.rows, local), strict=True):
            masks[qubit] = mask
        result.append(tuple(masks))
    return result[::-1]


def _given(operations: Sequence[Operation], n: int, begin: int) -> list[Masks]:
    """What can differ from zero, at each cut."""
    masks = [begin] * n
    result = [tuple(masks)]
    for operation in operations:
        local = tuple([masks[qubit] for qubit in operation.on])
        for qubit, mask in zip(operation.on, supports.after(operation.pattern.rows, local), strict=True):
            masks[qubit] = mask
        result.append(tuple(masks))
    return result


def widths(masks: Sequence[Masks]) -> tuple[int, ...]:
    """How wide each digit ever gets."""
    width = {ONE: 1, DIAGONAL: 2, ALL: 4}
    return tuple([max(width[mask] for mask in column) for column in zip(*masks, strict=True)])
