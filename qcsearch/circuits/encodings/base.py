"""The interface of an encoding (feature map): classical features into rotation angles of a circuit."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.errors import CandidateError
from qcsearch.registry import Registry

__all__ = [
    "AXES",
    "ENCODINGS",
    "Encoding",
    "PreparingEncoding",
    "RangedEncoding",
    "cycled",
    "require_features",
    "rotation_blocks",
]

Floats = NDArray[np.float64]

AXES = ("rx", "ry", "rz")
"""Rotation axes, in the order in which further sub-layers go through them."""


class Encoding(Protocol):
    """Derived features plus a list of gates whose angles are affine in one of them.

    Whatever is not affine in a feature (a product, a normalisation, a threshold) is computed classically by
    `derive`, once for a data set; so the circuit is one parametric circuit for all samples. An encoding is
    built from its settings alone and keeps no state. What depends on the range of the preprocessed features
    is for a `RangedEncoding`.
    """

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """Number of derived features.

        Raises:
            CandidateError: if these features do not fit on these qubits.
        """
        ...

    def derive(self, X: Floats, topology: Topology) -> Floats:
        """Return the derived features, `(n_samples, n_derived)`, of `X`, `(n_samples, n_features)`."""
        ...

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """Return 1 to `n_layers` blocks of gates, to be interleaved with the layers of the ansatz.

        Angles name derived features by index; weights are numbered from 0 over all blocks.
        """
        ...


@runtime_checkable
class RangedEncoding(Encoding, Protocol):
    """An encoding that must know where its features lie: for a threshold, or a scale against aliasing."""

    def for_angle_range(self, low: float, high: float) -> Encoding:
        """Return the same encoding for preprocessed features in `[low, high]`, radians.

        What a person set is kept; only what was left open is chosen.
        """
        ...


@runtime_checkable
class PreparingEncoding(Encoding, Protocol):
    """An encoding of samples that are quantum states.

    Attributes:
        start: what the circuit starts from, see `circuits.start_states`: with `pure` or `mixed` the derived features
            are that state, and no gate reads one.
        n_preparing: how many gates of its one block make the state; they belong to the data.
    """

    @property
    def start(self) -> str: ...  # noqa: D102  an attribute, told above

    @property
    def n_preparing(self) -> int: ...  # noqa: D102


ENCODINGS: Registry[Encoding] = Registry(
    "qcsearch.encodings", CandidateError, needs=("n_derived", "derive", "layers")
)
"""All encodings by name; plugins add theirs in the entry-point group `qcsearch.encodings`."""


def require_features(owner: str, n_features: int, limit: int, holds: str) -> None:
    """Refuse more features than the encoding can hold.

    Args:
        owner: the encoding's name.
        n_features: how many there are.
        limit: how many there may be.
        holds: why: what the qubits hold, such as *one feature a qubit*.

    Raises:
        CandidateError: if there are more than `limit`.
    """
    if n_features > limit:
        raise CandidateError(
            f"The encoding '{owner}' holds {holds}, so at most {limit} features here. Got {n_features}.",
            "reduce the features or take more qubits.",
        )


def cycled(axis: str, sublayer: int) -> str:
    """The axis of the sub-layer number `sublayer` when the first has `axis`."""
    return AXES[(AXES.index(axis) + sublayer) % len(AXES)]


def rotation_blocks(
    axis: str, n_features: int, topology: Topology, n_blocks: int, trainable: bool
) -> list[list[Gate]]:
    """Rotate each qubit by one feature a sub-layer, going round the features until every one was used.

    Slot `s` (sub-layer `s // n_qubits`, qubit `s % n_qubits`) takes feature `s % n_features`. A block has one
    sub-layer, or as many as are needed for all features to find a place in the `n_blocks`; the axes of the
    sub-layers in a block are cycled. `rz` as the first axis follows a layer of `h`, for it does nothing to |0⟩.

    Args:
        axis: `rx`, `ry` or `rz`, of each block's first sub-layer.
        n_features: preprocessed features, in radians.
        topology: the logical qubits.
        n_blocks: how many times the data are encoded.
        trainable: whether each rotation has a weight of its own as a factor.
    """
    n_qubits = topology.n_qubits
    sublayers = -(-n_features // (n_qubits * n_blocks))
    first = [Gate("h", (q,)) for q in range(n_qubits)] if axis == "rz" else []
    blocks: list[list[Gate]] = []
    for block in range(n_blocks):
        gates = list(first) if block == 0 else []
        for sublayer in range(sublayers):
            for qubit in range(n_qubits):
                slot = (block * sublayers + sublayer) * n_qubits + qubit
                angle = Angle(feature=slot % n_features, weight=slot if trainable else None)
                gates.append(Gate(cycled(axis, sublayer), (qubit,), angle))
        blocks.append(gates)
    return blocks
