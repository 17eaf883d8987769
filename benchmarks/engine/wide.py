"""Circuits for the scaling of the exact engine: wide and shallow on a lattice, narrow and deep on a chain."""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error, thermal_relaxation_error

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.devices.noise import noise_model

__all__ = ["brickwork", "deep"]

Parts = tuple[QuantumCircuit, NoiseModel, list[SparsePauliOp], list[Parameter], list[Parameter]]


def brickwork(device_name: str, n: int, depth: int = 2) -> Parts:
    """A feature on each qubit, then layers of rotations on all and two-qubit gates on every other bond; all ⟨Z⟩.

    In the gates of the device, on its own lattice (the qubits around qubit 0), under its own noise; layer `l` uses
    bonds of colour `l mod 2` of a greedy colouring, so that no qubit is in two gates of a layer.
    """
    device = get_device(device_name)
    qubits = _around_zero(device, n)
    place = {q: i for i, q in enumerate(qubits)}
    bonds = {
        tuple(sorted(gate.qubits)): gate
        for gate in device.gates
        if len(gate.qubits) == 2 and set(gate.qubits) <= set(qubits)
    }
    colours = _colours(list(bonds))
    x, w = ParameterVector("x", n), ParameterVector("w", 2 * n * depth)
    circuit, angles = QuantumCircuit(n), iter(w)
    for q in range(n):
        _ry(circuit, x[q], q)
    for layer in range(depth):
        for q in range(n):
            _ry(circuit, next(angles), q)
            circuit.rz(next(angles), q)
        for bond, gate in bonds.items():
            if colours[bond] == layer % 2:
                getattr(circuit, gate.name)(*[place[q] for q in gate.qubits])
    return circuit, noise_model(device, qubits), _all_z(n), list(x), list(w)


def deep(n: int, layers: int) -> Parts:
    """W1 with so many layers on a chain, with a depolarising and relaxing CZ: light cones as wide as the circuit."""
    x, w = ParameterVector("x", n), ParameterVector("w", 2 * n * layers)
    circuit, angles = QuantumCircuit(n), iter(w)
    for q in range(n):
        circuit.ry(x[q], q)
    for _ in range(layers):
        for q in range(n):
            circuit.ry(next(angles), q)
            circuit.rz(next(angles), q)
        for q in range(n - 1):
            circuit.cz(q, q + 1)
    model = NoiseModel()
    relaxation = [thermal_relaxation_error(t1, t2, 70e-9) for t1, t2 in ((150e-6, 120e-6), (180e-6, 90e-6))]
    model.add_all_qubit_quantum_error(
        depolarizing_error(5e-3, 2).compose(relaxation[0].expand(relaxation[1])), "cz"
    )
    model.add_all_qubit_quantum_error(depolarizing_error(3e-4, 1), ["ry", "rz"])
    return circuit, model, _all_z(n), list(x), list(w)


def _ry(circuit: QuantumCircuit, angle: Any, qubit: int) -> None:
    """Up to a phase and a frame of Z, as devices run it."""
    circuit.sx(qubit)
    circuit.rz(angle + np.pi, qubit)
    circuit.sx(qubit)
    circuit.rz(np.pi, qubit)


def _all_z(n: int) -> list[SparsePauliOp]:
    return [SparsePauliOp.from_sparse_list([("Z", [q], 1.0)], num_qubits=n) for q in range(n)]


def _around_zero(device: Device, n: int) -> tuple[int, ...]:
    around: dict[int, set[int]] = {}
    for gate in device.gates:
        if len(gate.qubits) == 2:
            a, b = gate.qubits
            around.setdefault(a, set()).add(b)
            around.setdefault(b, set()).add(a)
    found = [0]
    for qubit in found:
        found += sorted(around[qubit] - set(found))
    return tuple(sorted(found[:n]))


def _colours(bonds: list[Any]) -> dict[Any, int]:
    colours: dict[Any, int] = {}
    for bond in bonds:
        used = {colours[other] for other in colours if set(bond) & set(other)}
        colours[bond] = min(set(range(len(used) + 1)) - used)
    return colours
