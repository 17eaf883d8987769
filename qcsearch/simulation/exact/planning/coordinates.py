"""Known states as few numbers: coordinates in which the states before the suffix are kept.

Where no gate has yet entangled the qubits, a state is a product of one-qubit states, and one that saw a single rotation
by data is linear in (1, cos φ, sin φ): three numbers and not four, 3ⁿ for all qubits and not 4ⁿ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.exact.kernels.contraction import (
    add_effective_states,
    known_values,
)
from qcsearch.simulation.exact.kernels.jit import Floats, Ints
from qcsearch.simulation.exact.kernels.records import Change
from qcsearch.simulation.exact.planning.known_states import Given, States
from qcsearch.simulation.exact.planning.layout import Layout, Masks
from qcsearch.simulation.exact.planning.supports import ALL, DIAGONAL, ONE
from qcsearch.simulation.exact.runtime.workspace import aligned
from qcsearch.simulation.lower import Element, FixedChannel, PauliRotation
from qcsearch.simulation.ptm import Matrix

__all__ = ["Coordinates", "entangled", "factored", "given"]

_DIGITS = {ONE: [0], DIAGONAL: [0, 3], ALL: [0, 1, 2, 3]}
_ONE_FACTOR = 729
"""States of so many coordinates are kept as they are, longer ones as two factors: 3⁶, six qubits that saw one rotation
by data each. A state in two factors is far smaller (2 · 3³ numbers for 3⁶), but its loops are short ones."""


@dataclass(frozen=True)
class _Factor:
    """The state of one qubit, `map @ numbers`.

    Attributes:
        map: `(n_digits, n_numbers)`, from the numbers to the digits I X Y Z, or to those of them that matter.
        elements: the elements on this qubit, in the order of time.
    """

    map: Matrix
    elements: tuple[Element, ...]

    def numbers(self, X: NDArray[np.float64], mask: int) -> NDArray[np.float64]:
        """`(n_samples, n_numbers)`."""
        n_digits, n_numbers = self.map.shape
        if n_numbers == 1:
            return np.ones((len(X), 1))
        if n_numbers < n_digits:
            angle = next(element.angle for element in self.elements if isinstance(element, PauliRotation))
            phi = _angles(angle, X)
            return np.stack([np.ones(len(X)), np.cos(phi), np.sin(phi)], axis=1)
        return _local_states(self.elements, X)[:, _DIGITS[mask]]


@dataclass(frozen=True)
class Coordinates:
    """How states before the suffix are kept.

    Attributes:
        layout: where the Pauli strings lie in a state.
        support: offsets of the strings that states and observables share.
        n_low: how many numbers the factor of the lower qubits has.
        n_high: how many numbers that of the higher ones has.
        plan: five integers for each qubit that changes, see `records.Change`.
        maps: the maps of those qubits, flat, see there.
        masks: for each qubit the digits that matter; empty where a sample's states come from the middle section.
        factors: for each qubit how its state is made; as `masks`.
        cut: the first qubit of the higher factor.
        given: how samples bring their states themselves; None if the circuit makes them.
    """

    layout: Layout
    support: Ints
    n_low: int
    n_high: int
    plan: Ints
    maps: Matrix
    masks: Masks = ()
    factors: tuple[_Factor, ...] = ()
    cut: int = 0
    given: Given | None = None

    @property
    def direct(self) -> bool:
        """Whether `states` makes the states of samples, and not the middle section."""
        return bool(self.masks) or self.given is not None

    @cached_property
    def size(self) -> int:
        """Numbers of a register of observables."""
        return self.n_low * self.n_high * self.layout.lanes

    @property
    def state_bytes(self) -> int:
        """Memory of one sample's state."""
        return (self.n_low + self.n_high) * self.layout.dtype.itemsize

    def states(self, X: NDArray[np.float64]) -> States:
        """States of samples `(n, n_features)`: given, or of qubits that nothing has entangled."""
        if self.given is not None:
            return States(self.given.states(X), np.ones((len(X), 1), self.layout.dtype))
        numbers = [factor.numbers(X, mask) for factor, mask in zip(self.factors, self.masks, strict=True)]
        return States(*[self._product(part, len(X)) for part in (numbers[: self.cut], numbers[self.cut :])])

    def _product(self, numbers: list[NDArray[np.float64]], n_samples: int) -> Floats:
        result = np.ones((n_samples, 1))
        for some in numbers:
            result = (some[:, :, None] * result[:, None, :]).reshape(n_samples, -1)
        return result.astype(self.layout.dtype)

    def values(self, states: States, observables: Floats, found: Floats) -> None:
        """Fill `found` `(n_samples, row)`; observables in coordinates."""
        low, high = states.low.reshape(-1), states.high.reshape(-1)
        known_values(low, self.n_low, high, self.n_high, observables, found.reshape(-1), found.shape[1])

    def effective(self, states: States, cotangent: Floats, out: Floats) -> None:
        """Add the effective states of a cotangent `(n_samples, row)`."""
        low, high = states.low.reshape(-1), states.high.reshape(-1)
        add_effective_states(
            low, self.n_low, high, self.n_high, cotangent.reshape(-1), cotangent.shape[1], out
        )

    def new_change(self) -> Change:
        """The change from and to strings, with room for it."""
        work = aligned(2 * len(self.support) * self.layout.lanes, self.layout.dtype)
        return Change(self.layout.size, self.support, self.plan, self.maps, work)


def entangled(layout: Layout, support: Ints) -> Coordinates:
    """Coordinates of states that nothing simpler is known of: their strings."""
    return Coordinates(layout, support, len(support), 1, np.zeros(0, dtype=np.int64), np.zeros(0))


def given(layout: Layout, masks: Masks, start: str, qubits: tuple[int, ...], n_qubits: int) -> Coordinates:
    """Coordinates of states that samples bring themselves: their strings.

    Args:
        layout: of states as strings.
        masks: of what matters of them.
        start: as samples bring them, see `circuits.start_states`.
        qubits: the circuit's qubits of the light cone.
        n_qubits: of the circuit.
    """
    kept = np.zeros(1, dtype=np.int64)
    for qubit, mask in enumerate(masks):
        kept = (np.array(_DIGITS[mask])[:, None] * 4**qubit + kept).reshape(-1)
    plain = entangled(layout, layout.support(masks))
    return replace(plain, given=Given(start, qubits, n_qubits, kept, layout.dtype))


def factored(layout: Layout, masks: Masks, elements: Sequence[Sequence[Element]]) -> Coordinates:
    """Coordinates of products of one-qubit states.

    Args:
        layout: of states as strings.
        masks: of what matters of them.
        elements: for each qubit those on it, in the order of time; no weight is in them.
    """
    factors = tuple([_factor(tuple(some), mask) for some, mask in zip(elements, masks, strict=True)])
    counts = [factor.map.shape[1] for factor in factors]
    cut = _cut(counts)
    plan: list[tuple[int, ...]] = []
    maps: list[Matrix] = []
    inner, offset = 1, 0
    digits = [factor.map.shape[0] for factor in factors]
    for qubit, factor in enumerate(factors):
        if factor.map.shape != (1, 1) and not _is_identity(factor.map):
            plan.append((prod(digits[qubit + 1 :]), *factor.map.shape, inner, offset))
            maps.append(factor.map.reshape(-1))
            offset += factor.map.size
        inner *= counts[qubit]
    n_low, n_high = prod(counts[:cut]), prod(counts[cut:])
    flat = np.array(plan, dtype=np.int64).reshape(-1)
    return Coordinates(
        layout, layout.support(masks), n_low, n_high, flat, np.concatenate([*maps, []]), masks, factors, cut
    )


def _cut(counts: list[int]) -> int:
    """Qubits of the lower factor: all, or so many that both are about as long."""
    sizes = np.cumprod(counts)
    if sizes[-1] <= _ONE_FACTOR:
        return len(counts)
    return int(np.searchsorted(sizes, np.sqrt(sizes[-1]))) + 1


def _is_identity(matrix: Matrix) -> bool:
    return matrix.shape[0] == matrix.shape[1] and bool((matrix == np.eye(len(matrix))).all())


def _factor(elements: tuple[Element, ...], mask: int) -> _Factor:
    rotations = [number for number, element in enumerate(elements) if isinstance(element, PauliRotation)]
    digits = _DIGITS[mask]
    if not rotations:
        return _Factor(_local_states(elements, np.zeros((1, 0)))[0, digits][:, None], elements)
    if len(rotations) > 1 or mask != ALL:
        return _Factor(np.eye(len(digits)), elements)
    # R(φ) r = (what commutes) + cos φ (p, q) + sin φ (−q, p): three columns, each then sent through what comes after
    start = _local_states(elements[: rotations[0]], np.zeros((1, 0)))[0]
    rotation = elements[rotations[0]]
    assert isinstance(rotation, PauliRotation)
    axis = rotation.axes[0]
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    result = np.zeros((4, 3))
    result[[0, axis], 0] = start[[0, axis]]
    result[[p, q], 1] = start[[p, q]]
    result[p, 2], result[q, 2] = -start[q], start[p]
    for element in elements[rotations[0] + 1 :]:
        assert isinstance(element, FixedChannel)
        result = element.matrix @ result
    return _Factor(result, elements)


def _angles(angle: AngleSum, X: NDArray[np.float64]) -> NDArray[np.float64]:
    phi = np.full(len(X), angle.constant)
    for coefficient, _, feature in angle.terms:
        phi += coefficient * X[:, feature]
    return phi


def _local_states(elements: Sequence[Element], X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pauli vectors `(n_samples, 4)` of one qubit from |0⟩ on."""
    states = np.tile([1.0, 0.0, 0.0, 1.0], (len(X), 1))
    for element in elements:
        if isinstance(element, FixedChannel):
            states = states @ element.matrix.T
            continue
        p, q = element.axes[0] % 3 + 1, (element.axes[0] + 1) % 3 + 1
        phi = _angles(element.angle, X)
        x, y = states[:, p].copy(), states[:, q].copy()
        states[:, p] = np.cos(phi) * x - np.sin(phi) * y
        states[:, q] = np.sin(phi) * x + np.cos(phi) * y
    return states
