"""What an Aer `NoiseModel` does after each gate and at readout, as Pauli transfer matrices.

Converted errors are remembered for as long as the error object lives, so the next circuit on the same noise model pays
nothing.
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
from qiskit_aer.noise.noiseerror import NoiseError

from qcsearch.devices.aer_internals import acts_on, errors_of, is_asked_gate_by_gate, pass_error
from qcsearch.errors import CircuitError
from qcsearch.simulation import ptm
from qcsearch.simulation.ptm import Matrix

__all__ = ["Noise", "error_channel"]

_DROPPED = 1e-10
_remembered: dict[int, tuple[weakref.ref[Any], Matrix, float]] = {}
_delays: dict[int, tuple[weakref.ref[Any], dict[Any, Any]]] = {}


class Noise:
    """The noise of one circuit.

    Args:
        model: Aer's noise model, keyed on the circuit's qubit indices, or None.

    Attributes:
        kept: what Aer keeps of the trace, see `error_channel`; complete once the circuit is lowered.
    """

    def __init__(self, model: NoiseModel | None) -> None:
        self._errors = errors_of(model)
        self._local_passes: tuple[Any, ...] = ()
        self.kept = 1.0

    def prepare(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """The circuit to walk.

        Noise passes that cannot be asked gate by gate are run on it as a whole; as in Aer, noise passes act
        on circuits that hold a delay, and on no others.
        """
        self._local_passes = ()
        passes = self._errors.passes
        if not passes or not any(instruction.name == "delay" for instruction in circuit.data):
            return circuit
        if all(map(is_asked_gate_by_gate, passes)):
            self._local_passes = passes[
                ::-1
            ]  # each puts its error directly behind the gate, before an earlier one's
            return circuit
        return PassManager(list(passes)).run(circuit)

    def after(self, instruction: CircuitInstruction, label: str, qubits: tuple[int, ...]) -> list[Matrix]:
        """PTMs, on the gate's qubits in its order, of the errors that follow one gate.

        Raises:
            CircuitError: if an error is on another number of qubits than the gate.
        """
        error = self._errors.local.get(label, {}).get(qubits)
        if error is None:
            error = self._errors.default.get(label)
        errors = [] if error is None else [error]
        for noise_pass in self._local_passes:
            if acts_on(noise_pass, instruction.operation):
                extra = _pass_error(noise_pass, instruction.operation, qubits)
                errors += [] if extra is None else [extra]
        return [self.channel(error, label, qubits) for error in errors]

    def channel(self, error: Any, label: str, qubits: tuple[int, ...]) -> Matrix:
        """PTM of one error; its weight is multiplied into `kept`."""
        if isinstance(error, QuantumError):
            matrix, weight = error_channel(error)
            self.kept *= weight
        else:
            matrix = ptm.from_superoperator(SuperOp(error).data)
        if len(matrix) != 4 ** len(qubits):
            raise CircuitError(f"The noise of '{label}' must be on {len(qubits)} qubits like the gate.")
        return matrix

    def readout(self, qubit: int) -> tuple[float, float]:
        """P(1|0) and P(0|1) of one qubit.

        Raises:
            CircuitError: if the readout error is correlated over several qubits.
        """
        for qubits in self._errors.local_readout:
            if len(qubits) > 1 and qubit in qubits:
                raise CircuitError(f"Readout errors must be on single qubits. Got one on qubits {qubits}.")
        error = self._errors.local_readout.get((qubit,), self._errors.default_readout)
        if error is None:
            return 0.0, 0.0
        probabilities = np.asarray(error.probabilities, dtype=float)
        if probabilities.shape != (2, 2):
            raise CircuitError("Readout errors must be on single qubits. Got a default one on several.")
        return float(probabilities[0, 1]), float(probabilities[1, 0])


def _pass_error(noise_pass: Any, operation: Any, qubits: tuple[int, ...]) -> Any:
    """What an appending noise pass puts after one operation; remembered for each length of a delay."""
    if not isinstance(operation, Delay):
        return pass_error(noise_pass, operation, qubits)
    if isinstance(operation.duration, ParameterExpression):
        raise CircuitError(f"The duration of a delay must be a number. Got {operation.duration}.")
    entry = _delays.get(id(noise_pass))
    if entry is None or entry[0]() is not noise_pass:
        key = id(noise_pass)
        entry = (weakref.ref(noise_pass, lambda _: _delays.pop(key, None)), {})
        _delays[key] = entry
    delay = (qubits, operation.duration, operation.unit)
    if delay not in entry[1]:
        try:
            entry[1][delay] = pass_error(noise_pass, operation, qubits)
        except NoiseError as error:
            raise CircuitError(
                f"The delay on qubit {qubits[0]} cannot be given noise: {error.message}"
            ) from error
    return entry[1][delay]


def error_channel(error: QuantumError) -> tuple[Matrix, float]:
    """PTM `(4**n, 4**n)` of Aer's error on one or two qubits, and the weight it keeps.

    Aer leaves out terms whose probability is at most 1e-10 and does not scale the others up, so that a
    two-qubit gate loses some 1e-9 of the trace. To agree with it to rounding the same terms are left out
    here: the channel is that of the others, scaled to keep the trace, and their sum is the weight.
    """
    key = id(error)
    entry = _remembered.get(key)
    if entry is not None and entry[0]() is error:
        return entry[1], entry[2]
    probabilities = np.asarray(error.probabilities, dtype=float)
    kept = probabilities > _DROPPED
    weight = float(probabilities[kept].sum())
    circuits = [circuit for circuit, keep in zip(error.circuits, kept, strict=True) if keep]
    matrix = _mixture(circuits, probabilities[kept] / weight)
    # what is remembered counts as 1 when nothing was left out, whatever the rounding of the sum
    weight = weight if not kept.all() else 1.0
    _remembered[key] = (
        weakref.ref(error, lambda _: _remembered.pop(key, None)),
        matrix,
        weight,
    )
    return matrix, weight


def _mixture(circuits: list[QuantumCircuit], probabilities: NDArray[np.float64]) -> Matrix:
    """PTM of `Σ p_k circuit_k`.

    Aer's device errors are mixtures of some 150 products of one-qubit channels; Qiskit's own conversion
    takes 0.1 s for one, summing products some 2 ms.
    """
    n_qubits = circuits[0].num_qubits
    terms = [_factors(circuit) if n_qubits <= 2 else None for circuit in circuits]
    products = [term for term in terms if term is not None]
    if len(products) == len(terms):
        factors = [np.array([term[q] for term in products]) for q in range(n_qubits)]
        return ptm.compose_factors(probabilities, factors)
    superoperators = [SuperOp(circuit).data for circuit in circuits]
    return ptm.from_superoperator(np.tensordot(probabilities, superoperators, axes=1))


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


def cut(
    circuit: QuantumCircuit, model: NoiseModel | None, qubits: list[int]
) -> tuple[QuantumCircuit, NoiseModel]:
    """A circuit and its noise on some of its qubits, re-indexed 0, 1, …; what is on other qubits is left out.

    Noise passes are run here, on the whole circuit, so that the new model needs none.
    """
    passes = errors_of(model).passes
    if passes and any(instruction.name == "delay" for instruction in circuit.data):
        circuit = PassManager(list(passes)).run(circuit)
    place = {circuit.qubits[qubit]: index for index, qubit in enumerate(qubits)}
    narrow = QuantumCircuit(len(qubits))
    for instruction in circuit.data:
        if instruction.name not in ("barrier", "measure") and all(q in place for q in instruction.qubits):
            narrow.append(instruction.operation, [place[q] for q in instruction.qubits])
    return narrow, _cut_model(model, {qubit: index for index, qubit in enumerate(qubits)})


def _cut_model(model: NoiseModel | None, place: dict[int, int]) -> NoiseModel:
    narrow = NoiseModel()
    if model is None:
        return narrow
    errors = errors_of(model)
    narrow.add_basis_gates(model.basis_gates)
    for name, error in errors.default.items():
        narrow.add_all_qubit_quantum_error(error, name, warnings=False)
    for name, local in errors.local.items():
        for qubits, error in local.items():
            if all(qubit in place for qubit in qubits):
                narrow.add_quantum_error(error, name, [place[qubit] for qubit in qubits], warnings=False)
    if errors.default_readout is not None:
        narrow.add_all_qubit_readout_error(errors.default_readout, warnings=False)
    for qubits, error in errors.local_readout.items():
        if all(qubit in place for qubit in qubits):
            narrow.add_readout_error(error, [place[qubit] for qubit in qubits], warnings=False)
    return narrow
