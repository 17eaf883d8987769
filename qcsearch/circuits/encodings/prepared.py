"""No encoding: each sample is a quantum state, or a circuit that prepares one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate, Topology
from qcsearch.circuits.encodings.base import ENCODINGS
from qcsearch.circuits.gates import check_gates
from qcsearch.circuits.start_states import GROUND, MIXED, PURE, state_size
from qcsearch.errors import CandidateError
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_GATES

__all__ = ["CIRCUITS", "KINDS", "MAX_PREPARED_QUBITS", "PreparedEncoding"]

Floats = NDArray[np.float64]

CIRCUITS = "circuits"
KINDS = (PURE, MIXED, CIRCUITS)

MAX_PREPARED_QUBITS = 12
"""Of a sample that is a state: 2^12 amplitudes, 4^12 Pauli strings."""


@ENCODINGS.register("prepared")
@dataclass(frozen=True)
class PreparedEncoding:
    """Begin with the sample itself.

    Attributes:
        samples: what the features of a sample are. `pure`: the amplitudes of a state, 2·2^n numbers, and `mixed`: its
            Pauli vector, 4^n, see `circuits.start_states`. `circuits`: the angles of the gates in `gates`, in radians.
        gates: of the preparation, JSON values of `Gate.to_json`, whose angles name features and no weights.
        noise: whether the device's noise is on the preparation too; if not, the circuit starts from the states that
            its gates make without any.
    """

    samples: str = PURE
    gates: Sequence[Json] = ()
    noise: bool = True

    def __post_init__(self) -> None:
        checks.one_of("prepared", "samples", self.samples, KINDS)
        checks.flag("prepared", "noise", self.noise)
        if not isinstance(self.gates, list | tuple):
            raise checks.refuse("prepared", "gates", "a list of gates", self.gates)
        checks.n_gates("prepared", len(self.gates))
        gates = tuple(Gate.from_json(gate) for gate in self.gates)
        check_gates(gates, MAX_PREPARED_QUBITS, MAX_GATES)
        if any(gate.angle is not None and gate.angle.weight is not None for gate in gates):
            raise CandidateError(
                "The gates of a preparation must hold no weights: it belongs to the samples."
            )
        if bool(gates) != (self.samples == CIRCUITS):
            raise CandidateError(
                f"The encoding 'prepared' takes gates for samples that are circuits, and for them alone. "
                f"Got {len(gates)} gates for '{self.samples}'."
            )
        object.__setattr__(self, "gates", gates)

    @property
    def start(self) -> str:
        """See `PreparingEncoding`."""
        if self.samples == CIRCUITS:
            return GROUND if self.noise else PURE
        return self.samples

    @property
    def n_preparing(self) -> int:
        """See `PreparingEncoding`."""
        return len(self.gates) if self.start == GROUND else 0

    def n_derived(self, n_features: int, topology: Topology) -> int:
        """The features themselves, or the numbers of the states that they prepare.

        Raises:
            CandidateError: if they are not as many as the qubits or the gates ask for.
        """
        n_qubits = topology.n_qubits
        checks.integer("prepared", "n_qubits", n_qubits, 1, MAX_PREPARED_QUBITS)
        check_gates(self.gates, n_qubits, self.n_angles)
        wanted = self.n_angles if self.samples == CIRCUITS else state_size(self.samples, n_qubits)
        if n_features != wanted:
            states = "" if self.samples == CIRCUITS else " states"
            raise CandidateError(
                f"Samples that are {self.samples}{states} of {n_qubits} qubits must have "
                f"{wanted} features here. Got {n_features}."
            )
        return wanted if self.start == GROUND else state_size(self.start, n_qubits)

    def derive(self, X: Floats, topology: Topology) -> Floats:
        """Return `X`, or the states that its angles prepare."""
        if self.samples == CIRCUITS and not self.noise:
            from qcsearch.circuits.preparation import prepared_states

            return prepared_states(self.gates, X, topology.n_qubits)
        return X

    def layers(self, n_features: int, topology: Topology, n_layers: int) -> list[list[Gate]]:
        """One block: the preparation under noise, or none."""
        return [list(self.gates) if self.start == GROUND else []]

    @property
    def n_angles(self) -> int:
        """Angles that the preparation reads: one more than the highest feature that a gate names."""
        named = [g.angle.feature for g in self.gates if g.angle is not None and g.angle.feature is not None]
        return max(named, default=-1) + 1
