"""The five cases: a transpiled circuit, its noise, the numbers, and every angle as a linear form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.devices.transpile.target import region_target

__all__ = ["CASES", "Case", "build"]

DEVICE = "fake_torino"
CASES: dict[str, tuple[str, int, int]] = {
    "W1-4q-64": ("W1", 4, 64),
    "W1-6q-256": ("W1", 6, 256),
    "W1-8q-64": ("W1", 8, 64),
    "W1-8q-1024": ("W1", 8, 1024),
    "W2-4q-256": ("W2", 4, 256),
}
"""Circuit, qubits and samples by name."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """What everybody computes: ⟨Z⟩ of every qubit for all samples, and the gradient of `Σ cotangent · values`.

    Attributes:
        name: a key of `CASES`.
        circuit: in the device's basis gates, qubit i of the circuit is `qubits[i]` of the device.
        noise_model: of the gates; readout is left out for everybody.
        qubits: physical qubits, a line.
        features: parameters that take the columns of `X`.
        weights: parameters that are trained.
        X: features `(n_samples, n_features)`.
        w: weights `(n_weights,)`.
        cotangent: `(n_samples, n_observables)`.
    """

    name: str
    circuit: QuantumCircuit
    noise_model: NoiseModel
    qubits: tuple[int, ...]
    features: tuple[Parameter, ...]
    weights: tuple[Parameter, ...]
    X: Floats
    w: Floats
    cotangent: Floats

    @property
    def kind(self) -> str:
        """`W1` or `W2`."""
        return self.name[:2]

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return self.circuit.num_qubits

    @property
    def observables(self) -> list[SparsePauliOp]:
        """Z of qubit 0, 1, …, one for each column of the cotangent."""
        n_qubits, n_observables = self.n_qubits, self.cotangent.shape[1]
        return [
            SparsePauliOp.from_sparse_list([("Z", [q], 1.0)], num_qubits=n_qubits)
            for q in range(n_observables)
        ]

    def first(self, n_samples: int, n_observables: int | None = None) -> Case:
        """A share: the first samples, and if wanted the first observables, only."""
        return replace(self, X=self.X[:n_samples], cotangent=self.cotangent[:n_samples, :n_observables])

    def weights_at(self, step: int) -> Floats:
        """Weights of a step of the training: near `w`, and never the same twice."""
        return self.w + 0.01 * np.sin(np.arange(len(self.w)) + step)


def build(name: str) -> Case:
    """Build a case; the same numbers every time."""
    kind, n_qubits, n_samples = CASES[name]
    device = get_device(DEVICE)
    qubits = _best_line(device, n_qubits)
    quiet = replace(device, qubits=tuple(replace(q, p10=0.0, p01=0.0) for q in device.qubits))
    circuit, features, weights = _encoded_once(n_qubits) if kind == "W1" else _reuploading(n_qubits)
    mapped = transpile(
        circuit,
        target=region_target(device, qubits),
        initial_layout=list(range(n_qubits)),
        optimization_level=3,
        seed_transpiler=0,
    )
    rng = np.random.default_rng(0)
    return Case(
        name,
        mapped,
        noise_model(quiet, qubits),
        qubits,
        tuple(features),
        tuple(weights),
        X=rng.uniform(-np.pi / 2, np.pi / 2, (n_samples, len(features))),
        w=rng.uniform(-np.pi, np.pi, len(weights)),
        cotangent=rng.normal(size=(n_samples, n_qubits)) / n_samples,
    )


def _encoded_once(n_qubits: int) -> tuple[QuantumCircuit, ParameterVector, ParameterVector]:
    """W1: ry(x) on each qubit, then three layers of ry, rz on each qubit and a chain of CZ."""
    features, weights = ParameterVector("x", n_qubits), ParameterVector("w", 6 * n_qubits)
    angles = iter(weights)
    circuit = QuantumCircuit(n_qubits)
    for q in range(n_qubits):
        circuit.ry(features[q], q)
    for _ in range(3):
        for q in range(n_qubits):
            circuit.ry(next(angles), q)
            circuit.rz(next(angles), q)
        _chain(circuit)
    return circuit, features, weights


def _reuploading(n_qubits: int) -> tuple[QuantumCircuit, ParameterVector, ParameterVector]:
    """W2: 16 features; eight layers of ry(w·x), rz, ry on each qubit and a chain of CZ."""
    features, weights = ParameterVector("x", 16), ParameterVector("w", 24 * n_qubits)
    angles = iter(weights)
    circuit = QuantumCircuit(n_qubits)
    for layer in range(8):
        for q in range(n_qubits):
            circuit.ry(next(angles) * features[(layer * n_qubits + q) % 16], q)
            circuit.rz(next(angles), q)
            circuit.ry(next(angles), q)
        _chain(circuit)
    return circuit, features, weights


def _chain(circuit: QuantumCircuit) -> None:
    for q in range(circuit.num_qubits - 1):
        circuit.cz(q, q + 1)


def _best_line(device: Device, n_qubits: int) -> tuple[int, ...]:
    """Physical qubits of the best region that is a line, from one end to the other."""
    for region in best_regions(device, n_qubits, k=500):
        line = _line(region.qubits, region.edges)
        if line is not None:
            return line
    raise SystemExit(f"{device.name} has no line of {n_qubits} qubits among its 500 best regions.")


def _line(qubits: Sequence[int], edges: Sequence[tuple[int, int]]) -> tuple[int, ...] | None:
    around: dict[int, list[int]] = {q: [] for q in qubits}
    for a, b in edges:
        around[a].append(b)
        around[b].append(a)
    ends = [q for q in qubits if len(around[q]) == 1]
    if len(ends) != 2 or max(map(len, around.values())) > 2:
        return None
    line = [ends[0]]
    while len(line) < len(qubits):
        line.append(next(q for q in around[line[-1]] if q not in line[-2:]))
    return tuple(line)
