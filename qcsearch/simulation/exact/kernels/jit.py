"""How kernels are compiled and kept, and the smallest pieces they are made of.

A *state* is one register for each Pauli string of its layout (see `layout`); the lanes of a register are samples,
or observables. All states of a pass lie in one flat array, and an offset says where one begins, in numbers. Behind
each state stands a register of zeros, for what a sparse operation does not take. Operations on states are in
`one_qubit.py` and `two_qubit.py`, the loops over whole circuits in `tape.py`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from qcsearch.simulation.exact.kernels.kept import KernelCache
from qcsearch.simulation.exact.kernels.simd import load, store
from qcsearch.simulation.exact.runtime import compilation

__all__ = [
    "ALLOCATING",
    "INLINE",
    "INNER",
    "KERNEL",
    "ONE",
    "ZERO",
    "Floats",
    "Ints",
    "load_four",
    "store_four",
]

Floats = NDArray[Any]
Ints = NDArray[np.int64]

compilation.watch()


def _compiled(**options: Any) -> Any:
    """Decorator: compile with Numba, and keep the machine code on disk where there is a place for it."""
    njit: Any = numba.njit

    def decorate(function: Any) -> Any:
        compiled = njit(nogil=True, error_model="numpy", **options)(function)
        with suppress(AttributeError, OSError, RuntimeError):  # another Numba: not kept
            compiled._cache = KernelCache(function)
        return compiled

    return decorate


ALLOCATING: Any = _compiled(_nrt=True, no_cfunc_wrapper=True)
"""Decorator of kernels that make arrays."""
KERNEL: Any = _compiled(_nrt=False, no_cfunc_wrapper=True)
"""Decorator of what Python calls. Without Numba's run time for references (NRT): the caller holds all arrays while a
kernel runs, and counting references to them, atomically and in each of the small functions, costs a small circuit a
tenth of its time."""
INNER: Any = _compiled(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of what only kernels call."""
INLINE: Any = _compiled(_nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of what is put into its callers."""
ZERO: Any = np.int64(0)
ONE: Any = np.int64(1)
"""Arguments that are plain integers to the compiler: for a literal it would compile the callee once more."""


@INLINE
def load_four(states: Floats, p: int, step: int) -> Any:
    """Four registers, `step` numbers apart."""
    return load(states, p), load(states, p + step), load(states, p + 2 * step), load(states, p + 3 * step)


@INLINE
def store_four(states: Floats, q: int, step: int, i: Any, x: Any, y: Any, z: Any) -> None:
    """Write four registers, `step` numbers apart."""
    store(states, q, i)
    store(states, q + step, x)
    store(states, q + 2 * step, y)
    store(states, q + 3 * step, z)
