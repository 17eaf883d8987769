"""How long one execution of a circuit lasts."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import Delay
from qiskit.transpiler import Target
from qiskit.utils import apply_prefix

from qcsearch.errors import DeviceError

__all__ = ["circuit_duration"]


def circuit_duration(circuit: QuantumCircuit, target: Target) -> float:
    """Seconds from the first gate to the end of readout, each instruction as early as it can.

    A circuit that measures nothing is read out whole at its end, as it is when it runs. What the target has no
    duration for takes none.

    Args:
        circuit: on the qubits of the target, in its gates.
        target: durations in seconds, and dt, the unit of delays.

    Raises:
        DeviceError: if the duration of a delay is a parameter.
    """
    names, number = set(target.operation_names), {qubit: i for i, qubit in enumerate(circuit.qubits)}
    clock = [0.0] * circuit.num_qubits
    reads = False
    for instruction in circuit.data:
        name = instruction.name
        qubits = tuple([number[qubit] for qubit in instruction.qubits])
        end = max([clock[q] for q in qubits])
        if name == "delay":
            end += _delay(instruction.operation, target)
        elif name in names:
            end += _lasting(target, name, qubits)
        for q in qubits:
            clock[q] = end
        reads = reads or name == "measure"
    if not reads:
        clock = [end + _lasting(target, "measure", (q,)) for q, end in enumerate(clock)]
    return max(clock, default=0.0)


def _lasting(target: Target, name: str, qubits: tuple[int, ...]) -> float:
    figures = (target[name] or {}).get(qubits)
    return getattr(figures, "duration", None) or 0.0


def _delay(operation: Delay, target: Target) -> float:
    try:
        length = float(operation.duration)
    except TypeError:
        raise DeviceError(f"A delay must have a number as its duration. Got {operation.duration}.") from None
    if operation.unit == "dt":
        return length * (target.dt or 0.0)
    return float(apply_prefix(length, operation.unit))
