"""The memory that a program may use, and what a light cone needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation.exact.kernels.tape import FIRST_KEPT
from qcsearch.simulation.exact.planning.layout import Layout

__all__ = ["Memory", "Share"]

_MB = 2**20
_VECTORS = 4
"""States' worth of memory a register of observables: as observed, before the suffix, effective, in coordinates."""


@dataclass(frozen=True)
class Share:
    """Bytes for the states of one pass of a part.

    Attributes:
        outer: bytes for a pass through the prefix or through the suffix.
        middle: bytes for a pass through the middle section, on each thread.
    """

    outer: int
    middle: int


@dataclass(frozen=True)
class Memory:
    """What a program may use.

    Attributes:
        max_mb: megabytes (2²⁰ bytes each) in all; features and values of a batch come on top.
        threads: how many threads work at once, each with states of its own in the middle section.
        n_parts: how many light cones there are, one worked on after the other.

    Raises:
        InputError: if it is not a whole number of at least 64.
    """

    max_mb: int
    threads: int
    n_parts: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.max_mb, bool) or not isinstance(self.max_mb, int) or self.max_mb < 64:
            raise InputError(
                f"The 'max_memory_mb' parameter of compile_circuit must be an int of at least 64. Got {self.max_mb!r}."
            )

    @property
    def encoded(self) -> int:
        """For states that are kept through a training: an eighth, which leaves the others what they were promised."""
        return self.max_mb * _MB // 8

    @property
    def kept(self) -> int:
        """For what one part keeps from one step to the next: all, if nobody else needs it."""
        return self.workspace if self.n_parts == 1 else self.max_mb * _MB // 8 // self.n_parts

    @property
    def pieces(self) -> int:
        """For pieces of a batch that are worked on at once."""
        return self.max_mb * _MB // 8

    @property
    def workspace(self) -> int:
        """For the part at work: three quarters; an eighth each is for encoded states and for what other parts keep."""
        return self.max_mb * _MB * 3 // 4

    def share(
        self,
        layout: Layout,
        n_registers: int,
        n_operations: int,
        *,
        middle: bool,
        qubits: tuple[int, ...],
        name: str,
    ) -> Share:
        """Share the workspace out to the passes of one light cone.

        Args:
            layout: of its states.
            n_registers: of its observables.
            n_operations: of the longest section.
            middle: whether every step passes the middle section.
            qubits: of the cone, for the message.
            name: of an observable, for the message.

        Raises:
            CircuitError: if the states do not fit, however often they are computed again.
        """
        state = layout.room * layout.dtype.itemsize
        # with the fewest states, √n stretches of √n operations: a checkpoint each, and the states of one of them
        stretch = isqrt(max(n_operations - 1, 0)) + 1
        least = (FIRST_KEPT + 2 * stretch) * state
        # a thread in the middle has effective states and the other sums of its own
        vectors = _VECTORS * n_registers * state * (1 + self.threads * middle)
        # The rest goes in quarters, see below: two to the outer sections and two, over all threads, to the middle; or,
        # where no step passes the middle, three to the outer ones. It is enough if the least is in each share, so the
        # rest must be the least by 4/2 for each thread, or by 4/3.
        needed = vectors + least * (2 * self.threads if middle else 1) * 4 // (4 if middle else 3)
        if needed > self.workspace:
            shown = str(list(qubits)) if len(qubits) <= 16 else f"{str(list(qubits[:16]))[:-1]}, …]"
            raise CircuitError(
                f"The light cone of {name} holds {len(qubits)} qubits ({shown}) and needs "
                f"{-(-needed * 4 // (3 * _MB)):,} MB to be simulated exactly. The program may use {self.max_mb:,} MB.",
                "raise 'max_memory_mb', measure other qubits, use fewer layers, or choose an approximate method",
            )
        rest = (self.workspace - vectors) // 4
        return Share(2 * rest, 2 * rest // self.threads) if middle else Share(3 * rest, rest // self.threads)
