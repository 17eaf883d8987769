"""What an Aer `NoiseModel` does after each gate and at readout, as Pauli transfer matrices.

Everything that reads Aer's private attributes (0.17–0.18) is in this file. Converted errors are remembered
for as long as the error object lives, so the next circuit on the same noise model pays nothing.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Delay, ParameterExpression
from qiskit.quantum_info import SuperOp
from qiskit.transpiler import PassManager
from qiskit_aer.noise import NoiseModel, QuantumError
from qiskit_aer.noise.passes import LocalNoisePass

from qcsearch.errors import CircuitError
from qcsearch.simulation import ptm
from qcsearch.simulation.ptm import Matrix

__all__ = ["Noise", "error_matrix"]

_remembered: dict[int, tuple[weakref.ref[Any], Matrix]] = {}
_delays: dict[int, tuple[weakref.ref[Any], dict[Any, Any]]] = {}


class Noise:
    """The noise of one circuit.

    Args:
        model: Aer's noise model, keyed on the circuit's qubit indices, or None.
    """

    def __init__(self, model: NoiseModel | None) -> None:
        self._local: dict[str, dict[tuple[int, ...], Any]] = {}
        self._default: dict[str, Any] = {}
        self._readout: dict[tuple[int, ...], Any] = {}
        self._default_readout: Any = None
        self._passes: list[Any] = []
        if model is not None:
            self._local, self._default = model._local_quantum_errors, model._default_quantum_errors
            self._readout, self._default_readout = model._local_readout_errors, model._default_readout_error
            self._passes = list(model._custom_noise_passes)
        self._local_passes: list[Any] = []

    def prepare(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """The circuit to walk: noise passes that are not understood one gate at a time are run on it as a
        whole.

        As in Aer, noise passes act only on circuits that hold a delay.
        """
        self._local_passes = []
        if not self._passes or not any(instruction.name == "delay" for instruction in circuit.data):
            return circuit
        if all(isinstance(p, LocalNoisePass) and p._ops and p._method == "append" for p in self._passes):
            self._local_passes = self._passes[::-1]
            return circuit
        return PassManager(self._passes).run(circuit)

    def after(self, instruction: CircuitInstruction, label: str, qubits: tuple[int, ...]) -> list[Matrix]:
        """PTMs, on the gate's qubits in its order, of the errors that follow one gate.

        Raises:
            CircuitError: if an error is on another number of qubits than the gate.
        """
        error = self._local.get(label, {}).get(qubits)
        if error is None:
            error = self._default.get(label)
        errors = [] if error is None else [error_matrix(error)]
        for noise_pass in self._local_passes:
            if isinstance(instruction.operation, noise_pass._ops):
                extra = _pass_error(noise_pass, instruction.operation, qubits)
                errors += [] if extra is None else [extra]
        if any(len(matrix) != 4 ** len(qubits) for matrix in errors):
            raise CircuitError(f"The noise of '{label}' must be on {len(qubits)} qubits like the gate.")
        return errors

    def readout(self, qubit: int) -> tuple[float, float]:
        """P(1|0) and P(0|1) of one qubit.

        Raises:
            CircuitError: if the readout error is correlated over several qubits.
        """
        for qubits in self._readout:
            if len(qubits) > 1 and qubit in qubits:
                raise CircuitError(f"Readout errors must be on single qubits. Got one on qubits {qubits}.")
        error = self._readout.get((qubit,), self._default_readout)
        if error is None:
            return 0.0, 0.0
        probabilities = np.asarray(error.probabilities, dtype=float)
        if probabilities.shape != (2, 2):
            raise CircuitError("Readout errors must be on single qubits. Got a default one on several.")
        return float(probabilities[0, 1]), float(probabilities[1, 0])


def _pass_error(noise_pass: Any, operation: Any, qubits: tuple[int, ...]) -> Matrix | None:
    """What an appending noise pass puts after one operation; delays are remembered by their duration."""
    if not isinstance(operation, Delay) or isinstance(operation.duration, ParameterExpression):
        return _channel(noise_pass._func(operation, list(qubits)))
    entry = _delays.get(id(noise_pass))
    if entry is None or entry[0]() is not noise_pass:
        key = id(noise_pass)
        entry = (weakref.ref(noise_pass, lambda _: _delays.pop(key, None)), {})
        _delays[key] = entry
    delay = (qubits, operation.duration, operation.unit)
    if delay not in entry[1]:
        entry[1][delay] = _channel(noise_pass._func(operation, list(qubits)))
    return entry[1][delay]  # type: ignore[no-any-return]


def _channel(noise: Any) -> Matrix | None:
    if noise is None:
        return None
    return (
        error_matrix(noise)
        if isinstance(noise, QuantumError)
        else ptm.from_superoperator(SuperOp(noise).data)
    )


def error_matrix(error: QuantumError) -> Matrix:
    """PTM `(4**n, 4**n)` of Aer's error on one or two qubits, remembered while the object lives."""
    key = id(error)
    entry = _remembered.get(key)
    if entry is not None and entry[0]() is error:
        return entry[1]
    matrix = _as_product_mixture(error)
    if matrix is None:
        matrix = ptm.from_superoperator(SuperOp(error).data)
    _remembered[key] = (weakref.ref(error, lambda _: _remembered.pop(key, None)), matrix)
    return matrix


def _as_product_mixture(error: QuantumError) -> Matrix | None:
    """The PTM of a mixture of products of one-qubit channels; None if it is not one.

    Aer's device errors are mixtures of some 150 small circuits; Qiskit's own conversion takes 0.1 s for one.
    """
    if error.num_qubits > 2:
        return None
    terms = [_factors(circuit) for circuit in error.circuits]
    if any(term is None for term in terms):
        return None
    factors = [np.array([term[q] for term in terms if term]) for q in range(error.num_qubits)]
    return ptm.compose_factors(np.asarray(error.probabilities, dtype=float), factors)


_DIAGONALS = {
    "I": np.array([1.0, 1, 1, 1]),
    "X": np.array([1.0, 1, -1, -1]),
    "Y": np.array([1.0, -1, 1, -1]),
    "Z": np.array([1.0, -1, -1, 1]),
}
_PAULI_NAMES = {"id": "I", "x": "X", "y": "Y", "z": "Z"}
_RESET = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])


def _factors(circuit: QuantumCircuit) -> list[NDArray[np.float64]] | None:
    """PTM of each qubit for a circuit of Pauli gates, resets and one-qubit channels."""
    numbers = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    factors: list[Matrix] = [np.eye(4) for _ in numbers]
    for instruction in circuit.data:
        qubits = [numbers[qubit] for qubit in instruction.qubits]
        name = instruction.name
        if name in _PAULI_NAMES:
            factors[qubits[0]] = _DIAGONALS[_PAULI_NAMES[name]][:, None] * factors[qubits[0]]
        elif name == "pauli":
            for qubit, letter in zip(qubits, reversed(instruction.params[0]), strict=True):
                factors[qubit] = _DIAGONALS[letter][:, None] * factors[qubit]
        elif name == "reset":
            factors[qubits[0]] = _RESET @ factors[qubits[0]]
        elif len(qubits) == 1:
            factors[qubits[0]] = (
                ptm.from_superoperator(SuperOp(instruction.operation).data) @ factors[qubits[0]]
            )
        else:
            return None
    return factors
