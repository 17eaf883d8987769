"""Light cones: what an observable can see, and the split of a circuit into three sections."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from qcsearch.simulation.exact.planning import supports
from qcsearch.simulation.exact.planning.supports import ALL, ONE, element_pattern
from qcsearch.simulation.lower import Element, FixedChannel, PauliRotation
from qcsearch.simulation.observables import Observable

__all__ = ["Cone", "Sections", "find_cones", "halves", "split"]

_PART_COST = 512
"""What a part of a program costs by itself, its calls and matrices, in strings of a pass: small cones are united."""
_SEE_ALL = {(ALL,), (ALL, ALL)}
_SEE_NOTHING = {(ONE,), (ONE, ONE)}


@dataclass(frozen=True)
class Cone:
    """What a group of observables depends on.

    Attributes:
        qubits: the circuit's qubits in the cone, sorted.
        elements: the elements in the cone, in the order of time.
        observables: numbers of the observables, sorted.
    """

    qubits: tuple[int, ...]
    elements: list[Element]
    observables: tuple[int, ...]


@dataclass(frozen=True)
class Sections:
    """A circuit by what its parts depend on; no element is needed before those of an earlier section.

    Attributes:
        prefix: elements that no data come before, and that are the same in every step unless data come after them.
        middle: elements from the first data to the last.
        suffix: elements that no data come after.
    """

    prefix: list[Element]
    middle: list[Element]
    suffix: list[Element]


@dataclass
class _Group:
    """Observables that share one part.

    Attributes:
        some: qubits of which anything is seen at any time, as bits.
        wide: qubits of which X or Y is seen, as bits.
        numbers: which observables they are.
        seen: the elements that they see, from the last to the first.
    """

    some: int
    wide: int
    numbers: list[int]
    seen: list[Element]

    def cost(self, lanes: int, some: int = 0, wide: int = 0, more: int = 0) -> int:
        """Strings of a pass over it, or over its union with another."""
        registers = -(-(len(self.numbers) + more) // lanes)
        # two strings for a qubit of which I and Z are seen, four where X and Y are
        return registers << ((self.some | some).bit_count() + (self.wide | wide).bit_count())

    @property
    def n_strings(self) -> int:
        """Strings of a state."""
        return self.strings_with(self)

    def strings_with(self, other: _Group) -> int:
        """Strings of a state of the union."""
        return 1 << ((self.some | other.some).bit_count() + (self.wide | other.wide).bit_count())


class _Walk:
    """Walks observables backwards through the elements, along the qubits that they see."""

    def __init__(self, elements: list[Element]) -> None:
        self._steps = [(element, element.qubits, element_pattern(element)) for element in elements]
        self._on: dict[int, list[int]] = {}
        for number, element in enumerate(elements):
            for qubit in element.qubits:
                self._on.setdefault(qubit, []).append(number)

    def _last(self, qubit: int, number: int) -> int:
        """Minus the number of the last element on a qubit before another, for a heap; 1 if there is none."""
        on = self._on.get(qubit, [])
        place = bisect_left(on, number)
        return -on[place - 1] if place else 1

    def __call__(self, observables: list[Observable], numbers: list[int]) -> _Group:
        masks: dict[int, int] = {}
        for number in numbers:
            for factors in observables[number].terms:
                for qubit, digit in factors:
                    masks[qubit] = supports.widened(masks.get(qubit, ONE) | 1 << digit)
        some = wide = 0
        for qubit, mask in masks.items():
            some |= 1 << qubit
            wide |= (mask == ALL) << qubit
        seen: list[Element] = []
        ahead = [last for qubit in masks if (last := self._last(qubit, len(self._steps))) <= 0]
        heapify(ahead)
        visited = len(self._steps)
        while ahead:
            number = -heappop(ahead)
            if number == visited:  # once for each of its qubits
                continue
            visited = number
            element, qubits, pattern = self._steps[number]
            local = tuple([masks.get(qubit, ONE) for qubit in qubits])
            if local in _SEE_ALL:
                seen.append(element)
            elif local not in _SEE_NOTHING and supports.acts(pattern, local):
                before = supports.before(pattern.rows, local)
                seen.append(_on_one(element, local, before) if ONE in local else element)
                for qubit, mask in zip(qubits, before, strict=True):
                    masks[qubit] = mask
                    some |= (mask != ONE) << qubit
                    wide |= (mask == ALL) << qubit
            for qubit in qubits:
                if masks.get(qubit, ONE) != ONE and (last := self._last(qubit, number)) <= 0:
                    heappush(ahead, last)
        return _Group(some, wide, numbers, seen)


def _on_one(element: Element, after: tuple[int, ...], before: tuple[int, ...]) -> Element:
    """A constant two-qubit matrix as one of one qubit, where nothing is seen of the other before or after it."""
    for place, step in ((0, 4), (1, 1)):
        if isinstance(element, FixedChannel) and len(after) == 2 and after[place] == before[place] == ONE:
            digits = np.arange(4) * step
            return FixedChannel(
                (element.qubits[1 - place],), np.ascontiguousarray(element.matrix[np.ix_(digits, digits)])
            )
    return element


def find_cones(
    elements: list[Element], observables: list[Observable], lanes: int, max_strings: int
) -> list[Cone]:
    """Group the observables by light cone.

    Args:
        elements: of the circuit.
        observables: as read out.
        lanes: observables that are as cheap as one.
        max_strings: cones are not united beyond so many Pauli strings.
    """
    walk = _Walk(elements)
    groups = [walk(observables, [number]) for number in range(len(observables))]
    return [
        _cone(group) for group in _merge(groups, lanes, max_strings, lambda some: walk(observables, some))
    ]


def halves(cone: Cone, observables: list[Observable]) -> list[Cone]:
    """The cones of both halves of its observables."""
    walk, half = _Walk(cone.elements), len(cone.observables) // 2
    some, others = cone.observables[:half], cone.observables[half:]
    return [_cone(walk(observables, list(numbers))) for numbers in (some, others)]


def _cone(group: _Group) -> Cone:
    return Cone(tuple(_bits(group.some)) or (0,), group.seen[::-1], tuple(sorted(group.numbers)))


def _merge(
    groups: list[_Group], lanes: int, max_strings: int, walk: Callable[[list[int]], _Group]
) -> list[_Group]:
    """Unite cones where one pass over the union is cheaper than two passes."""
    merged: list[_Group] = []
    for group in sorted(groups, key=lambda group: (-group.n_strings, group.numbers)):
        best, least = -1, group.cost(lanes) + _PART_COST
        for position, other in enumerate(merged):
            if other.some & group.some and other.strings_with(group) <= max_strings:
                extra = other.cost(lanes, group.some, group.wide, 1) - other.cost(lanes)
                if extra <= least:
                    best, least = position, extra - 1
        if best < 0:
            merged.append(group)
        else:
            other = merged[best]
            merged[best] = _Group(
                other.some | group.some, other.wide | group.wide, other.numbers + group.numbers, []
            )
    return [group if len(group.numbers) == 1 else walk(sorted(group.numbers)) for group in merged]


def _bits(mask: int) -> list[int]:
    return [index for index in range(mask.bit_length()) if mask >> index & 1]


def split(elements: list[Element]) -> Sections:
    """Cut at the data, by dependence and not by position: the middle is as small as can be.

    What neither sees data nor is seen by any goes to the prefix as long as it is the same in every step, and to the
    suffix from the first weight on, so that the states before the suffix change with the weights only if they must.
    """
    masks = [_mask(element) for element in elements]
    data = [isinstance(element, PauliRotation) and element.angle.has_feature for element in elements]
    trained = [isinstance(element, PauliRotation) and element.angle.has_weight for element in elements]
    late = _touched(masks, data, range(len(elements)))
    early = _touched(masks, data, range(len(elements) - 1, -1, -1))
    moved = _touched(masks, trained, range(len(elements)))
    sections = Sections([], [], [])
    for number, element in enumerate(elements):
        if late[number]:
            (sections.middle if early[number] else sections.suffix).append(element)
        else:
            (sections.prefix if early[number] or not moved[number] else sections.suffix).append(element)
    return sections


def _mask(element: Element) -> int:
    mask = 0
    for qubit in element.qubits:
        mask |= 1 << qubit
    return mask


def _touched(masks: list[int], sources: list[bool], order: range) -> list[bool]:
    """Which elements are sources or are reached from one when walking in this order."""
    reached = 0
    result = [False] * len(masks)
    for index in order:
        if sources[index] or masks[index] & reached:
            reached |= masks[index]
            result[index] = True
    return result
