"""Clifford replicas of a mapped circuit: its places, gates and errors around gates that are drawn at random.

A replica runs every gate of the mapped circuit at its place with its own error, but what a run of one-qubit gates
between two-qubit gates does is one of h, s, z, x, y, drawn for each run, and what a cz does is a cx. For that a
rotation without noise stands before each run; its three angles are features, so that all replicas are samples of one
circuit, which is compiled once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Parameter, ParameterVector
from qiskit.circuit.library import HGate, SGate, UGate, XGate, YGate, ZGate
from qiskit.synthesis import OneQubitEulerDecomposer

from qcsearch.errors import CircuitError
from qcsearch.training.expectations import Floats, Ints

__all__ = ["CLIFFORDS", "Replicas", "replicas"]

Matrix = NDArray[np.complex128]

CLIFFORDS = (HGate, SGate, ZGate, XGate, YGate)
"""What a run of one-qubit gates may become."""

_NOISELESS = "noiseless"
"""Aer and the engine look up the error of a gate by its label, and there is none of this name."""

_CLIFFORD_ANGLES = {"rzz": pi / 2, "rxx": pi / 2, "ryy": pi / 2, "rzx": pi / 2, "cp": pi, "crz": pi}
"""The angle at which a two-qubit rotation is a Clifford gate that entangles."""


@dataclass(frozen=True, eq=False)
class Replicas:
    """All replicas of a circuit as one circuit with features.

    Attributes:
        circuit: on the mapped circuit's qubits.
        features: three for each place, in order.
        rotations: angles `(n_places, 5, 3)` of the rotations that make each place each of `CLIFFORDS`.
    """

    circuit: QuantumCircuit
    features: tuple[Parameter, ...]
    rotations: Floats

    @property
    def n_places(self) -> int:
        """Runs of one-qubit gates."""
        return len(self.rotations)

    def draw(self, n: int, rng: np.random.Generator) -> Ints:
        """Numbers of the gates in `CLIFFORDS`, `(n, n_places)`, evenly."""
        return rng.integers(len(CLIFFORDS), size=(n, self.n_places))

    def angles(self, choices: Ints) -> Floats:
        """The features `(n, 3 * n_places)` of the replicas with these gates."""
        found: Floats = self.rotations[np.arange(self.n_places), choices].reshape(len(choices), -1)
        return found


def replicas(circuit: QuantumCircuit, noisy: Collection[str] | None = None) -> Replicas:
    """Write a mapped circuit so that its replicas are samples.

    Args:
        circuit: in basis gates; measurements are left out.
        noisy: names of the gates that carry an error: one-qubit gates of other names have a place and nothing to run
            there, and are left out. None keeps all.

    Raises:
        CircuitError: if a two-qubit gate is no Clifford gate at any angle known here.
    """
    writer = _Writer(circuit, noisy)
    for instruction in circuit.data:
        writer.add(instruction)
    rotations = np.array([_rotations(run.round(9).tobytes()) for run in writer.runs]).reshape(
        -1, len(CLIFFORDS), 3
    )
    return Replicas(writer.circuit, tuple(writer.features[: 3 * len(writer.runs)]), rotations)


class _Writer:
    """Walks a circuit and writes the one with features; `runs` are what the gates of each place do, `(2, 2)`."""

    def __init__(self, circuit: QuantumCircuit, noisy: Collection[str] | None) -> None:
        self.circuit = QuantumCircuit(circuit.num_qubits)
        self.features = ParameterVector("rotation", 3 * circuit.size())
        self.runs: list[Matrix] = []
        self._open: dict[int, int] = {}
        self._source, self._noisy = circuit, noisy

    def add(self, instruction: CircuitInstruction) -> None:
        qubits = tuple(self._source.find_bit(qubit).index for qubit in instruction.qubits)
        if instruction.name in ("barrier", "delay"):
            self.circuit.append(instruction.operation, qubits)
        elif len(qubits) == 2:
            self._pair(instruction, qubits)
        elif instruction.name != "measure":
            self._single(instruction, qubits[0])

    def _single(self, instruction: CircuitInstruction, qubit: int) -> None:
        if qubit not in self._open:
            place = 3 * len(self.runs)
            self.circuit.append(UGate(*self.features[place : place + 3], label=_NOISELESS), [qubit])
            self._open[qubit] = len(self.runs)
            self.runs.append(np.eye(2, dtype=complex))
        if self._noisy is not None and instruction.name not in self._noisy:
            return
        operation = instruction.operation
        if operation.params:
            operation = type(operation)(*[0.0] * len(operation.params))
        run = self._open[qubit]
        self.runs[run] = operation.to_matrix() @ self.runs[run]
        self.circuit.append(operation, [qubit])

    def _pair(self, instruction: CircuitInstruction, qubits: tuple[int, ...]) -> None:
        for qubit in qubits:
            self._open.pop(qubit, None)
        operation = instruction.operation
        if operation.params:
            if operation.name not in _CLIFFORD_ANGLES:
                raise CircuitError(f"A replica cannot make a Clifford gate of '{operation.name}'.")
            operation = type(operation)(_CLIFFORD_ANGLES[operation.name])
        around = [] if operation.name != "cz" else [HGate(label=_NOISELESS)]
        for gate in around:
            self.circuit.append(gate, qubits[1:])
        self.circuit.append(operation, qubits)
        for gate in around:
            self.circuit.append(gate, qubits[1:])


@lru_cache(maxsize=1024)
def _rotations(run: bytes) -> Floats:
    """Angles `(5, 3)` of the rotations U for which `run · U` is each of `CLIFFORDS`, up to a phase."""
    back = np.frombuffer(run, dtype=complex).reshape(2, 2).conj().T
    angles = OneQubitEulerDecomposer("U").angles
    return np.array([angles(back @ gate().to_matrix()) for gate in CLIFFORDS])
