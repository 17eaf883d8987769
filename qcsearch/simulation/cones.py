"""Light cones: what an observable can see, and the split of a circuit into three sections."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.errors import CircuitError
from qcsearch.simulation.lower import Element, Turn
from qcsearch.simulation.observables import Observable

__all__ = ["MAX_QUBITS", "Cone", "Sections", "find_cones", "split"]

MAX_QUBITS = 12
"""Qubits of the largest cone that is simulated densely."""


@dataclass(frozen=True)
class Cone:
    """What a group of observables depends on.

    Attributes:
        qubits: the circuit's qubits in the cone, sorted.
        elements: the elements in the cone, in order.
        observables: numbers of the observables.
    """

    qubits: tuple[int, ...]
    elements: list[Element]
    observables: tuple[int, ...]


@dataclass(frozen=True)
class Sections:
    """A circuit by what its parts depend on; no element is needed before those of an earlier section.

    Attributes:
        prefix: nothing before it depends on data.
        middle: from the first data to the last.
        suffix: no data after it.
    """

    prefix: list[Element]
    middle: list[Element]
    suffix: list[Element]


def find_cones(elements: list[Element], observables: list[Observable]) -> list[Cone]:
    """Group the observables by light cone.

    Raises:
        CircuitError: if a cone holds more than `MAX_QUBITS` qubits.
    """
    masks = [_mask(element) for element in elements]
    cones: list[tuple[int, int, list[int]]] = []
    for number, observable in enumerate(observables):
        qubits, seen = _grow(masks, observable.support)
        if qubits.bit_count() > MAX_QUBITS:
            raise _too_large(observable.name, qubits)
        cones.append((qubits, seen, [number]))
    return [
        Cone(
            tuple(_bits(qubits)) or (0,),
            [elements[index] for index in range(len(elements)) if seen >> index & 1],
            tuple(numbers),
        )
        for qubits, seen, numbers in _merge(cones)
    ]


def _mask(element: Element) -> int:
    mask = 0
    for qubit in element.qubits:
        mask |= 1 << qubit
    return mask


def _grow(masks: list[int], support: int) -> tuple[int, int]:
    """Qubits and elements (bit masks) in the past of `support`."""
    seen = 0
    for index in range(len(masks) - 1, -1, -1):
        if masks[index] & support:
            support |= masks[index]
            seen |= 1 << index
    return support, seen


def _merge(cones: list[tuple[int, int, list[int]]]) -> list[tuple[int, int, list[int]]]:
    """Unite cones when one pass over the union is no dearer than two passes: one holds the other's qubits."""
    merged: list[tuple[int, int, list[int]]] = []
    for cone in sorted(cones, key=lambda cone: (-cone[0].bit_count(), cone[2])):
        for position, (qubits, seen, numbers) in enumerate(merged):
            if cone[0] | qubits == qubits:
                merged[position] = (qubits, seen | cone[1], numbers + cone[2])
                break
        else:
            merged.append(cone)
    return merged


def _bits(mask: int) -> list[int]:
    return [index for index in range(mask.bit_length()) if mask >> index & 1]


def _too_large(name: str, qubits: int) -> CircuitError:
    count = qubits.bit_count()
    gigabytes = 4.0**count * 8 * 4 / 2**30
    return CircuitError(
        f"The light cone of {name} must hold at most {MAX_QUBITS} qubits. "
        f"Got {count} (qubits {_bits(qubits)}), which need {gigabytes:.3g} GiB for one block of states.",
        "measure other qubits, use fewer layers, or a narrower circuit",
    )


def split(elements: list[Element]) -> Sections:
    """Cut at the data, by dependence and not by position: the outer sections are as large as can be."""
    masks = [_mask(element) for element in elements]
    data = [isinstance(element, Turn) and element.angle.has_feature for element in elements]
    after = _touched(masks, data, range(len(elements)))
    before = _touched(masks, data, range(len(elements) - 1, -1, -1))
    sections = Sections([], [], [])
    for element, late, early in zip(elements, after, before, strict=True):
        (sections.prefix if not late else sections.middle if early else sections.suffix).append(element)
    return sections


def _touched(masks: list[int], data: list[bool], order: range) -> list[bool]:
    """Which elements are data or are reached from data when walking in this order."""
    reached = 0
    result = [False] * len(masks)
    for index in order:
        if data[index] or masks[index] & reached:
            reached |= masks[index]
            result[index] = True
    return result
