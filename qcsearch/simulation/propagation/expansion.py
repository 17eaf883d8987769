"""Which Pauli strings an observable is followed through, chosen once for all angles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.observables import Observable
from qcsearch.simulation.propagation.kernels import group, spread
from qcsearch.simulation.propagation.records import Tape, Terms

__all__ = ["Expansion", "Step", "expand"]

Floats = NDArray[np.float64]
Ints = NDArray[Any]


@dataclass(frozen=True)
class Step:
    """A block as the search for strings sees it.

    Attributes:
        qubits: the two that it acts on.
        square: `(16, 16)`, mean squares of its entries over all angles.
    """

    qubits: tuple[int, ...]
    square: Floats


@dataclass(frozen=True)
class Expansion:
    """The strings of one observable and how blocks mix them.

    Attributes:
        tape: how the blocks mix the strings.
        n_late: how many entries of the tape, the first ones, are the same for all samples.
        terms: the strings that are left where the circuit starts.
        first: `(n_slots,)`, coefficients of all slots before the first block.
    """

    tape: Tape
    n_late: int
    terms: Terms
    first: Floats

    @property
    def blocks(self) -> Ints:
        """Numbers of the blocks on the tape."""
        return self.tape.blocks

    def groups(self, first: int, last: int) -> int:
        """Groups of the tape's entries from `first` to `last`, exclusive."""
        return int(self.tape.begins[last] - self.tape.begins[first])


def expand(
    observable: Observable,
    n_qubits: int,
    steps: Sequence[Step],
    n_late: int,
    *,
    max_terms: int,
    min_size: float,
) -> Expansion:
    """Follow an observable backwards through blocks, leaving strings out.

    A string is ranked by what it is expected to add to the result: the mean square of its coefficient over all
    angles, times `3^-weight`, the mean square of its value if each of its qubits pointed anywhere at random
    (the reason why strings of high weight matter little: Angrisani et al., arXiv:2409.01706).

    Args:
        observable: what is followed.
        n_qubits: of the circuit.
        steps: the blocks, in the order in which they are met.
        n_late: so many first ones are the same for all samples.
        max_terms: after each block so many strings are kept at most, those of the highest rank.
        min_size: strings whose rank's root is not above it are left out.
    """
    strings = _Strings(observable, n_qubits)
    entries: list[tuple[int, Ints, Ints, Floats]] = []
    for number, step in enumerate(steps):
        slots = strings.mix(step)
        if len(slots):
            entries.append((number, slots, *strings.drop(max_terms, min_size**2)))
    first = np.zeros(strings.n_slots)
    first[: len(observable.terms)] = list(observable.terms.values())
    return Expansion(
        _tape(entries), sum(number < n_late for number, *_ in entries), strings.terms(n_qubits), first
    )


def _tape(entries: list[tuple[int, Ints, Ints, Floats]]) -> Tape:
    return Tape(
        np.array([number for number, *_ in entries], dtype=np.int64),
        _begins([slots for _, slots, _, _ in entries]),
        np.concatenate([np.empty((0, 16), np.int32), *(slots for _, slots, _, _ in entries)]),
        _begins([drops for _, _, drops, _ in entries]),
        np.concatenate([np.empty(0, np.int32), *(drops for _, _, drops, _ in entries)]),
        np.concatenate([np.empty(0), *(squares for *_, squares in entries)]),
    )


def _begins(arrays: list[Ints]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(array) for array in arrays])]).astype(np.int64)


class _Strings:
    """Strings in slots, with the mean squares of their coefficients.

    Attributes:
        n_slots: slots that were ever used.
    """

    def __init__(self, observable: Observable, n_qubits: int) -> None:
        count = len(observable.terms)
        self._keys = np.zeros((max(count, 1), (n_qubits + 31) // 32), np.uint64)
        for slot, factors in enumerate(observable.terms):
            for qubit, digit in factors:
                self._keys[slot, qubit // 32] |= np.uint64(digit << 2 * (qubit % 32))
        self._live = np.zeros(len(self._keys), np.bool_)
        self._live[:count] = True
        self.n_slots = count
        self._suppression = np.power(3.0, -np.arange(n_qubits + 1), dtype=np.float64)
        self._means = np.zeros(len(self._keys))
        self._means[:count] = np.square(list(observable.terms.values()))

    def mix(self, step: Step) -> Ints:
        """Slots of the groups that a block changes."""
        at = np.array([part for qubit in step.qubits for part in (qubit // 32, 2 * (qubit % 32))], np.int64)
        slots, rests = group(self._keys, self._live, self.n_slots, at)
        if len(slots):
            self._make_room(int((slots < 0).sum()))
            free = np.flatnonzero(~self._live).astype(np.int32)
            given = spread(self._keys, self._live, self._means, slots, rests, step.square, at, free)
            self.n_slots = max(self.n_slots, int(free[given - 1]) + 1 if given else 0)
        return np.asarray(slots)

    def drop(self, max_terms: int, min_square: float) -> tuple[Ints, Floats]:
        """Slots that are given up, and the expected square of each one's value."""
        slots = np.flatnonzero(self._live[: self.n_slots])
        squares = self._suppression[self._weights(slots)]
        ranks = self._means[slots] * squares
        gone = ranks <= min_square
        if len(slots) - gone.sum() > max_terms:
            least = np.partition(ranks, -max_terms)[-max_terms]
            gone = ranks < least
            gone[np.flatnonzero(ranks == least)[max_terms - np.count_nonzero(ranks > least) :]] = True
        self._live[slots[gone]] = False
        return slots[gone].astype(np.int32), np.asarray(squares[gone], np.float64)

    def terms(self, n_qubits: int) -> Terms:
        """What is left."""
        slots = np.flatnonzero(self._live)
        digits = np.stack(
            [(self._keys[slots, q // 32] >> np.uint64(2 * (q % 32))) & np.uint64(3) for q in range(n_qubits)],
            axis=1,
        ).astype(np.int64)
        _, qubits = np.nonzero(digits)
        begins = np.concatenate([[0], np.cumsum(np.count_nonzero(digits, axis=1))])
        return Terms(slots.astype(np.int32), begins, 4 * qubits + digits[digits > 0])

    def _weights(self, slots: Ints) -> Ints:
        keys = self._keys[slots]
        occupied = (keys | keys >> np.uint64(1)) & np.uint64(0x5555555555555555)
        return np.asarray(np.bitwise_count(occupied).sum(axis=1))

    def _make_room(self, count: int) -> None:
        missing = count - int((~self._live).sum())
        if missing > 0:
            self._keys = np.concatenate([self._keys, np.zeros((missing, self._keys.shape[1]), np.uint64)])
            self._live = np.concatenate([self._live, np.zeros(missing, np.bool_)])
            self._means = np.concatenate([self._means, np.zeros(missing)])
