"""The six layer spaces of QuantumNAS, Wang et al., HPCA 2022 (arXiv 2107.10845), section "design space".

A block is a fixed sequence of layers, and a layer is one kind of gate on all qubits, or on all pairs. Their
pairs go round a ring; ours are the region's own couplings unless `ring` is set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.ansatze.base import ANSATZE, Place, each, pairs, place
from qcsearch.storage.canonical import Json

__all__ = ["QuantumNAS", "cu3", "sqrt_h", "sqrt_swap", "u3"]

Weights = Iterator[int]


def u3(qubit: int, weights: Weights) -> list[Gate]:
    """U3(θ, φ, λ) = rz(φ)·ry(θ)·rz(λ) up to a global phase; takes the weights θ, φ, λ."""
    theta, phi, lam = next(weights), next(weights), next(weights)
    return [Gate(name, (qubit,), Angle(weight=w)) for name, w in (("rz", lam), ("ry", theta), ("rz", phi))]


def cu3(control: int, target: int, weights: Weights) -> list[Gate]:
    """CU3(θ, φ, λ), exact up to a global phase; takes the weights θ, φ, λ.

    The controlled-U by two cx (Nielsen and Chuang, corollary 4.2 and figure 4.6): the target turns by
    C = rz((λ−φ)/2), B = ry(−θ/2)·rz(−(λ+φ)/2) and A = rz(φ)·ry(θ/2), where ABC = 1, and the control gets
    the phase (λ+φ)/2. Every angle of ours holds one weight, so a sum of two is two rotations.
    """
    theta, phi, lam = next(weights), next(weights), next(weights)

    def rotation(name: str, qubit: int, weight: int, scale: float) -> Gate:
        return Gate(name, (qubit,), Angle(scale=scale, weight=weight))

    return [
        rotation("rz", control, lam, 0.5),
        rotation("rz", control, phi, 0.5),
        rotation("rz", target, lam, 0.5),
        rotation("rz", target, phi, -0.5),
        Gate("cx", (control, target)),
        rotation("rz", target, lam, -0.5),
        rotation("rz", target, phi, -0.5),
        rotation("ry", target, theta, -0.5),
        Gate("cx", (control, target)),
        rotation("ry", target, theta, 0.5),
        rotation("rz", target, phi, 1.0),
    ]


def sqrt_h(qubit: int, weights: Weights) -> list[Gate]:
    """√H up to a global phase: a quarter turn about the axis (X+Z)/√2."""
    tilt = math.pi / 4
    return [
        Gate("ry", (qubit,), Angle(-tilt)),
        Gate("rz", (qubit,), Angle(math.pi / 2)),
        Gate("ry", (qubit,), Angle(tilt)),
    ]


def sqrt_swap(first: int, second: int, weights: Weights) -> list[Gate]:
    """√SWAP up to a global phase: exp(−iπ/8 · (XX + YY + ZZ))."""
    return [Gate(name, (first, second), Angle(math.pi / 4)) for name in ("rxx", "ryy", "rzz")]


COMPOSED: dict[str, Callable[..., list[Gate]]] = {
    "u3": u3,
    "cu3": cu3,
    "sqrt_h": sqrt_h,
    "sqrt_swap": sqrt_swap,
}
"""Layers that are more than one gate of the gate list."""

TWO_QUBIT = frozenset({"cu3", "rzz", "rzx", "rxx", "cx", "cz", "swap", "sqrt_swap"})
"""Layers that go over pairs of qubits."""


@dataclass(frozen=True)
class QuantumNAS:
    """`n_layers` blocks of the space, each block one layer of the candidate.

    Attributes:
        n_layers: number of blocks, ≥ 1 (the first m blocks of their front sharing).
        ring: pairs around a ring of all qubits, coupled or not, instead of the couplings.
        n_gates: front sharing within the layers: `n_gates[block][i]` gates, the first ones, in layer `i` of the
            block; None for all gates everywhere.
    """

    name: ClassVar[str]
    start: ClassVar[tuple[str, ...]] = ()
    block: ClassVar[tuple[str, ...]]

    n_layers: int = 2
    ring: bool = False
    n_gates: Sequence[Sequence[int]] | None = None

    def __post_init__(self) -> None:
        checks.integer(self.name, "n_layers", self.n_layers, 1, checks.MAX_LAYERS)
        checks.flag(self.name, "ring", self.ring)
        if self.n_gates is not None:
            object.__setattr__(self, "n_gates", self._clean(self.n_gates))

    def layers(self, topology: Topology) -> list[list[Gate]]:
        """`n_layers` blocks; what starts the circuit belongs to the first."""
        weights = count()
        places = {1: each(topology.n_qubits), 2: pairs(topology, self.ring)}
        layers = [self._block(number, places, weights) for number in range(self.n_layers)]
        start = [gate for kind in self.start for gate in _layer(kind, places[1], weights)]
        return [start + layers[0], *layers[1:]]

    def _block(self, number: int, places: dict[int, list[Place]], weights: Weights) -> list[Gate]:
        gates: list[Gate] = []
        for i, kind in enumerate(self.block):
            where = places[2 if kind in TWO_QUBIT else 1]
            gates += _layer(
                kind, where if self.n_gates is None else where[: self.n_gates[number][i]], weights
            )
        return gates

    def _clean(self, n_gates: Json) -> tuple[tuple[int, ...], ...]:
        wanted = f"{self.n_layers} lists of {len(self.block)} numbers of gates"
        if not isinstance(n_gates, list | tuple) or len(n_gates) != self.n_layers:
            raise checks.refuse(self.name, "n_gates", wanted, n_gates)
        for block in n_gates:
            if not isinstance(block, list | tuple) or len(block) != len(self.block):
                raise checks.refuse(self.name, "n_gates", wanted, n_gates)
        return tuple(tuple(checks.integer(self.name, "n_gates", n, 0) for n in block) for block in n_gates)


def _layer(kind: str, where: Sequence[Place], weights: Weights) -> list[Gate]:
    if kind in COMPOSED:
        return [gate for qubits in where for gate in COMPOSED[kind](*qubits, weights)]
    return place(kind, where, weights)


@ANSATZE.register("quantumnas_u3_cu3")
class U3CU3(QuantumNAS):
    """A block: U3 on every qubit, CU3 on every pair."""

    name = "quantumnas_u3_cu3"
    block = ("u3", "cu3")


@ANSATZE.register("quantumnas_zz_ry")
class ZZRY(QuantumNAS):
    """A block: rzz on every pair, ry on every qubit."""

    name = "quantumnas_zz_ry"
    block = ("rzz", "ry")


@ANSATZE.register("quantumnas_rxyz")
class RXYZ(QuantumNAS):
    """√H on every qubit once; then a block: rx, ry, rz on every qubit, cz on every pair."""

    name = "quantumnas_rxyz"
    start = ("sqrt_h",)
    block = ("rx", "ry", "rz", "cz")


@ANSATZE.register("quantumnas_zx_xx")
class ZXXX(QuantumNAS):
    """A block: rzx on every pair, rxx on every pair."""

    name = "quantumnas_zx_xx"
    block = ("rzx", "rxx")


@ANSATZE.register("quantumnas_rxyz_u1_cu3")
class RXYZU1CU3(QuantumNAS):
    """A block of eleven layers: rx, s, cx, ry, t, swap, rz, h, √SWAP, u1, CU3 on every qubit or pair."""

    name = "quantumnas_rxyz_u1_cu3"
    block = ("rx", "s", "cx", "ry", "t", "swap", "rz", "h", "sqrt_swap", "p", "cu3")


@ANSATZE.register("quantumnas_ibm_basis")
class IBMBasis(QuantumNAS):
    """A block of six layers: rz, x, rz, sx, rz on every qubit, cx on every pair."""

    name = "quantumnas_ibm_basis"
    block = ("rz", "x", "rz", "sx", "rz", "cx")
