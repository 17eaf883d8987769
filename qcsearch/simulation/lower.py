"""From a QuantumCircuit and its noise to elements: fixed channels and Pauli rotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Gate, ParameterExpression
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator, SuperOp

from qcsearch.devices.aer_internals import error_in
from qcsearch.errors import CircuitError
from qcsearch.simulation import ptm
from qcsearch.simulation.angles import AngleReader, AngleSum
from qcsearch.simulation.noise import Noise
from qcsearch.simulation.ptm import Matrix

__all__ = ["Element", "FixedChannel", "PauliRotation", "lower"]


@dataclass(frozen=True, slots=True, eq=False)
class FixedChannel:
    """A channel that depends on nothing.

    Attributes:
        qubits: the one or two that it acts on, the first the least significant digit.
        matrix: its PTM, `(4, 4)` or `(16, 16)`.
    """

    qubits: tuple[int, ...]
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class PauliRotation:
    """`exp(-i angle P / 2)` about a Pauli string P.

    Attributes:
        qubits: the one or two that P acts on.
        axes: the factor of P on each of them, 1 2 3 for X Y Z.
        angle: in radians, a sum in which weights or features stand.
    """

    qubits: tuple[int, ...]
    axes: tuple[int, ...]
    angle: AngleSum


Element = FixedChannel | PauliRotation

_X, _Y, _Z = 1, 2, 3
_HALF_PI = np.pi / 2
_Rotations = list[tuple[tuple[int, ...], tuple[int, ...], AngleSum]]
_Rule = Callable[[list[AngleSum]], _Rotations]


def _rotation(*axes: int) -> _Rule:
    places = tuple(range(len(axes)))
    return lambda p: [(places, axes, p[0])]


def _controlled(axis: int) -> _Rule:
    """exp(-i θ/2 |1⟩⟨1| ⊗ P) = exp(-i θ/4 P) exp(+i θ/4 Z P)."""
    return lambda p: [
        ((1,), (axis,), p[0].scaled(0.5)),
        ((0, 1), (_Z, axis), p[0].scaled(-0.5)),
    ]


def _euler(theta: AngleSum, phi: AngleSum, lam: AngleSum) -> _Rotations:
    return [((0,), (_Z,), lam), ((0,), (_Y,), theta), ((0,), (_Z,), phi)]


_RULES: dict[str, _Rule] = {
    "rx": _rotation(_X),
    "ry": _rotation(_Y),
    "rz": _rotation(_Z),
    "p": _rotation(_Z),
    "u1": _rotation(_Z),
    "u2": lambda p: _euler(AngleSum(_HALF_PI), p[0], p[1]),
    "u3": lambda p: _euler(*p),
    "u": lambda p: _euler(*p),
    "rxx": _rotation(_X, _X),
    "ryy": _rotation(_Y, _Y),
    "rzz": _rotation(_Z, _Z),
    "rzx": _rotation(_Z, _X),
    "crx": _controlled(_X),
    "cry": _controlled(_Y),
    "crz": _controlled(_Z),
    "cp": lambda p: [((0,), (_Z,), p[0].scaled(0.5)), *_controlled(_Z)(p)],
    "cu1": lambda p: [((0,), (_Z,), p[0].scaled(0.5)), *_controlled(_Z)(p)],
}
"""Rotations (places among the gate's qubits, axes, angle) of each parametric gate, in the order of time."""

_CHANNELS = {"quantum_channel", "kraus", "superop"}


def lower(circuit: QuantumCircuit, noise: Noise, angles: AngleReader) -> list[Element]:
    """Walk the circuit once.

    Raises:
        CircuitError: for reset, mid-circuit measurement, control flow, an unknown operation, an unknown
            parameter or an angle that is not a sum of terms; each by name.
    """
    circuit = noise.prepare(circuit)
    numbers = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    elements: list[Element] = []
    measured: set[int] = set()
    for instruction in circuit.data:
        name = instruction.name
        qubits = tuple([numbers[qubit] for qubit in instruction.qubits])
        if name == "barrier":
            continue
        if name == "measure":
            measured.update(qubits)
        elif measured.isdisjoint(qubits):
            if name == "quantum_channel":
                error = error_in(instruction.operation)
                elements.append(FixedChannel(qubits, noise.channel(error, name, qubits)))
                continue
            gate = _gate(instruction, qubits, angles)
            for matrix in noise.after(instruction, instruction.label or name, qubits):
                last = gate[-1] if gate else None
                if isinstance(last, FixedChannel) and last.qubits == qubits:
                    gate[-1] = FixedChannel(qubits, matrix @ last.matrix)
                else:
                    gate.append(FixedChannel(qubits, matrix))
            elements += gate
        elif name != "delay":
            raise CircuitError(
                f"Measurements must come last. Got '{name}' after one on qubits {qubits}.",
                "remove mid-circuit measurements; the exact engine has no classical bits",
            )
    return _joined(elements)


def _joined(elements: list[Element]) -> list[Element]:
    """Rotations of one qubit that follow one another about one axis as one rotation by the sum of their angles.

    Only those of a kind: data alone, weights alone, or both. A sum of data and weights would be bound anew in each
    step, where the data alone are encoded once.
    """
    joined: list[Element] = []
    latest: dict[int, int] = {}
    for element in elements:
        before = joined[latest[element.qubits[0]]] if element.qubits[0] in latest else None
        if (
            isinstance(element, PauliRotation)
            and isinstance(before, PauliRotation)
            and _alike(element, before)
        ):
            angle = AngleSum(
                before.angle.constant + element.angle.constant, before.angle.terms + element.angle.terms
            )
            joined[latest[element.qubits[0]]] = PauliRotation(element.qubits, element.axes, angle)
            continue
        latest.update(dict.fromkeys(element.qubits, len(joined)))
        joined.append(element)
    return joined


def _alike(one: PauliRotation, other: PauliRotation) -> bool:
    """Whether two rotations may become one."""
    kinds = [(rotation.angle.has_feature, rotation.angle.has_weight) for rotation in (one, other)]
    return (
        len(one.qubits) == 1
        and one.qubits == other.qubits
        and one.axes == other.axes
        and kinds[0] == kinds[1]
    )


def _gate(instruction: CircuitInstruction, qubits: tuple[int, ...], angles: AngleReader) -> list[Element]:
    name = instruction.name
    if name in ("id", "delay"):
        return []
    params = instruction.params
    if name in _RULES and any(isinstance(value, ParameterExpression) for value in params):
        return _elements(_RULES[name]([angles.read(value, name) for value in params]), qubits)
    if len(qubits) <= 2 and not instruction.is_parameterized():
        return [FixedChannel(qubits, _constant(instruction, name, params))]
    return _definition(instruction, qubits, angles)


def _elements(rotations: _Rotations, qubits: tuple[int, ...]) -> list[Element]:
    elements: list[Element] = []
    for places, axes, angle in rotations:
        on = tuple([qubits[place] for place in places])
        if angle.terms:
            elements.append(PauliRotation(on, axes, angle))
        elif len(axes) == 1:
            elements.append(FixedChannel(on, ptm.one_qubit_rotation(axes[0], angle.constant)))
        else:
            elements.append(FixedChannel(on, ptm.two_qubit_rotation((axes[0], axes[1]), angle.constant)))
    return elements


def _constant(instruction: CircuitInstruction, name: str, params: list[Any]) -> Matrix:
    """PTM of an operation without free parameters; standard gates are remembered."""
    if instruction.is_standard_gate():
        key = (name, tuple([float(value) for value in params]))
        if key not in _standard_gates:
            if len(_standard_gates) > 10_000:
                _standard_gates.clear()
            _standard_gates[key] = ptm.from_unitary(instruction.matrix)
        return _standard_gates[key]
    operation = instruction.operation
    if name in ("kraus", "superop"):
        return ptm.from_superoperator(SuperOp(operation).data)
    if not isinstance(operation, Gate):
        raise _refusal(name)
    try:
        return ptm.from_unitary(Operator(operation).data)
    except QiskitError as error:
        raise _refusal(name) from error


_standard_gates: dict[tuple[str, tuple[float, ...]], Matrix] = {}


def _definition(
    instruction: CircuitInstruction, qubits: tuple[int, ...], angles: AngleReader
) -> list[Element]:
    """Elements of a gate through its definition; the gates inside carry no noise of their own, as in Aer."""
    definition = instruction.operation.definition if isinstance(instruction.operation, Gate) else None
    if definition is None:
        raise _refusal(instruction.name)
    numbers = dict(zip(definition.qubits, qubits, strict=True))
    elements: list[Element] = []
    for inner in definition.data:
        elements += _gate(inner, tuple([numbers[qubit] for qubit in inner.qubits]), angles)
    return elements


def _refusal(name: str) -> CircuitError:
    return CircuitError(
        f"The exact engine simulates unitary gates and their noise. Got the operation '{name}'.",
        "remove it, or use the Aer engine for circuits with reset, control flow or classical bits",
    )
