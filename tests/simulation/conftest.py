"""Aer as the referee: exact expectation values with readout, by a way that shares no formula with the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import DensityMatrix, SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions

Referee = Callable[..., np.ndarray]

DEVICES = ("fake_lagos", "fake_brisbane", "fake_torino", "fake_fractional", "fake_boeblingen")
"""Bases cx, ecr, cz, rx + rzz, and u1 u2 u3."""

_ROTATE = {"X": np.array([[1, 1], [1, -1]]) / np.sqrt(2), "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2)}


def _label_value(rho: DensityMatrix, label: str, model: NoiseModel | None) -> float:
    """Rotate each factor to Z, take the probabilities, pass them through the assignment matrices, take the parity."""
    qubits = [q for q, letter in enumerate(reversed(label)) if letter != "I"]
    if not qubits:
        return float(np.trace(rho.data).real)
    state = rho
    for q in qubits:
        letter = label[len(label) - 1 - q]
        if letter != "Z":
            circuit = QuantumCircuit(rho.num_qubits)
            circuit.unitary(_ROTATE[letter], [q])
            state = state.evolve(circuit)
    probabilities = state.probabilities(qubits).reshape((2,) * len(qubits))  # last qubit first
    for position, q in enumerate(qubits):
        error = None if model is None else model._local_readout_errors.get((q,), model._default_readout_error)
        if error is not None:
            axis = len(qubits) - 1 - position
            matrix = np.asarray(error.probabilities)  # [true, read]
            probabilities = np.moveaxis(np.tensordot(matrix.T, probabilities, axes=(1, axis)), 0, axis)
    for _ in qubits:
        probabilities = probabilities[0] - probabilities[1]
    return float(probabilities)


@pytest.fixture(scope="session")
def referee() -> Referee:
    """`referee(circuit, model, observables, features, weights, X, w)`: expectation values from Aer's density matrix."""
    simulators: dict[int, tuple[Any, AerSimulator]] = {}

    def run(
        circuit: QuantumCircuit,
        model: NoiseModel | None,
        observables: Sequence[SparsePauliOp],
        features: Sequence[Parameter] = (),
        weights: Sequence[Parameter] = (),
        X: np.ndarray | None = None,
        w: np.ndarray | None = None,
    ) -> np.ndarray:
        if id(model) not in simulators:
            simulators[id(model)] = (model, AerSimulator(method="density_matrix", noise_model=model))
        simulator = simulators[id(model)][1]
        rows = np.zeros((1, 0)) if X is None else X
        values = np.empty((len(rows), len(observables)))
        bound = []
        for row in rows:
            numbers = {
                **dict(zip(features, row, strict=True)),
                **dict(zip(weights, [] if w is None else w, strict=True)),
            }
            copy = circuit.assign_parameters({p: v for p, v in numbers.items() if p in circuit.parameters})
            copy.save_density_matrix()
            bound.append(copy)
        result = simulator.run(bound).result()
        for number in range(len(bound)):
            rho = DensityMatrix(result.data(number)["density_matrix"])
            for column, observable in enumerate(observables):
                values[number, column] = sum(
                    coefficient.real * _label_value(rho, label, model)
                    for label, coefficient in observable.to_list()
                )
        return values

    return run


@dataclass(frozen=True)
class Case:
    """A random circuit on a region of a device."""

    circuit: QuantumCircuit
    model: NoiseModel
    observables: list[SparsePauliOp]
    features: list[Parameter]
    weights: list[Parameter]
    X: np.ndarray
    w: np.ndarray

    @property
    def parts(self) -> tuple[Any, ...]:
        """The arguments of `compile_circuit`."""
        return self.circuit, self.model, self.observables, self.features, self.weights


_GATES = get_standard_gate_name_mapping()
_ANGLES = {"rx": 1, "rz": 1, "u1": 1, "u2": 2, "u3": 3, "rzz": 1}


def _angle(rng: np.random.Generator, x: Sequence[Parameter], w: Sequence[Parameter]) -> Any:
    """A constant, a parameter, or a sum as the transpiler's merging leaves it."""
    feature, weight, other = (x[rng.integers(len(x))], w[rng.integers(len(w))], w[rng.integers(len(w))])
    kinds = [
        float(rng.uniform(-np.pi, np.pi)),
        weight,
        feature,
        weight * feature,
        weight + other + np.pi,
        0.5 * weight * feature - feature + 0.3,
        (weight + 1.0) * (feature - 0.2),
    ]
    return kinds[rng.integers(len(kinds))]


def random_case(device_name: str, n_qubits: int, seed: int, n_gates: int = 30) -> Case:
    """Gates, directions and noise of a region of the device; delays, barriers and measurements in between."""
    rng = np.random.default_rng(seed)
    device = get_device(device_name)
    qubits = best_regions(device, n_qubits, 1)[0].qubits
    model = noise_model(device, qubits)
    place = {q: i for i, q in enumerate(qubits)}
    native = sorted(
        {(g.name, tuple(place[q] for q in g.qubits)) for g in device.gates if set(g.qubits) <= set(qubits)}
        | {("delay", (i,)) for i in range(n_qubits)}
    )
    native = [gate for gate in native if gate[0] not in ("measure", "reset")]
    pairs, singles = [g for g in native if len(g[1]) == 2], [g for g in native if len(g[1]) == 1]
    x, w = ParameterVector("x", 3), ParameterVector("w", 5)
    circuit = QuantumCircuit(n_qubits, n_qubits)
    for _ in range(n_gates):
        name, on = _pick(rng, pairs, singles)
        if name == "delay":
            circuit.delay(int(rng.integers(16, 4000)), on[0], unit=("ns", "dt")[rng.integers(2)])
        else:
            angles = [_angle(rng, x, w) for _ in range(_ANGLES.get(name, 0))]
            circuit.append(_GATES[name].base_class(*angles), on)
        if rng.random() < 0.05:
            circuit.barrier()
    observables = []
    for _ in range(3):
        labels = ["".join(rng.choice(list("IXYZ"), n_qubits, p=[0.4, 0.15, 0.15, 0.3])) for _ in range(3)]
        observables.append(SparsePauliOp(labels, rng.normal(size=3)).simplify())
    return Case(
        circuit, model, observables, list(x), list(w), rng.uniform(-2, 2, (3, 3)), rng.uniform(-2, 2, 5)
    )


def _pick(rng: np.random.Generator, pairs: list[Any], singles: list[Any]) -> Any:
    gates = pairs if pairs and rng.random() < 0.35 else singles
    return gates[rng.integers(len(gates))]


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    """`make_case(device, n_qubits, seed)`."""
    return random_case
