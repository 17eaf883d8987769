"""Pauli vectors of pure states: ρ[j, j⊕x] by x and j, a Walsh-Hadamard transform over j; see `circuits.start_states`.

Sixteen x that differ in their lowest four bits are worked on together: their transforms are then additions of whole
registers, and together they are, for each choice of the higher bits of x and z, successive strings of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.start_states import pauli_bits
from qcsearch.simulation.exact.kernels.jit import KERNEL, Floats, Ints
from qcsearch.simulation.exact.kernels.simd import fill, fma, load, peek, store, width

__all__ = ["pauli_vectors"]

_LOW = 4
"""Qubits whose strings are worked on together."""
_ROW = 16
"""Numbers of a row of a tile, 2^_LOW; of fewer qubits the last ones are not used."""


def pauli_vectors(
    rows: NDArray[np.float64], qubits: Sequence[int], n_qubits: int, dtype: Any = np.float64
) -> NDArray[Any]:
    """Pauli vectors of some qubits of pure states.

    Args:
        rows: pure states `(n_samples, 2·2^n)`, see `circuits.start_states`.
        qubits: whose state is wanted, k of them; the first becomes the lowest digit.
        n_qubits: of the states.
        dtype: to compute in.

    Returns:
        `(n_samples, 4^k)`; what is not in `qubits` is traced out.
    """
    k, n_rows = len(qubits), len(rows)
    axes = [
        n_qubits - qubit for qubit in reversed(qubits)
    ]  # axis 0 counts samples, axis 1 is the highest qubit
    others = [axis for axis in range(1, n_qubits + 1) if axis not in axes]
    real, imaginary = (
        np.ascontiguousarray(
            part.reshape(n_rows, *(2,) * n_qubits).transpose(0, *others, *axes), dtype=dtype
        ).reshape(-1)
        for part in np.split(rows, 2, axis=1)
    )
    order, found = _order(k), np.empty((n_rows, 4**k), dtype)
    _transform(
        real, imaginary, 2**k, len(order.places), order.places, order.signs.astype(dtype), order.blocks, order.powers,
        np.empty(2**k * _ROW, dtype), found.reshape(-1),
    )  # fmt: skip
    return found


class _Order(NamedTuple):
    """Where the numbers of a tile belong.

    Attributes:
        places: `(4^l,)`, of the strings of the l lowest qubits, their place in the rows of one z above these.
        signs: `(4, 4^l)`, their signs ± from the power of i, by the power of the qubits above.
        blocks: `(2^(k-l), 2^(k-l))`, flat, by x and z of the qubits above: which block of 4^l strings theirs are.
        powers: as `blocks`, the number of Y among these qubits, modulo 4.
    """

    places: Ints
    signs: NDArray[np.float64]
    blocks: Ints
    powers: Ints


@lru_cache(maxsize=16)
def _order(k: int) -> _Order:
    low = min(k, _LOW)
    x, z = pauli_bits(low)
    y = np.bitwise_count(x & z) + np.arange(4)[:, None]
    above_x, above_z = pauli_bits(k - low)
    side = 2 ** (k - low)
    blocks = np.empty(side * side, np.int64)
    powers = np.empty(side * side, np.int64)
    blocks[above_x * side + above_z] = np.arange(side * side)
    powers[above_x * side + above_z] = np.bitwise_count(above_x & above_z) % 4
    return _Order(z * _ROW + x, np.where((y + 1) // 2 % 2, -1.0, 1.0).reshape(-1), blocks, powers)


@KERNEL
def _transform(
    real: Floats, imaginary: Floats, side: int, n_low: int, places: Ints, signs: Floats, blocks: Ints, powers: Ints,
    tile: Floats, found: Floats,
) -> None:  # fmt: skip
    """Fill `found` `(n_samples, side²)`, flat.

    Args:
        real: `(n_samples, n_others, side)`, flat, of the amplitudes.
        imaginary: as `real`.
        side: 2^k.
        n_low: 4^l.
        places: of an `_Order`, as all down to `powers`.
        signs: flat.
        blocks: flat.
        powers: flat.
        tile: room for `(side, _ROW)`.
        found: written.
    """
    w = width(tile)
    one, minus = fill(tile, 1), fill(tile, -1)
    step = min(side, _ROW)
    above = side // step
    n_samples = found.size // (side * side)
    n_others = real.size // (n_samples * side)
    for sample in range(n_samples):
        for h in range(above):
            for k in range(0, tile.size, w):
                store(tile, k, fill(tile, 0))
            for other in range(n_others):
                base = (sample * n_others + other) * side
                for j in range(side):
                    a, b = peek(real, base + j), peek(imaginary, base + j)
                    sum_, difference, flipped = a + b, b - a, j ^ h * step
                    for x in range(step):
                        p = base + (flipped ^ x)
                        tile[j * _ROW + x] += peek(real, p) * sum_ + peek(imaginary, p) * difference
            half = 1
            while half < side:
                for first in range(0, side, 2 * half):
                    for k in range(first * _ROW, (first + half) * _ROW, w):
                        u, v = load(tile, k), load(tile, k + half * _ROW)
                        store(tile, k, fma(one, v, u))
                        store(tile, k + half * _ROW, fma(minus, v, u))
                half *= 2
            for g in range(above):
                block, power = peek(blocks, h * above + g), peek(powers, h * above + g)
                to = sample * side * side + block * n_low
                for s in range(n_low):
                    number = peek(tile, g * step * _ROW + peek(places, s))
                    found[to + s] = peek(signs, power * n_low + s) * number
