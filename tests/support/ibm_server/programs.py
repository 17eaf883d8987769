"""Runs the items of a quantum program on Aer, each on the qubits that others touch; the rest by their Bloch vectors.

The client's Estimator reads every qubit of a device, turned and flipped at random, whether the circuit uses it or
not: 133 qubits that Aer cannot hold at once. Those without a two-qubit gate are each on their own.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import SXGate, XGate
from qiskit.primitives.containers.bindings_array import BindingsArray
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import PTM, Operator
from qiskit_aer import AerSimulator
from qiskit_aer.noise import thermal_relaxation_error
from qiskit_aer.noise.device import basic_device_gate_errors, basic_device_readout_errors
from qiskit_aer.primitives import SamplerV2
from qiskit_ibm_runtime.fake_provider.executor.broadcast_sample import broadcast_sample
from qiskit_ibm_runtime.results import QuantumProgramItemResult, QuantumProgramResult

_TURNS = {"sx": PTM(Operator(SXGate())).data.real, "x": PTM(Operator(XGate())).data.real}
_AXES = {"rz": (1, 2), "rx": (2, 3)}
"""Rotations: the components of (1, x, y, z) that they mix."""


def run_program(
    program: object, simulator: Callable[[frozenset[int]], AerSimulator] | None, singles: Singles, seed: int
) -> QuantumProgramResult:
    """All shots of a program whose samplexes are final.

    Args:
        program: a `QuantumProgram`.
        simulator: of a device on some of its qubits; without one all bits that it would give are 0.
        singles: the qubits of the device, one by one.
        seed: of everything random.
    """
    rng, results = np.random.default_rng(seed), []
    for item in program.items:
        if hasattr(item, "samplex"):
            data = broadcast_sample(item.samplex, item.samplex_arguments, item.shape, rng)
            angles = data.pop("parameter_values")
            alone = _alone(item.circuit)
        else:
            data, angles, alone = {}, item.circuit_arguments, frozenset()
        bits = _close(item.circuit, alone, angles, program.shots, simulator, seed)
        for register in item.circuit.cregs:
            singles.read(item.circuit, alone, angles, register, bits[register.name], rng)
        results.append(QuantumProgramItemResult(result={**data, **bits}, metadata=None))
    found = QuantumProgramResult(results, metadata=None, passthrough_data=program.passthrough_data)
    found._semantic_role = program._semantic_role
    return found


def _alone(circuit: QuantumCircuit) -> frozenset[int]:
    """Qubits without a two-qubit gate whose angles are numbers or plain parameters."""
    touched: set[int] = set()
    for instruction in circuit.data:
        places = {circuit.find_bit(q).index for q in instruction.qubits}
        operation = instruction.operation
        plain = all(isinstance(angle, (int, float, Parameter)) for angle in operation.params)
        if operation.name != "barrier" and (len(places) > 1 or not plain):
            touched |= places
    return frozenset(range(circuit.num_qubits)) - touched


def _close(
    circuit: QuantumCircuit,
    alone: frozenset[int],
    angles: np.ndarray | None,
    shots: int,
    simulator: Callable[[frozenset[int]], AerSimulator] | None,
    seed: int,
) -> dict[str, np.ndarray]:
    """Bits of the qubits that are not alone; the others' are False."""
    small = circuit.copy_empty_like()
    small.global_phase = 0
    busy = active(circuit) - alone
    for instruction in circuit.data:
        kept = [q for q in instruction.qubits if circuit.find_bit(q).index in busy]
        if instruction.operation.name != "barrier" and kept:
            small.append(instruction)
    shape = () if angles is None else angles.shape[:-1]
    if not busy or simulator is None:
        return {r.name: np.zeros((*shape, shots, len(r)), dtype=bool) for r in circuit.cregs}
    bound = None
    if angles is not None:
        place = {parameter: i for i, parameter in enumerate(circuit.parameters)}
        columns = np.asarray(angles)[..., [place[parameter] for parameter in small.parameters]]
        bound = BindingsArray({tuple(small.parameters): columns}, shape=shape)
    sampler = SamplerV2.from_backend(simulator(frozenset(busy)), seed=seed)
    found = sampler.run([SamplerPub(small, bound, shots=shots)]).result()[0].data
    return {name: np.array(bits.to_bool_array(order="little")) for name, bits in found.items()}


def active(circuit: QuantumCircuit) -> set[int]:
    """Qubits that do more than wait."""
    return {
        circuit.find_bit(qubit).index
        for instruction in circuit.data
        if instruction.operation.name not in ("barrier", "delay")
        for qubit in instruction.qubits
    }


class Singles:
    """The qubits of a recorded device, each by itself: errors of its gates, relaxation, readout.

    Args:
        backend: with `properties()`.
    """

    def __init__(self, backend: object) -> None:
        self._backend = backend
        self._waits: dict[tuple[int, float], np.ndarray] = {}

    def read(
        self,
        circuit: QuantumCircuit,
        alone: frozenset[int],
        angles: np.ndarray | None,
        register: object,
        bits: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        """Fill the columns of `bits` `(..., n_shots, n_bits)` that qubits which are alone are measured to."""
        if not alone:
            return
        place = {parameter: i for i, parameter in enumerate(circuit.parameters)}
        vectors = {q: np.tile([1.0, 0.0, 0.0, 1.0], (*bits.shape[:-2], 1)) for q in alone}
        for instruction in circuit.data:
            q, operation = circuit.find_bit(instruction.qubits[0]).index, instruction.operation
            if operation.name == "barrier" or q not in alone:
                continue
            if operation.name == "measure":
                column = dict(circuit.find_bit(instruction.clbits[0]).registers).get(register)
                if column is not None:
                    zero, one = self._readout[q]
                    up = (1 + vectors[q][..., 3]) / 2
                    share = up * zero + (1 - up) * one
                    bits[..., column] = rng.random(bits.shape[:-1]) < share[..., None]
            elif operation.name in _AXES:
                (angle,) = operation.params
                angle = angles[..., place[angle]] if isinstance(angle, Parameter) else float(angle)
                error = self._errors.get((operation.name, q), np.eye(4))
                vectors[q] = _turned(vectors[q], _AXES[operation.name], angle) @ error.T
            else:
                vectors[q] = vectors[q] @ self._channel(operation, q).T

    def _channel(self, operation: object, q: int) -> np.ndarray:
        """PTM of a gate and its error, or of waiting."""
        if operation.name == "delay":
            return self._waiting(q, operation.duration * self._backend.dt)
        return self._errors.get((operation.name, q), np.eye(4)) @ _TURNS[operation.name]

    def _waiting(self, q: int, seconds: float) -> np.ndarray:
        if (q, seconds) not in self._waits:
            facts = self._backend.properties().qubit_property(q)
            t1, t2 = (float(facts[name][0]) if name in facts else math.inf for name in ("T1", "T2"))
            error = thermal_relaxation_error(t1, min(t2, 2 * t1), seconds)
            self._waits[q, seconds] = PTM(error).data.real
        return self._waits[q, seconds]

    @cached_property
    def _errors(self) -> dict[tuple[str, int], np.ndarray]:
        properties = copy.copy(self._backend.properties())
        properties.gates = [gate for gate in properties.gates if gate.gate in (*_TURNS, *_AXES)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # T2 above 2·T1 is cut
            found = basic_device_gate_errors(properties)
            return {(name, places[0]): PTM(error).data.real for name, places, error in found}

    @cached_property
    def _readout(self) -> dict[int, tuple[float, float]]:
        """P(1|0) and P(1|1)."""
        errors = basic_device_readout_errors(self._backend.properties())
        return {
            places[0]: (float(e.probabilities[0][1]), float(e.probabilities[1][1])) for places, e in errors
        }


def _turned(vectors: np.ndarray, axes: tuple[int, int], angle: np.ndarray | float) -> np.ndarray:
    first, second = axes
    found, cos, sin = vectors.copy(), np.cos(angle), np.sin(angle)
    found[..., first] = cos * vectors[..., first] - sin * vectors[..., second]
    found[..., second] = sin * vectors[..., first] + cos * vectors[..., second]
    return found
